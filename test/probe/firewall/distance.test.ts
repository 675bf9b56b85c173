import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { answeringTtl, nextTtlsInSilence, nextTtlsToAnswer, type TtlResult } from '../../../src/probe/firewall/distance.ts';

/** Runs a search to its end over a path whose routers at `silentHops` say nothing. */
function search(
  next: (results: ReadonlyMap<number, TtlResult>) => readonly number[],
  result: (ttl: number) => TtlResult,
): Map<number, TtlResult> {
  const results = new Map<number, TtlResult>();
  for (let turn = 0; turn < 40; turn++) {
    const ttls = next(results);
    if (ttls.length === 0) return results;
    for (const ttl of ttls) {
      expect(results.has(ttl)).toBe(false);
      results.set(ttl, result(ttl));
    }
  }
  throw new Error('the search does not end');
}

describe('how far away', () => {
  it('an answer comes from: found whatever the guess, with three packets where it is right', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), fc.integer({ min: 1, max: 64 }), (hops, guess) => {
        const path = (ttl: number): TtlResult => (ttl >= hops ? 'answered' : 'expired');
        const results = search((known) => nextTtlsToAnswer(known, guess), path);
        if (guess <= 32) expect(answeringTtl(results)).toBe(hops);
        if (guess === hops) expect(results.size).toBeLessThanOrEqual(3);
      }),
    );
  });

  it('is not said where the packet before may have been lost', () => {
    expect(
      answeringTtl(
        new Map([
          [3, 'answered'],
          [2, 'silent'],
        ]),
      ),
    ).toBeNull();
    expect(
      answeringTtl(
        new Map([
          [3, 'answered'],
          [2, 'expired'],
        ]),
      ),
    ).toBe(3);
    expect(answeringTtl(new Map([[1, 'answered']]))).toBe(1);
    expect(answeringTtl(new Map())).toBeNull();
  });

  it('a silent port lets SYNs pass: every hop before the host, or as far as routers answer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), (reach) => {
        const path = (ttl: number): TtlResult => (ttl <= reach ? 'expired' : 'silent');
        const unknown = search((known) => nextTtlsInSilence(known, null), path);
        expect(Math.max(...unknown.keys())).toBeGreaterThan(reach);
        const known = search((results) => nextTtlsInSilence(results, reach + 1), path);
        expect([...known.keys()]).toEqual(Array.from({ length: reach + 1 }, (_, index) => index + 1));
        const nearer = search((results) => nextTtlsInSilence(results, 1), path);
        expect(Math.max(...nearer.keys())).toBeGreaterThan(reach);
      }),
    );
  });

  it('nothing is asked while packets are under way', () => {
    expect(nextTtlsToAnswer(new Map([[3, 'pending']]), 3)).toEqual([]);
    expect(nextTtlsInSilence(new Map([[3, 'pending']]), null)).toEqual([]);
  });
});
