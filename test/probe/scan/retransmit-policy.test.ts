import { describe, expect, it } from 'vitest';

import { RetryPolicy } from '../../../src/probe/scan/retransmit-policy.ts';
import type { Timing } from '../../../src/probe/timing.ts';

const TIMING: Timing = { timeoutMs: 1000, retries: null, count: 1, rate: null, maxInFlight: null };

describe('RetryPolicy', () => {
  it('sends three SYNs on a path that loses nothing', () => {
    const policy = new RetryPolicy(TIMING, 65_535);
    policy.learn(0, 10_000);
    expect(policy.syns).toBe(3);
    policy.learn(0.0001, 10_000);
    expect(policy.syns).toBe(3);
  });

  it('sends enough for a lossy path that no port of the run is likely to stay silent by bad luck', () => {
    const policy = new RetryPolicy(TIMING, 65_535);
    policy.learn(0.1, 1000);
    expect(policy.syns).toBe(7);
    expect(65_535 * 0.1 ** policy.syns).toBeLessThan(0.01);
    policy.learn(0.9, 1000);
    expect(policy.syns).toBe(12);
  });

  it('does not believe a few fates, and never changes a number that the user gave', () => {
    const young = new RetryPolicy(TIMING, 100);
    young.learn(0.3, 10);
    expect(young.syns).toBe(3);
    young.learn(0.05, 49);
    expect(young.syns).toBe(3);
    young.learn(0.5, 10);
    expect(young.syns).toBe(12);
    const fixed = new RetryPolicy({ ...TIMING, retries: 0 }, 100);
    fixed.learn(0.5, 1000);
    expect([fixed.syns, fixed.most]).toEqual([1, 1]);
  });
});
