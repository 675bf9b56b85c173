import { usageError } from '../../errors.ts';

/** A permutation of the pairs `0 ... total-1` (targetIndex * ports.size + portIndex) that is not stored. */
export interface PairOrder {
  /** How many pairs this shard holds. */
  readonly length: number;
  /** The pair at `position`, 0 to length-1. */
  at(position: number): number;
  /** The first `count` entries of `into` become the pairs from `position` on. */
  fill(into: Float64Array, position: number, count: number): void;
  /** Where `pair` stands, or -1 when it is not in this shard. */
  positionOf(pair: number): number;
}

/** One of `count` parts of a run; `index` counts from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** What an order depends on. */
export interface PairOrderSpec {
  /** Number of pairs, at most 2^53. */
  readonly total: number;
  /** A non-negative safe integer; the same seed gives the same order. */
  readonly seed: number;
  readonly shard: Shard | null;
  /** False: ascending, target after target. */
  readonly randomize: boolean;
}

const ROUNDS = 4;
const TWO_32 = 2 ** 32;

/**
 * Shard I of N holds the pairs `k * N + I - 1`, whatever the seed and whether or not the order is random:
 * shards started by hand on N machines are disjoint and complete even when their seeds differ.
 */
export function createPairOrder(spec: PairOrderSpec): PairOrder {
  const stride = spec.shard === null ? 1 : spec.shard.count;
  const offset = spec.shard === null ? 0 : spec.shard.index - 1;
  const length = Math.max(0, Math.ceil((spec.total - offset) / stride));
  return spec.randomize ? new FeistelOrder({ length, stride, offset }, spec.seed) : ascending({ length, stride, offset });
}

/** Reads `I/N`, 1 <= I <= N. Throws a usage error that quotes `text`. */
export function parseShard(text: string): Shard {
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (!(index >= 1 && index <= count))
    throw usageError('invalid shard', text, 'expected I/N with I from 1 to N, for example 1/4');
  return { index, count };
}

interface Progression {
  readonly length: number;
  readonly stride: number;
  readonly offset: number;
}

function ascending(terms: Progression): PairOrder {
  const { length, stride, offset } = terms;
  return {
    length,
    at: (position) => position * stride + offset,
    fill: (into, position, count) => {
      for (let index = 0; index < count; index++) into[index] = (position + index) * stride + offset;
    },
    positionOf: (pair) => placeIn(terms, pair),
  };
}

/** Which term of the progression `pair` is, or -1. */
function placeIn({ length, stride, offset }: Progression, pair: number): number {
  const place = (pair - offset) / stride;
  return place >= 0 && place < length && Number.isInteger(place) ? place : -1;
}

/**
 * A position is split into a high digit below `#highCount` and a low digit of `#lowBits` bits; in turn each
 * is shifted by a hash of the other (an alternating Feistel network). The few results at or above `length`
 * are fed in again: cycle walking (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). Digits
 * have at most 27 bits, so 32-bit integers suffice for lengths up to 2^53. It spreads the load; it is no
 * cipher.
 */
class FeistelOrder implements PairOrder {
  readonly length: number;
  readonly #terms: Progression;
  readonly #keys: Int32Array;
  readonly #lowBits: number;
  readonly #lowCount: number;
  /** All numbers of a permutation fit signed 32-bit integers, and so do their products. */
  readonly #isSmall: boolean;
  readonly #highCount: number;
  /** Scales 32 random bits to 0 ... highCount - 1: a product of 59 bits never rounds up to highCount. */
  readonly #highScale: number;

  constructor(terms: Progression, seed: number) {
    const { length } = terms;
    this.length = length;
    this.#terms = terms;
    this.#keys = roundKeys(seed);
    this.#lowBits = Math.max(1, Math.floor(Math.log2(Math.max(1, length)) / 2));
    this.#lowCount = 2 ** this.#lowBits;
    this.#highCount = Math.max(1, Math.ceil(length / this.#lowCount));
    this.#highScale = this.#highCount / TWO_32;
    this.#isSmall = this.#highCount <= 2 ** 16 && this.#lowCount * this.#highCount <= 2 ** 31;
  }

