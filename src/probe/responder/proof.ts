import { concatBytes, readU32, writeU32, toHex } from '../../wire/bytes.ts';
import type { TcpOption } from '../../wire/decoded.ts';
import { type Mac, macOf, MacPurpose } from './token-mac.ts';

/** Milliseconds that a proof is made for, and by which the clocks of both ends may differ. */
const SLOT_MS = 120_000;
const SKEW_MS = 90_000;
/** Slots on either side whose proofs are recognised, but not answered: a wrong clock can then be told from a wrong token. */
const FOREIGN_SLOTS = 60;

/** ExID of the option that can carry a proof (RFC 6994); not registered. */
const PROOF_EXID = 0x5359;
const EXPERIMENT_KINDS = [253, 254];
const WORD_BYTES = 4;
const LONG_BYTES = 8;

/** Where a SYN may carry a proof: initial sequence number, TSval, an experimental option, the first bytes of data. Each is enough by itself. */
export type ProofCarrier = 'isn' | 'ts' | 'option' | 'data';

/** All carriers, in the order of the bits that messages name them by. */
export const PROOF_CARRIERS: readonly ProofCarrier[] = ['isn', 'ts', 'option', 'data'];

/** What stands in the carriers during one slot of time. The same for every SYN of that time: nothing else of a packet is sure to arrive as it left. */
export interface ProofWords {
  readonly isn: number;
  /** Never 0: some stacks take a timestamp of 0 for none. */
  readonly tsval: number;
  /** What follows the ExID. */
  readonly option: Uint8Array;
  readonly data: Uint8Array;
}

/** What a proven SYN proves itself by. */
export interface Proof {
  readonly carriers: readonly ProofCarrier[];
  /** How many slots the sender's clock is away from ours where that is too many for an answer, else 0. */
  readonly slotsOff: number;
}

/** Those fields of a SYN that may carry a proof. */
export interface Carriers {
  readonly seq: number;
  readonly options: readonly TcpOption[];
  readonly payload: Uint8Array;
}

/** The slot of a wall-clock time, epoch milliseconds. */
export function slotAt(epochMs: number): number {
  return Math.floor(epochMs / SLOT_MS);
}

/** What the SYNs of a slot carry. */
export function proofWords(mac: Mac, slot: number): ProofWords {
  const time = new Uint8Array(2 * WORD_BYTES);
  writeU32(time, 0, Math.floor(slot / 2 ** 32));
  writeU32(time, WORD_BYTES, slot);
  const word = (purpose: number, length: number): Uint8Array => macOf(mac, purpose, time).slice(0, length);
  return {
    isn: readU32(word(MacPurpose.isn, WORD_BYTES), 0),
    tsval: readU32(word(MacPurpose.tsval, WORD_BYTES), 0) || 1,
    option: word(MacPurpose.option, LONG_BYTES),
    data: word(MacPurpose.data, LONG_BYTES),
  };
}

/** The experimental option that carries a proof: 12 bytes. */
export function proofOption(words: ProofWords): TcpOption {
  const exid = Uint8Array.of(PROOF_EXID >>> 8, PROOF_EXID & 0xff);
  return { kind: 254, name: 'exp', data: toHex(concatBytes([exid, words.option])) };
}

/**
 * Recognises proofs by comparing: everything that the token's owner may send now is computed once for each slot. A stranger's SYN costs a few look-ups and
 * no MAC, and passes by chance once in 2^29 (two words of 32 bits, three slots at most).
 */
export class ProofBook {
  readonly #mac: Mac;
  readonly #slots: Map<number, ProofWords> = new Map();
  /** Slots by what they carry; of all slots near the present one. */
  readonly #isns: Map<number, number> = new Map();
  readonly #tsvals: Map<number, number> = new Map();
  readonly #long: Map<string, number> = new Map();
  #slot = Number.NaN;

  constructor(mac: Mac) {
    this.#mac = mac;
  }

  /** Makes ready for SYNs of that time: the first of them need not wait for it. */
  prepare(epochMs: number): void {
    this.#turn(epochMs);
  }

  /** What a SYN that came at `epochMs` proves itself by; null for a stranger's. */
  proofOf(syn: Carriers, epochMs: number): Proof | null {
    this.#turn(epochMs);
    const found = this.#found(syn);
    if (found.length === 0) return null;
    const timely = found.filter(({ slot }) => slot >= slotAt(epochMs - SKEW_MS) && slot <= slotAt(epochMs + SKEW_MS));
    if (timely.length > 0) return { carriers: timely.map(({ carrier }) => carrier), slotsOff: 0 };
    const slotsOff = (found[0] as Found).slot - slotAt(epochMs);
    return { carriers: found.map(({ carrier }) => carrier), slotsOff };
  }

  #found({ seq, options, payload }: Carriers): readonly Found[] {
    const stamps = options.flatMap((option) => (option.name === 'ts' && 'value' in option ? [option.value] : []));
    const experiments = options.flatMap((option) =>
      EXPERIMENT_KINDS.includes(option.kind) && 'data' in option ? [option.data] : [],
    );
    const slots: readonly (readonly [ProofCarrier, number | undefined])[] = [
      ['isn', this.#isns.get(seq)],
      ...stamps.map((tsval) => ['ts', this.#tsvals.get(tsval)] as const),
      ...experiments.map((hex) => ['option', this.#long.get(hex)] as const),
      ['data', payload.length < LONG_BYTES ? undefined : this.#long.get(`data ${toHex(payload.subarray(0, LONG_BYTES))}`)],
    ];
    return slots.flatMap(([carrier, slot]) => (slot === undefined ? [] : [{ carrier, slot }]));
  }

  #turn(epochMs: number): void {
    const slot = slotAt(epochMs);
    if (slot === this.#slot) return;
    this.#slot = slot;
    for (const old of this.#slots.keys()) if (Math.abs(old - slot) > FOREIGN_SLOTS) this.#forget(old);
    for (let near = slot - FOREIGN_SLOTS; near <= slot + FOREIGN_SLOTS; near++) if (!this.#slots.has(near)) this.#learn(near);
  }

  #learn(slot: number): void {
    const words = proofWords(this.#mac, slot);
    this.#slots.set(slot, words);
    this.#isns.set(words.isn, slot);
    this.#tsvals.set(words.tsval, slot);
    this.#long.set(optionKey(words), slot);
    this.#long.set(dataKey(words), slot);
  }

  #forget(slot: number): void {
    const words = this.#slots.get(slot) as ProofWords;
    this.#slots.delete(slot);
    this.#isns.delete(words.isn);
    this.#tsvals.delete(words.tsval);
    this.#long.delete(optionKey(words));
    this.#long.delete(dataKey(words));
  }
}

interface Found {
  readonly carrier: ProofCarrier;
  readonly slot: number;
}

function optionKey(words: ProofWords): string {
  return (proofOption(words) as { readonly data: string }).data;
}

function dataKey(words: ProofWords): string {
  return `data ${toHex(words.data)}`;
}
