import { describe, expect, it } from 'vitest';

import { prepareRun, wantsOpenOnly, type ProbeOptions } from '../../src/run/probe/prepare.ts';
import { SummaryCounter } from '../../src/run/run-records.ts';

const NOTHING = { probesSent: 0, repliesReceived: 0, repliesRejected: 0, pairsDone: 0, open: 0 };
const END = { drops: null, durationMs: 1, interrupted: false };

describe('a run for open ports alone', () => {
  const wants = async (options: Partial<ProbeOptions>): Promise<boolean> =>
    wantsOpenOnly(await prepareRun({ targets: ['10.0.0.0/30'], ports: '1-3', ...options }));

  it('is one that is asked for, by itself or for its size', async () => {
    expect(await wants({})).toBe(false);
    expect(await wants({ openOnly: true })).toBe(true);
    expect(await wants({ openOnly: ({ targets, ports }) => targets === 4 && ports === 3 })).toBe(true);
    expect(await wants({ openOnly: ({ targets }) => targets > 4 })).toBe(false);
  });

  it('is none where every port is expected to be something', async () => {
    expect(await wants({ openOnly: true, expect: 'open' })).toBe(false);
  });
});

describe('SummaryCounter', () => {
  it('counts states, and knows a run in which nothing had a route', async () => {
    const counter = new SummaryCounter(await prepareRun({ targets: ['10.0.0.1'], ports: '1-3' }));
    expect(counter.nothingRouted).toBe(false);
    counter.count({ state: 'error', attempts: 0 });
    expect(counter.nothingRouted).toBe(true);
    counter.count({ state: 'closed', attempts: 1 });
    expect(counter.nothingRouted).toBe(false);
    expect(counter.summary(NOTHING, END)).toMatchObject({ targets: 1, ports: 3, open: 0, closed: 1, filtered: 0, error: 1 });
  });
});