  at(position: number): number {
    let value = position;
    do value = this.#permute(value);
    while (value >= this.length);
    return value * this.#terms.stride + this.#terms.offset;
  }

  fill(into: Float64Array, position: number, count: number): void {
    if (this.#isSmall) return this.#fillSmall(into, position, count);
    for (let index = 0; index < count; index++) into[index] = this.at(position + index);
  }

  positionOf(pair: number): number {
    let value = placeIn(this.#terms, pair);
    if (value < 0) return -1;
    do value = this.#unpermute(value);
    while (value >= this.length);
    return value;
  }

  /**
   * `#permute` for many positions in 32-bit integers: half the time. The comparison with `highCount` goes
   * either way half of the time, so it has no branch: a negative difference is all ones when shifted.
   */
  #fillSmall(into: Float64Array, position: number, count: number): void {
    const [key0, key1, key2, key3] = this.#keys as unknown as readonly [number, number, number, number];
    const { length, stride, offset } = this.#terms;
    const lowBits = this.#lowBits;
    const lowMask = this.#lowCount - 1;
    const highCount = this.#highCount;
    const lastHigh = highCount - 1;
    for (let index = 0; index < count; index++) {
      let value = position + index;
      do {
        let high = value >>> lowBits;
        let low = value & lowMask;
        high += Math.imul(stir(low ^ key0) >>> 16, highCount) >>> 16;
        high -= highCount & ((lastHigh - high) >> 31);
        low ^= stir(high ^ key1) & lowMask;
        high += Math.imul(stir(low ^ key2) >>> 16, highCount) >>> 16;
        high -= highCount & ((lastHigh - high) >> 31);
        low ^= stir(high ^ key3) & lowMask;
        value = (high << lowBits) | low;
      } while (value >= length);
      into[index] = value * stride + offset;
    }
  }

  /** How far a hash shifts the high digit: 0 ... highCount - 1. */
  #shift(hash: number): number {
    return this.#isSmall ? Math.imul(hash >>> 16, this.#highCount) >>> 16 : Math.floor((hash >>> 0) * this.#highScale);
  }

  #unpermute(value: number): number {
    const keys = this.#keys;
    const lowCount = this.#lowCount;
    let high = Math.floor(value / lowCount) | 0;
    let low = (value - high * lowCount) | 0;
    for (let round = ROUNDS - 2; round >= 0; round -= 2) {
      low ^= stir(high ^ (keys[round + 1] as number)) & (lowCount - 1);
      high -= this.#shift(stir(low ^ (keys[round] as number)));
      if (high < 0) high += this.#highCount;
    }
    return high * lowCount + low;
  }

  #permute(value: number): number {
    const keys = this.#keys;
    const lowCount = this.#lowCount;
    const highCount = this.#highCount;
    let high = Math.floor(value / lowCount) | 0;
    let low = (value - high * lowCount) | 0;
    for (let round = 0; round < ROUNDS; round += 2) {
      high += this.#shift(stir(low ^ (keys[round] as number)));
      if (high >= highCount) high -= highCount;
      low ^= stir(high ^ (keys[round + 1] as number)) & (lowCount - 1);
    }
    return high * lowCount + low;
  }
}

function roundKeys(seed: number): Int32Array {
  const keys = new Int32Array(ROUNDS);
  let state = mix((seed >>> 0) ^ mix(Math.floor(seed / TWO_32) | 0));
  for (let round = 0; round < ROUNDS; round += 1) {
    state = mix((state + 0x9e3779b9) | 0);
    keys[round] = state;
  }
  return keys;
}

/** The 32-bit finaliser of MurmurHash3 (Appleby): every input bit reaches every output bit. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Half of `mix`: the rounds do the rest. */
function stir(value: number): number {
  const hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
