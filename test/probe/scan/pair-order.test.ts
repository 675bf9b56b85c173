import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPairOrder, parseShard, type PairOrder, type PairOrderSpec } from '../../../src/probe/scan/pair-order.ts';

const orderOf = (spec: Partial<PairOrderSpec>) => createPairOrder({ total: 100, seed: 1, shard: null, randomize: true, ...spec });
const list = (order: PairOrder) => Array.from({ length: order.length }, (_, position) => order.at(position));
const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);
const upTo = (total: number) => Array.from({ length: total }, (_, pair) => pair);

const seed = fc.maxSafeNat();

describe('laws', () => {
  it('a permutation, for any total and seed', () => {
    fc.assert(
      fc.property(fc.nat(3000), seed, (total, anySeed) => {
        expect(sorted(list(orderOf({ total, seed: anySeed })))).toEqual(upTo(total));
      }),
    );
  });

  it('fill() says what at() says, also at 2^53', () => {
    const total = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 2 ** 53 - 1 }));
    const shard = fc.option(fc.record({ index: fc.integer({ min: 1, max: 7 }), count: fc.constant(7) }), { nil: null });
    fc.assert(
      fc.property(
        fc.record({ total, seed, shard, randomize: fc.boolean() }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (one, where) => {
          const order = orderOf(one);
          const count = Math.min(40, order.length);
          const from = Math.floor(where * (order.length - count));
          const filled = new Float64Array(41).fill(-7);
          order.fill(filled, from, count);
          expect([...filled]).toEqual(Array.from(filled, (_, index) => (index < count ? order.at(from + index) : -7)));
        },
      ),
    );
  });

  it('positionOf() undoes at(), also at 2^53, and knows the pairs of other shards', () => {
    const total = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 2 ** 53 - 1 }));
    const shard = fc.option(fc.record({ index: fc.integer({ min: 1, max: 7 }), count: fc.constant(7) }), { nil: null });
    const spec = fc.record({ total, seed, shard, randomize: fc.boolean() });
    fc.assert(
      fc.property(spec, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (one, where) => {
        const order = orderOf(one);
        if (order.length === 0) return;
        const position = Math.floor(where * order.length);
        const pair = order.at(position);
        expect(order.positionOf(pair)).toBe(position);
        if (one.shard !== null) expect(order.positionOf(pair + 1)).toBe(-1);
        expect(order.positionOf(one.total + 7)).toBe(-1);
      }),
      { numRuns: 1000 },
    );
  });

  it('shards are disjoint and complete, each with a seed of its own', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.array(seed, { minLength: 1, maxLength: 9 }), fc.boolean(), (total, seeds, randomize) => {
        const shards = seeds.map((shardSeed, index) =>
          list(orderOf({ total, seed: shardSeed, randomize, shard: { index: index + 1, count: seeds.length } })),
        );
        expect(sorted(shards.flat())).toEqual(upTo(total));
      }),
    );
  });

  it('at() stays in range up to 2^53 and distinguishes positions', () => {
    const total = fc.oneof(
      fc.integer({ min: 2, max: 2 ** 53 - 1 }),
      fc.integer({ min: 1, max: 52 }).map((bits) => 2 ** bits + 1),
    );
    fc.assert(
      fc.property(total, seed, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (size, anySeed, where) => {
        const order = orderOf({ total: size, seed: anySeed });
        const position = Math.min(Math.floor(where * size), size - 2);
        const pairs = [order.at(position), order.at(position + 1)];
        for (const pair of pairs) expect(Number.isSafeInteger(pair) && pair >= 0 && pair < size).toBe(true);
        expect(pairs[0]).not.toBe(pairs[1]);
      }),
    );
  });

  it('one seed, one order; another seed, another order', () => {
    fc.assert(
      fc.property(seed, seed, (one, other) => {
        expect(list(orderOf({ seed: one }))).toEqual(list(orderOf({ seed: one })));
        if (one !== other) expect(list(orderOf({ seed: one }))).not.toEqual(list(orderOf({ seed: other })));
      }),
    );
  });
});

it('without randomize, ascending', () => {
  expect(list(orderOf({ total: 5, randomize: false }))).toEqual([0, 1, 2, 3, 4]);
  expect(list(orderOf({ total: 10, randomize: false, shard: { index: 2, count: 4 } }))).toEqual([1, 5, 9]);
  expect(orderOf({ total: 2, shard: { index: 3, count: 4 } }).length).toBe(0);
});

it('consecutive positions spread over targets and over ports', () => {
  const [targets, ports] = [64, 1000];
  for (const anySeed of [0, 1, 2, 3, 2 ** 40]) {
    const order = orderOf({ total: targets * ports, seed: anySeed });
    for (let start = 0; start < order.length; start += 640) {
      const window = Array.from({ length: 640 }, (_, place) => order.at(start + place));
      // Ten of each target are expected; a Poisson variable of mean 10 exceeds 35 once in 10^9 draws.
      expect(Math.max(...counts(window.map((pair) => Math.floor(pair / ports))))).toBeLessThan(36);
      expect(new Set(window.map((pair) => pair % ports)).size).toBeGreaterThan(380);
    }
  }
});

function counts(values: readonly number[]): readonly number[] {
  const tally = new Map<number, number>();
  for (const value of values) tally.set(value, (tally.get(value) ?? 0) + 1);
  return [...tally.values()];
}

describe('parseShard', () => {
  it.each([
    ['1/1', { index: 1, count: 1 }],
    ['3/16', { index: 3, count: 16 }],
  ])('%s', (text, shard) => expect(parseShard(text)).toEqual(shard));

  it.each(['', '0/4', '5/4', '1/0', '1', '1/4/5', 'a/b', '-1/4', '1.5/4', ' 1/4', '1/99999999999'])(
    '"%s" is refused and quoted',
    (text) => {
      expect(() => parseShard(text)).toThrow(`invalid shard "${text}": expected I/N`);
    },
  );
});
