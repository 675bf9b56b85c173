import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPairOrder } from '../../../src/probe/scan/pair-order.ts';
import { parsePorts } from '../../../src/probe/targets/ports.ts';
import { createProbeOrder } from '../../../src/probe/scan/probe-order.ts';

const upTo = (total: number) => Array.from({ length: total }, (_, index) => index);

describe('createProbeOrder', () => {
  const seed = fc.maxSafeNat();
  const shard = fc.option(
    fc.integer({ min: 1, max: 5 }).map((index) => ({ index, count: 5 })),
    { nil: null },
  );
  const list = fc.constantFrom('1-300', '400-1100', '22,80,443,1000-1200', '20000-20300', '443', '1-65535');
  const spec = fc.record({ targets: fc.integer({ min: 1, max: 80 }), ports: list.map(parsePorts), seed, shard });

  it('is a permutation of the pairs of its shard', () => {
    fc.assert(
      fc.property(spec, (one) => {
        fc.pre(one.targets * one.ports.size < 20_000);
        const order = createProbeOrder({ ...one, randomize: true });
        const plain = createPairOrder({ ...one, total: one.targets * one.ports.size, randomize: true });
        const pairs = upTo(order.length).map((position) => order.at(position));
        expect(pairs.toSorted((a, b) => a - b)).toEqual(
          upTo(plain.length)
            .map((position) => plain.at(position))
            .toSorted((a, b) => a - b),
        );
        expect(pairs.map((pair) => order.positionOf(pair))).toEqual(upTo(order.length));
        expect(order.positionOf(one.targets * one.ports.size + 7)).toBe(-1);
      }),
    );
  });

  it('fill() says what at() says, wherever a block begins and ends', () => {
    fc.assert(
      fc.property(spec, fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 256 }), (one, where, most) => {
        const order = createProbeOrder({ ...one, randomize: true });
        const count = Math.min(most, order.length);
        const from = Math.floor(where ** 4 * (order.length - count));
        const filled = new Float64Array(257).fill(-7);
        order.fill(filled, from, count);
        expect([...filled]).toEqual(Array.from(filled, (_, index) => (index < count ? order.at(from + index) : -7)));
      }),
    );
  });

  it.each([1, 2, 3])('begins with the telling ports of each target, with seed %i', (anySeed) => {
    const ports = parsePorts('1-1000');
    const order = createProbeOrder({ targets: 3, ports, seed: anySeed, shard: null, randomize: true });
    const first = upTo(9).map((position) => order.at(position));
    expect(first.map((pair) => [Math.floor(pair / 1000), ports.at(pair % 1000)])).toEqual(
      [443, 80, 22].flatMap((port) => [0, 1, 2].map((target) => [target, port])),
    );
  });

  it('leaves an order alone that is ascending, short, or of many targets', () => {
    const at = (ask: { targets: number; list: string; randomize: boolean }) => {
      const ports = parsePorts(ask.list);
      const both = { seed: 5, shard: null, randomize: ask.randomize };
      const order = createProbeOrder({ ...both, targets: ask.targets, ports });
      const plain = createPairOrder({ ...both, total: ask.targets * ports.size });
      return upTo(order.length).every((position) => order.at(position) === plain.at(position));
    };
    expect(at({ targets: 1, list: '1-1000', randomize: false })).toBe(true);
    expect(at({ targets: 1, list: '22-149', randomize: true })).toBe(true);
    expect(at({ targets: 65, list: '80,443,1-10', randomize: true })).toBe(true);
    expect(at({ targets: 1, list: '1-1000', randomize: true })).toBe(false);
  });
});
