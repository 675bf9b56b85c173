import { expect, test } from 'vitest';
import { KernelClock } from '../../../src/engine/packet-ring/kernel-clock.ts';
import { NANOS_PER_MS, NANOS_PER_SECOND } from '../../../src/wire/numbers.ts';

const EPOCH = 1_900_000_000n * 1_000_000_000n;

/** Two clocks under the test's hand: the wall clock is ahead of the other by `EPOCH + set`. Each reading takes 100 ns. */
class Clocks {
  time = 0;
  set = 0n;
  readings = 0;
  readonly clock: KernelClock;

  constructor() {
    const realTime = (into: BigInt64Array): number => {
      this.readings++;
      this.time += 50;
      const wall = this.#wall();
      into[0] = wall / 1_000_000_000n;
      into[1] = wall % 1_000_000_000n;
      this.time += 50;
      return 0;
    };
    this.clock = new KernelClock({ realTime }, () => this.time);
  }

  /** A packet stamped now. */
  stamp(): readonly [number, number] {
    const wall = this.#wall();
    return [Number(wall / 1_000_000_000n), Number(wall % 1_000_000_000n)];
  }

  at([seconds, nanos]: readonly [number, number]): number {
    this.clock.review(seconds, nanos, this.time);
    return this.clock.at(seconds, nanos, this.time);
  }

  #wall(): bigint {
    return EPOCH + this.set + BigInt(this.time);
  }
}

test('a stamp is on the transport’s clock to the nanosecond, across seconds', () => {
  const clocks = new Clocks();
  for (const time of [5000, 999_999_999, NANOS_PER_SECOND, NANOS_PER_SECOND + 1, 3600 * NANOS_PER_SECOND + 7]) {
    clocks.time = time;
    const stamp = clocks.stamp();
    clocks.time += 1000;
    expect(clocks.at(stamp)).toBe(time);
  }
});

test('no stamp is later than the moment at which the packet was found', () => {
  const clocks = new Clocks();
  clocks.time = NANOS_PER_MS;
  const [seconds, nanos] = clocks.stamp();
  expect(clocks.at([seconds, nanos + 300])).toBe(clocks.time);
});

test.each([3600n, -3600n, 2n, -2n])(
  'the wall clock is set by %i s: packets before and after it keep their order and distance',
  (by) => {
    const clocks = new Clocks();
    clocks.time = 20 * NANOS_PER_MS;
    const question = clocks.stamp();
    const asked = clocks.time;
    clocks.set = by * 1_000_000_000n;
    clocks.time += 30_000;
    const answer = clocks.stamp();
    const answered = clocks.time;
    clocks.time += 30_000;
    // In one block: the question's stamp is from before the setting, and was not doubted yet.
    expect(clocks.at(question)).toBe(asked);
    expect(clocks.at(answer)).toBe(answered);
    expect(clocks.at(question)).toBe(asked);
  },
);

test('a drift of half a millisecond is left alone: it must not get into round trips', () => {
  const clocks = new Clocks();
  clocks.time = 300 * NANOS_PER_MS;
  const before = clocks.at(clocks.stamp());
  clocks.set = -500_000n;
  clocks.time += 300 * NANOS_PER_MS;
  expect(clocks.at(clocks.stamp()) - before).toBeLessThan(300 * NANOS_PER_MS);
});

test('the wall clock is compared four times a second, not for every block', () => {
  const clocks = new Clocks();
  const atFirst = clocks.readings;
  for (let block = 0; block < 1000; block++) {
    const stamp = clocks.stamp();
    clocks.time += NANOS_PER_MS;
    clocks.at(stamp);
  }
  expect((clocks.readings - atFirst) / atFirst).toBeLessThan(5);
});
