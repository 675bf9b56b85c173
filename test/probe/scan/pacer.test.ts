import { describe, expect, it } from 'vitest';

import { Pacer } from '../../../src/probe/scan/pacer.ts';
import { NANOS_PER_MS } from '../../../src/wire/numbers.ts';

const MS = NANOS_PER_MS;
const RTT = 1 * MS;
const TIMEOUT = 100 * MS;

interface Fate {
  readonly at: number;
  readonly sentAt: number;
  /** When the SYN was sent whose loss this answer reveals, or NaN. */
  readonly lostAt: number;
}

/**
 * Drives a pacer for `seconds` over a path that is `passes`: a SYN goes out whenever the pacer lets it, a lost one is found by a retry one
 * time-out later. Returns SYNs a second over the last half.
 */
function steadyRate(pacer: Pacer, seconds: number, passes: (now: number) => boolean): number {
  const fates: Fate[] = [];
  const step = 0.5 * MS;
  let inFlight = 0;
  let sentLate = 0;
  for (let now = 0; now < seconds * 1000 * MS; now += step) {
    fates.sort((a, b) => a.at - b.at);
    while (fates.length > 0 && (fates[0] as Fate).at <= now) {
      const { sentAt, lostAt } = fates.shift() as Fate;
      inFlight--;
      pacer.onAnswer(sentAt, Number.isNaN(lostAt) ? 0 : 1, lostAt);
    }
    pacer.review(now, 2 * TIMEOUT);
    for (let allowance = pacer.allowance(now); allowance >= 1 && inFlight < pacer.window && inFlight < 2000; allowance--) {
      pacer.onSent(now, 1);
      inFlight++;
      if (now > (seconds * 1000 * MS) / 2) sentLate++;
      fates.push(
        passes(now)
          ? { at: now + RTT, sentAt: now, lostAt: NaN }
          : { at: now + TIMEOUT + RTT, sentAt: now + TIMEOUT, lostAt: now },
      );
    }
  }
  return sentLate / (seconds / 2);
}

/** Lets through `rate` packets a second with a burst of 20. */
function policer(rate: number): (now: number) => boolean {
  let tokens = 20;
  let last = 0;
  return (now) => {
    tokens = Math.min(20, tokens + ((now - last) / (1000 * MS)) * rate);
    last = now;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}

describe('Pacer', () => {
  it('opens its window for every answer, and only so far for silence', () => {
    const pacer = new Pacer(null, null);
    const start = pacer.window;
    for (let i = 0; i < 100_000; i++) pacer.onSilence();
    expect(pacer.window).toBe(4096);
    const answered = new Pacer(null, null);
    for (let i = 0; i < start; i++) answered.onAnswer(0, 0, NaN);
    expect(answered.window).toBe(2 * start);
  });

  it('never exceeds the rate that the user gave, nor the window', () => {
    expect(steadyRate(new Pacer(1000, null), 4, () => true)).toBeLessThanOrEqual(1005);
    expect(new Pacer(null, 7).window).toBe(7);
  });

  it('finds a policer and stays near what it lets through', () => {
    const rate = steadyRate(new Pacer(null, null), 10, policer(2000));
    expect(rate).toBeGreaterThan(1000);
    expect(rate).toBeLessThan(2600);
  });

  it('tells a bad link from a policer: loss that does not depend on the rate does not slow it down for long', () => {
    let count = 0;
    const rate = steadyRate(new Pacer(null, null), 10, () => ++count % 10 !== 0);
    expect(rate).toBeGreaterThan(8000);
  });

  it('counts the share of SYNs that were lost', () => {
    const pacer = new Pacer(null, null);
    for (let i = 0; i < 90; i++) pacer.onAnswer(0, 0, NaN);
    for (let i = 0; i < 5; i++) pacer.onAnswer(0, 1, 0);
    expect(pacer.lossRatio).toBeCloseTo(0.05);
    expect(pacer.fatesKnown).toBe(100);
  });
});
