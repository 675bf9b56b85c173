import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { TimerWheel } from '../../../src/probe/scan/timer-wheel.ts';
import { NANOS_PER_MS } from '../../../src/wire/numbers.ts';

const SLOTS = 16;

function expired(wheel: TimerWheel, now: number): number[] {
  const slots: number[] = [];
  for (let slot = wheel.expire(now); slot >= 0; slot = wheel.expire(now)) slots.push(slot);
  return slots.toSorted((a, b) => a - b);
}

const action = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    slot: fc.nat(SLOTS - 1),
    inMs: fc.double({ min: 0, max: 20_000, noNaN: true }),
  }),
  fc.record({ kind: fc.constant('cancel' as const), slot: fc.nat(SLOTS - 1) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.double({ min: 0, max: 9000, noNaN: true }) }),
);

describe('TimerWheel', () => {
  it('fires what a sorted list would fire, at most one tick late and never early', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const wheel = new TimerWheel(SLOTS);
        const model = new Map<number, number>();
        let now = 0;
        for (const step of actions) {
          if (step.kind === 'set') {
            const due = now + Math.round(step.inMs * NANOS_PER_MS);
            wheel.set(step.slot, due);
            model.set(step.slot, due);
          } else if (step.kind === 'cancel') {
            wheel.cancel(step.slot);
            model.delete(step.slot);
          } else {
            now += Math.round(step.ms * NANOS_PER_MS);
            for (const slot of expired(wheel, now)) {
              expect(model.get(slot)).toBeLessThanOrEqual(now);
              model.delete(slot);
            }
            for (const due of model.values()) expect(due).toBeGreaterThan(now - NANOS_PER_MS);
          }
          const next = wheel.nextDue();
          if (model.size === 0) expect(next).toBe(Infinity);
          else expect(next).toBeLessThanOrEqual(Math.min(...model.values()) + NANOS_PER_MS);
        }
      }),
    );
  });

  it('reaches every timer by following nextDue, in few steps', () => {
    const wheel = new TimerWheel(SLOTS);
    const dues = [3, 700, 5000, 12_345, 60_000].map((ms) => ms * NANOS_PER_MS);
    for (const [slot, due] of dues.entries()) wheel.set(slot, due);
    const fired: number[] = [];
    let steps = 0;
    for (let now = wheel.nextDue(); now !== Infinity; now = wheel.nextDue()) {
      fired.push(...expired(wheel, now));
      expect(++steps).toBeLessThan(60);
    }
    expect(fired).toEqual([0, 1, 2, 3, 4]);
  });

  it('keeps its timers when it grows', () => {
    const wheel = new TimerWheel(2);
    wheel.set(0, 5 * NANOS_PER_MS);
    wheel.grow(8);
    wheel.set(7, 6 * NANOS_PER_MS);
    expect(expired(wheel, 10 * NANOS_PER_MS)).toEqual([0, 7]);
  });
});
