import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnsweredFirst, ResetGrace } from '../../../src/probe/scan/reset-grace.ts';

const LINGER = 20;

type Step = readonly ['add' | 'take' | 'remove', number];

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.tuple(fc.constantFrom<Step[0]>('add', 'add', 'take', 'remove'), fc.nat(1_000_000)),
  { maxLength: 200 },
);

function pair(number: number, at: number): AnsweredFirst {
  return { target: number % 7, port: number % 65_536, position: number * 3, at, rtt: at / 2, reply: (number % 99) + 1 };
}

function known(resets: ResetGrace, number: number): AnsweredFirst {
  const at = resets.dueAt(number) - LINGER;
  const { target, port, position, rtt, reply } = {
    target: resets.target(number),
    port: resets.port(number),
    position: resets.position(number),
    rtt: resets.rtt(number),
    reply: resets.reply(number),
  };
  return { target, port, position, at, rtt, reply };
}

describe('ResetGrace', () => {
  test('law: each leaves once, in order, when its time is up or when it is removed, and is known by its number', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(0, 1023, 3000), (list, already) => {
        const resets = new ResetGrace(LINGER);
        const model = new Map<number, AnsweredFirst>();
        let count = 0;
        const add = (now: number): void => {
          const made = pair(++count, now);
          model.set(resets.add(made), made);
        };
        for (let index = 0; index < already; index++) add(Math.floor(index / 100));
        list.forEach(([kind, some], index) => {
          const now = Math.floor(already / 100) + index * 4;
          const numbers = [...model.keys()];
          const oldest = numbers[0];
          expect(resets.size).toBe(model.size);
          expect(resets.nextDue).toBe(oldest === undefined ? Infinity : (model.get(oldest) as AnsweredFirst).at + LINGER);
          if (kind === 'add') add(now);
          else if (kind === 'take') {
            const isDue = oldest !== undefined && (model.get(oldest) as AnsweredFirst).at + LINGER <= now;
            const due = resets.oldestDue(now);
            expect(due).toBe(isDue ? oldest : -1);
            if (!isDue) return;
            expect(known(resets, due)).toEqual(model.get(due));
            resets.remove(due);
            model.delete(due);
          } else if (numbers.length > 0) {
            const number = numbers[some % numbers.length] as number;
            expect(known(resets, number)).toEqual(model.get(number));
            resets.remove(number);
            model.delete(number);
          }
        });
      }),
      { numRuns: 200 },
    );
  });
});
