import { concatBytes, readU32, writeU32, toHex } from '../../wire/bytes.ts';
import type { TcpOption } from '../../wire/decoded.ts';
import { type Mac, macOf, MacPurpose } from './token-mac.ts';

/** How long a proof is valid, and by how much the clocks of both ends may differ, in milliseconds. */
const SLOT_MS = 120_000;
const SKEW_MS = 90_000;
/** Slots whose proofs are recognised but not answered: this tells a wrong clock from a wrong token. */
const FOREIGN_SLOTS = 60;

/** ExID of the option that can carry a proof (RFC 6994); not registered. */
const PROOF_EXID = 0x5359;
const EXPERIMENT_KINDS = [253, 254];
const WORD_BYTES = 4;
const LONG_BYTES = 8;

/** All carriers, in the order of their bits in messages. */
export const PROOF_CARRIERS = ['isn', 'ts', 'option', 'data'] as const;

/** Where a SYN may carry a proof: ISN, TSval, experimental option, first bytes of data. One suffices. */
export type ProofCarrier = (typeof PROOF_CARRIERS)[number];

/** What the carriers hold during one slot of time, the same in every SYN: only this is known to both ends. */
export interface ProofWords {
  readonly isn: number;
  /** Never 0: some stacks take a timestamp of 0 for none. */
  readonly tsval: number;
  /** The bytes after the ExID. */
  readonly option: Uint8Array;
  readonly data: Uint8Array;
}

/** The proof that a SYN carries. */
export interface Proof {
  readonly carriers: readonly ProofCarrier[];
  /** Slots by which the sender's clock differs from ours when that is too many for an answer, else 0. */
  readonly slotsOff: number;
}

/** The fields of a SYN that may carry a proof. */
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
 * Recognises proofs by comparison: what the token's owner may send now is computed once for each slot. A SYN
 * without a proof costs a few look-ups and no MAC. It passes by chance once in 2^29 (two words of 32 bits,
 * three slots at most).
 */
export class ProofBook {
  readonly #mac: Mac;
  /** Slots near the present one, by each mark of their SYNs. */
  readonly #slots: Map<string, number> = new Map();
  /** All marks of those slots. */
  readonly #marks: Map<number, readonly string[]> = new Map();
  #slot = Number.NaN;

  constructor(mac: Mac) {
    this.#mac = mac;
  }

  /** The proof of a SYN that arrived at `epochMs`; null without one. */
  proofOf(syn: Carriers, epochMs: number): Proof | null {
    this.prepare(epochMs);
    const found = marksOf(syn).flatMap(({ carrier, mark }) => {
      const slot = this.#slots.get(mark);
      return slot === undefined ? [] : [{ carrier, slot }];
    });
    const [first] = found;
    if (first === undefined) return null;
    const timely = found.filter(({ slot }) => slot >= slotAt(epochMs - SKEW_MS) && slot <= slotAt(epochMs + SKEW_MS));
    if (timely.length > 0) return { carriers: timely.map(({ carrier }) => carrier), slotsOff: 0 };
    return { carriers: found.map(({ carrier }) => carrier), slotsOff: first.slot - slotAt(epochMs) };
  }

  /** Computes the words for SYNs of that time, so that the first of them need not wait. */
  prepare(epochMs: number): void {
    const slot = slotAt(epochMs);
    if (slot === this.#slot) return;
    this.#slot = slot;
    for (const [old, marks] of this.#marks) {
      if (Math.abs(old - slot) <= FOREIGN_SLOTS) continue;
      for (const mark of marks) this.#slots.delete(mark);
      this.#marks.delete(old);
    }
    for (let near = slot - FOREIGN_SLOTS; near <= slot + FOREIGN_SLOTS; near++) if (!this.#marks.has(near)) this.#learn(near);
  }

  #learn(slot: number): void {
    const words = proofWords(this.#mac, slot);
    const options: readonly TcpOption[] = [{ kind: 8, name: 'ts', value: words.tsval, echo: 0 }, proofOption(words)];
    const marks = marksOf({ seq: words.isn, options, payload: words.data }).map(({ mark }) => mark);
    this.#marks.set(slot, marks);
    for (const mark of marks) this.#slots.set(mark, slot);
  }
}

/** A carrier and what it holds, as a key. */
interface Mark {
  readonly carrier: ProofCarrier;
  readonly mark: string;
}

/** What a SYN holds wherever a proof may be, carrier by carrier. */
function marksOf({ seq, options, payload }: Carriers): readonly Mark[] {
  const stamps = options.flatMap((option) => (option.name === 'ts' && 'value' in option ? [option.value] : []));
  const experiments = options.flatMap((option) =>
    EXPERIMENT_KINDS.includes(option.kind) && 'data' in option ? [option.data] : [],
  );
  const data = payload.length < LONG_BYTES ? [] : [toHex(payload.subarray(0, LONG_BYTES))];
  const held = { isn: [seq], ts: stamps, option: experiments, data };
  return PROOF_CARRIERS.flatMap((carrier) => held[carrier].map((content) => ({ carrier, mark: `${carrier} ${content}` })));
}
