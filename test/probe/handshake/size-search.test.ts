import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SizeSearch } from '../../../src/probe/handshake/size-search.ts';

/** Searches a path that passes `limit` bytes; how many sizes were tried, and what was found. */
function search(
  limit: number,
  parallel: boolean,
  { largest = 1500, named = false } = {},
): { rounds: number; tried: number; passes: number } {
  const sizes = new SizeSearch({ smallest: 296, largest, parallel });
  let [rounds, tried] = [0, 0];
  for (let next = sizes.next(); next.length > 0; next = sizes.next()) {
    rounds++;
    tried += next.length;
    expect(next).toEqual([...next].toSorted((a, b) => a - b));
    for (const size of next) {
      if (size <= limit) sizes.passed(size);
      else sizes.failed(size);
    }
    if (named) sizes.named(limit);
    expect(rounds).toBeLessThan(20);
  }
  expect(sizes.isDone).toBe(true);
  return { rounds, tried, passes: sizes.bounds.passes };
}

describe('the search for a size', () => {
  it('finds every limit to the byte, in few rounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 296, max: 1500 }), fc.boolean(), (limit, parallel) => {
        const { passes, rounds, tried } = search(limit, parallel);
        expect(passes).toBe(limit);
        expect(rounds).toBeLessThanOrEqual(parallel ? 6 : 16);
        expect(tried).toBeLessThanOrEqual(40);
      }),
    );
  });

  it('takes one size where everything passes', () => {
    expect(search(1500, true)).toEqual({ rounds: 1, tried: 1, passes: 1500 });
  });

  it('takes two where a router names it', () => {
    expect(search(1337, true, { named: true })).toEqual({ rounds: 2, tried: 2, passes: 1337 });
  });

  it('ends where not even the smallest passes', () => {
    expect(search(0, true).passes).toBe(0);
    expect(search(0, false).passes).toBe(0);
  });

  it('does not believe a router that names less than has passed, or more than has failed', () => {
    const sizes = new SizeSearch({ smallest: 296, largest: 1500, parallel: true });
    sizes.passed(1400);
    sizes.failed(1450);
    sizes.named(1300);
    sizes.named(1480);
    expect(sizes.bounds).toEqual({ passes: 1400, fails: 1450 });
  });
});
