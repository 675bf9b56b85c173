import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from './event-queue.ts';

test('events leave in order of time, those of the same time in order of entry', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 3000 }), (times) => {
      const queue = new EventQueue<readonly [number, number]>();
      times.forEach((at, order) => queue.push(at, [at, order]));
      const sorted = times.map((at, order) => [at, order] as const).toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
      expect(Array.from(times, () => queue.pop())).toEqual(sorted);
      expect(queue.pop()).toBeUndefined();
      expect(queue.nextAt).toBe(Infinity);
    }),
    { numRuns: 50 },
  );
});

test('an event pushed between pops takes its place', () => {
  const queue = new EventQueue<string>();
  queue.push(5, 'later');
  queue.push(1, 'first');
  expect(queue.pop()).toBe('first');
  queue.push(2, 'second');
  expect(queue.nextAt).toBe(2);
  expect([queue.pop(), queue.pop(), queue.size]).toEqual(['second', 'later', 0]);
});
