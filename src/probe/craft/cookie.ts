import { type Address, UNSPECIFIED } from '../../wire/address.ts';
import type { ProbeColumns } from '../../wire/syn-template.ts';

/** Lower and upper halves of SipHash's constants ("somepseudorandomlygeneratedbytes"), v0 to v3. */
const CONSTANTS: readonly number[] = [
  0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462,
];
/** The length of the message, 15 bytes, in the top byte of the last block; below it the transmission. */
const LENGTH = 15 << 24;
const MAX_TRANSMISSION = 0xffffff;

/** The numbers by which a reply proves itself; TSval and IP ID need only differ from the ISN beside them. */
export interface CookieNumbers {
  /** A signed 32-bit integer, which V8 keeps off the heap; its bits are the ISN where none is fixed. */
  readonly nonce: number;
  /** Unsigned 32 bits, never 0: some stacks take a timestamp of 0 for none. */
  readonly tsval: number;
  /** 1 to 65535: for 0 the kernel would fill in its own (raw(7), IP_HDRINCL). */
  readonly ipId: number;
}

/**
 * All numbers of one SYN come from an unpredictable nonce: of a pair's first SYN, a word of the run's
 * keystream; of any other, SipHash-2-4 (Aumasson and Bernstein, 2012) of source, destination, ports and
 * transmission, 15 bytes in two blocks, little-endian, under a key that only this run knows.
 */
export class ProbeCookie {
  readonly #start: Int32Array;
  readonly #salt: number;
  /** Two blocks of message and two empty ones for finalisation; lower half first. */
  readonly #blocks: Int32Array = new Int32Array(8);

  /** `key`: four words from the operating system's random source. */
  constructor(key: Uint32Array) {
    if (key.length !== 4) throw new RangeError(`a cookie key has 4 words, not ${key.length}`);
    this.#start = Int32Array.from(CONSTANTS, (word, index) => word ^ (key[index % 4] as number));
    this.#salt = this.#nonce(UNSPECIFIED, UNSPECIFIED, 0, MAX_TRANSMISSION);
  }

  /** `ports` is `sourcePort << 16 | destinationPort`; `transmission`, 24 bits, tells a pair's SYNs apart. */
  compute(source: Address, destination: Address, ports: number, transmission: number): CookieNumbers {
    return this.expand(this.#nonce(source, destination, ports, transmission));
  }

  /** The numbers of a SYN with that nonce. */
  expand(nonce: number): CookieNumbers {
    const mixed = mix(nonce ^ this.#salt);
    return { nonce, tsval: mixed >>> 0 || 1, ipId: ipIdOf(mixed) };
  }

  /** `expand` for the first `count` of many nonces, into the arrays: what a scan does for each pair. */
  expandMany(nonces: Int32Array, { tsvals, ipIds }: Pick<ProbeColumns, 'tsvals' | 'ipIds'>, count: number): void {
    const salt = this.#salt;
    for (let index = 0; index < count; index++) {
      const mixed = mix((nonces[index] as number) ^ salt);
      tsvals[index] = mixed === 0 ? 1 : mixed;
      ipIds[index] = ipIdOf(mixed);
    }
  }

  #nonce(source: Address, destination: Address, ports: number, transmission: number): number {
    const blocks = this.#blocks;
    blocks[0] = source;
    blocks[1] = destination;
    blocks[2] = ports;
    blocks[3] = LENGTH | (transmission & MAX_TRANSMISSION);
    return sipHash(this.#start, blocks);
  }
}

function ipIdOf(mixed: number): number {
  return Math.imul(mixed, 0x9e3779b1) >>> 16 || 1;
}

/** The 32-bit finaliser of MurmurHash3 (Appleby). */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/**
 * The lower half of the digest. Four steps of two SipRounds: two blocks of message (c = 2), then finalisation
 * (d = 4). `lN` and `hN` are the halves of vN; a carry is computed with bit logic because a branch on it is
 * mispredicted half of the time; v0 and v2 are swapped instead of rotated by 32.
 */
function sipHash(start: Int32Array, blocks: Int32Array): number {
  let l0 = start[0] as number;
  let h0 = start[1] as number;
  let l1 = start[2] as number;
  let h1 = start[3] as number;
  let l2 = start[4] as number;
  let h2 = start[5] as number;
  let l3 = start[6] as number;
  let h3 = start[7] as number;
  let next = 0;
  for (let step = 0; step < 8; step += 2) {
    const low = blocks[step] as number;
    const high = blocks[step + 1] as number;
    if (step === 4) l2 ^= 0xff;
    l3 ^= low;
    h3 ^= high;
    for (let round = 0; round < 2; round += 1) {
      next = (l0 + l1) | 0;
      h0 = (h0 + h1 + (((l0 & l1) | ((l0 | l1) & ~next)) >>> 31)) | 0;
      l0 = next;
      next = (l2 + l3) | 0;
      h2 = (h2 + h3 + (((l2 & l3) | ((l2 | l3) & ~next)) >>> 31)) | 0;
      l2 = next;
      next = ((l1 << 13) | (h1 >>> 19)) ^ l0;
      h1 = ((h1 << 13) | (l1 >>> 19)) ^ h0;
      l1 = next;
      next = ((l3 << 16) | (h3 >>> 16)) ^ l2;
      h3 = ((h3 << 16) | (l3 >>> 16)) ^ h2;
      l3 = next;
      next = (h0 + l3) | 0;
      h0 = (l0 + h3 + (((h0 & l3) | ((h0 | l3) & ~next)) >>> 31)) | 0;
      l0 = next;
      next = (l2 + l1) | 0;
      l2 = (h2 + h1 + (((l2 & l1) | ((l2 | l1) & ~next)) >>> 31)) | 0;
      h2 = next;
      next = ((l3 << 21) | (h3 >>> 11)) ^ l0;
      h3 = ((h3 << 21) | (l3 >>> 11)) ^ h0;
      l3 = next;
      next = ((l1 << 17) | (h1 >>> 15)) ^ h2;
      h1 = ((h1 << 17) | (l1 >>> 15)) ^ l2;
      l1 = next;
    }
    l0 ^= low;
    h0 ^= high;
  }
  return l0 ^ l1 ^ l2 ^ l3;
}
