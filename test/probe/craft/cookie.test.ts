import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProbeCookie } from '../../../src/probe/craft/cookie.ts';
import type { Address } from '../../../src/wire/address.ts';

const MASK = (1n << 64n) - 1n;
const rotl = (value: bigint, bits: bigint) => ((value << bits) | (value >> (64n - bits))) & MASK;

const word = (bytes: Uint8Array, offset: number) => new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset, true);
const bytesOf = (words: readonly number[]) => new Uint8Array(Uint32Array.from(words).buffer);

/** SipHash-2-4 as its paper writes it down, over any bytes: the baseline for the unrolled form. */
function sipHash(key: Uint8Array, message: Uint8Array): bigint {
  const [k0, k1] = [word(key, 0), word(key, 8)];
  let [v0, v1, v2, v3] = [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn, k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n];
  const rounds = (count: number) => {
    for (let round = 0; round < count; round += 1) {
      v0 = (v0 + v1) & MASK;
      v1 = rotl(v1, 13n) ^ v0;
      v0 = rotl(v0, 32n);
      v2 = (v2 + v3) & MASK;
      v3 = rotl(v3, 16n) ^ v2;
      v0 = (v0 + v3) & MASK;
      v3 = rotl(v3, 21n) ^ v0;
      v2 = (v2 + v1) & MASK;
      v1 = rotl(v1, 17n) ^ v2;
      v2 = rotl(v2, 32n);
    }
  };
  const blocks = new Uint8Array(Math.floor(message.length / 8) * 8 + 8);
  blocks.set(message);
  blocks[blocks.length - 1] = message.length & 0xff;
  for (let offset = 0; offset < blocks.length; offset += 8) {
    const block = word(blocks, offset);
    v3 ^= block;
    rounds(2);
    v0 ^= block;
  }
  v2 ^= 0xffn;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}

const KEY_BYTES = Uint8Array.from({ length: 16 }, (_, index) => index);
const KEY = Uint32Array.of(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);

/** Of the 64 published vectors (key and message 00, 01, 02 ...): the lengths 0 to 3, 8, 15 and 16. */
const VECTORS: readonly (readonly [number, bigint])[] = [
  [0, 0x726fdb47dd0e0e31n],
  [1, 0x74f839c593dc67fdn],
  [2, 0x0d6c8009d9a94f5an],
  [3, 0x85676696d7fb7e2dn],
  [8, 0x93f5f5799a932462n],
  [15, 0xa129ca6149be45e5n],
  [16, 0x3f2acc7f57c29bdbn],
];

const u32 = fc.integer({ min: 0, max: 0xffffffff });

describe('SipHash-2-4', () => {
  it.each(VECTORS)('the baseline gives the published vector of length %i', (length, digest) => {
    const message = Uint8Array.from({ length }, (_, index) => index);
    expect(sipHash(KEY_BYTES, message)).toBe(digest);
  });

  it('the cookie of the bytes 00 ... 0e is the published vector of length 15', () => {
    const cookie = new ProbeCookie(KEY);
    const { nonce } = cookie.compute(0x03020100 as Address, 0x07060504 as Address, 0x0b0a0908, 0x0e0d0c);
    expect(nonce).toBe(0x49be45e5);
  });

  it('law: the nonce is the lower half of the digest for any key and tuple', () => {
    fc.assert(
      fc.property(fc.tuple(u32, u32, u32, u32), fc.tuple(u32, u32, u32, fc.nat(0xffffff)), (key, words) => {
        const cookie = new ProbeCookie(Uint32Array.from(key));
        const [source, destination, ports, transmission] = words;
        const { nonce } = cookie.compute(source as Address, destination as Address, ports, transmission);
        const digest = sipHash(bytesOf(key), bytesOf(words).subarray(0, 15));
        expect(BigInt(nonce >>> 0)).toBe(digest & 0xffffffffn);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('ProbeCookie', () => {
  it('takes negative words (sourcePort << 16 overflows) as the same bits', () => {
    const [a, b] = [new ProbeCookie(KEY), new ProbeCookie(KEY)];
    const negative = a.compute(1 as Address, 2 as Address, (40_000 << 16) | 80, 0);
    expect(negative).toEqual(b.compute(1 as Address, 2 as Address, ((40_000 << 16) | 80) >>> 0, 0));
  });

  it('says of a nonce what it said of the SYN that the nonce was computed for', () => {
    const cookie = new ProbeCookie(KEY);
    const numbers = cookie.compute(1 as Address, 2 as Address, 3, 4);
    cookie.compute(5 as Address, 6 as Address, 7, 8);
    expect(cookie.expand(numbers.nonce)).toEqual(numbers);
    expect(numbers.tsval).not.toBe(numbers.nonce);
  });

  it('IP IDs use their whole range but 0, evenly', () => {
    const cookie = new ProbeCookie(KEY);
    const buckets = Array.from({ length: 16 }, () => 0);
    for (let index = 0; index < 65_536; index += 1) {
      const { ipId } = cookie.compute(1 as Address, index as Address, 5, 0);
      expect(ipId).toBeGreaterThan(0);
      expect(ipId).toBeLessThan(65_536);
      const bucket = ipId >> 12;
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    // 4096 each; the standard deviation is 62.
    for (const count of buckets) expect(Math.abs(count - 4096)).toBeLessThan(400);
  });

  it('transmissions of one pair differ', () => {
    const cookie = new ProbeCookie(KEY);
    const seen = new Set<number>();
    for (let transmission = 0; transmission < 100; transmission += 1) {
      seen.add(cookie.compute(1 as Address, 2 as Address, 3, transmission).nonce);
    }
    expect(seen.size).toBe(100);
  });

  it('asks for a key of four words', () => expect(() => new ProbeCookie(new Uint32Array(2))).toThrow(RangeError));

  it('expands many nonces as it expands each', () => {
    const cookie = new ProbeCookie(Uint32Array.of(1, 2, 3, 4));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 20 }), (list) => {
        const columns = { tsvals: new Int32Array(list.length), ipIds: new Uint16Array(list.length) };
        cookie.expandMany(Int32Array.from(list), columns, list.length);
        list.forEach((nonce, index) => {
          const { tsval, ipId } = cookie.expand(nonce);
          expect([(columns.tsvals[index] as number) >>> 0, columns.ipIds[index]]).toEqual([tsval, ipId]);
        });
      }),
    );
  });
});
