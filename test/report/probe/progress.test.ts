import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createProgress, type ProgressValues } from '../../../src/report/probe/progress.ts';

const TOTAL = 5000;

function values(elapsedMs: number, pairsDone: number, more: Partial<ProgressValues> = {}): ProgressValues {
  return { elapsedMs, pairsDone, pairsTotal: TOTAL, open: 0, probesSent: pairsDone, ...more };
}

/** Seconds of the ETA shown, Infinity where there is none. */
function seconds(line: string): number {
  const clock = /ETA (?:(\d+) s|([\d:]+))/.exec(line);
  if (clock === null) return Infinity;
  if (clock[1] !== undefined) return Number(clock[1]);
  return (clock[2] as string).split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

function number(line: string, pattern: RegExp): number {
  return Number(pattern.exec(line)?.[1]);
}

/** Any course of a run, even with figures that decrease. */
const course = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 20_000 }),
    done: fc.nat(TOTAL),
    open: fc.nat(TOTAL),
    probesSent: fc.nat(20_000),
  }),
  { minLength: 1, maxLength: 50 },
);

describe('progress', () => {
  it('never goes backwards: percent, done and open do not fall, the ETA does not rise', () => {
    fc.assert(
      fc.property(course, (steps) => {
        const progress = createProgress();
        let elapsedMs = 1000;
        let before = { percent: 0, done: 0, open: 0, eta: Infinity };
        for (const { afterMs, done, open, probesSent } of steps) {
          elapsedMs += afterMs;
          const line = progress(values(elapsedMs, done, { open, probesSent }), 200) as string;
          const now = {
            percent: number(line, /(\d+)%/),
            done: number(line, /(\d+)\/5000/),
            open: number(line, /(\d+) open/),
            eta: seconds(line),
          };
          expect(now.percent).toBeGreaterThanOrEqual(before.percent);
          expect(now.done).toBeGreaterThanOrEqual(before.done);
          expect(now.open).toBeGreaterThanOrEqual(before.open);
          expect(now.eta).toBeLessThanOrEqual(before.eta);
          expect(now.percent === 100).toBe(now.done === TOTAL);
          expect(now.eta === 0).toBe(now.done === TOTAL);
          before = now;
        }
      }),
    );
  });

  it('fits any width', () => {
    fc.assert(
      fc.property(course, fc.integer({ min: 1, max: 120 }), (steps, columns) => {
        const progress = createProgress();
        let elapsedMs = 1000;
        for (const { afterMs, done, open, probesSent } of steps) {
          elapsedMs += afterMs;
          expect((progress(values(elapsedMs, done, { open, probesSent }), columns) as string).length).toBeLessThanOrEqual(
            columns,
          );
        }
      }),
    );
  });

  it('says nothing in the first second', () => {
    const progress = createProgress();
    expect(progress(values(999, 4000), 80)).toBeNull();
    expect(progress(values(1000, 4000), 80)).not.toBeNull();
  });

  it('drops the least important parts first', () => {
    const line = (columns: number): string | null => createProgress()(values(10_000, 2500, { open: 3 }), columns);
    expect(line(80)).toBe('[==========          ]   50%  2500/5000 ports  3 open  250 SYN/s  ETA 11 s');
    expect(line(70)).toBe('[==========          ]   50%  2500/5000 ports  3 open  ETA 11 s');
    expect(line(50)).toBe(' 50%  2500/5000 ports  3 open  ETA 11 s');
    expect(line(30)).toBe(' 50%  3 open  ETA 11 s');
    expect(line(14)).toBe(' 50%  3 open');
    expect(line(3)).toBe('50%');
  });

  it('shows no ETA before it has seen enough', () => {
    const progress = createProgress();
    expect(progress(values(2000, 100), 80)).not.toContain('ETA');
    expect(progress(values(4000, 200), 80)).toContain('ETA 1:46');
    expect(progress(values(400_000, 250), 80)).toContain('ETA 1:46');
  });

  it('shows hours', () => {
    expect(createProgress()(values(1_000_000, 250), 120)).toContain('ETA 5:48:20');
  });
});
