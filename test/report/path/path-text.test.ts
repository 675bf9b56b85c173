import { describe, expect, it } from 'vitest';

import type { HopRecord, PathChange, PathRecord } from '../../../src/records/path/records.ts';
import { createPathText } from '../../../src/report/path/path-text.ts';
import { run, summary } from '../records.ts';

const TARGET = '10.0.4.2';
const SUMMARY = summary([run(1, 1)]);

function hop(ttl: number, own: Partial<HopRecord> = {}): HopRecord {
  return {
    type: 'hop',
    target: TARGET,
    port: 443,
    variant: 'as asked',
    ttl,
    address: `10.0.${ttl - 1}.2`,
    name: null,
    rttMs: [0.02 * ttl],
    sent: 1,
    reply: 'icmp-ttl-exceeded',
    quotedBytes: 60,
    quotedTtl: 1,
    changes: [],
    extensions: [],
    ...own,
  };
}

function pathOf(own: Partial<PathRecord> = {}): PathRecord {
  return {
    type: 'path',
    target: TARGET,
    hostname: null,
    port: 443,
    variant: 'as asked',
    options: 'mss=1460,sackOK,ts,nop,wscale=7',
    reached: true,
    state: 'open',
    reason: 'syn-ack',
    from: TARGET,
    hops: 5,
    changes: [],
    findings: [],
    expectation: null,
    ...own,
  };
}

const CLAMPED: PathChange = {
  field: 'tcp.option.mss',
  sent: 1460,
  seen: 1300,
  how: 'rewritten',
  afterTtl: 2,
  atTtl: 4,
  between: ['10.0.1.2', '10.0.3.2'],
  detail: 'tcp.option.mss 1460 became 1300 between 10.0.1.2 (hop 2) and 10.0.3.2 (hop 4); hop 3 did not show it.',
};
const SILENT = hop(3, { address: null, rttMs: [], sent: 3, reply: null, quotedBytes: 0, quotedTtl: null });
const END = hop(5, { address: TARGET, reply: 'syn-ack', quotedBytes: 0, quotedTtl: null });
const HOPS = [hop(1), hop(2), SILENT, hop(4, { changes: [CLAMPED] }), END];

function text(
  records: readonly (HopRecord | PathRecord)[],
  columns = Infinity,
  style = { color: false, verbose: false },
): string {
  const reporter = createPathText({ ...style, columns });
  return [run(1, 1), ...records, SUMMARY].map((record) => reporter.write(record)).join('');
}

describe('the text of a path', () => {
  it('has the answer first, then hops, the picture and the changes in words', async () => {
    const whole = text([...HOPS, pathOf({ changes: [CLAMPED] })], 80);
    expect(whole.split('\n')[0]).toBe('10.0.4.2 port 443: open (syn-ack from 5 hops away); 1 change on the forward path');
    expect(whole).toMatch(/^ {2}3 {2}\* +3\/3$/m);
    expect(whole).toContain('--(1)--(2)--(*)--[a]--(4)--(5)--> 10.0.4.2:443\n');
    await expect(whole).toMatchFileSnapshot('../../golden/path-80.txt');
  });

  it.each([30, 40, 60, 80, 120])('fits %i columns', (columns) => {
    for (const line of text([...HOPS, pathOf({ changes: [CLAMPED] })], columns).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(columns);
    }
  });

  it('draws nothing where nothing was changed', () => {
    expect(text([hop(1), pathOf({ hops: 1 })])).not.toContain('--(');
  });

  it('says where a filter hides the rest, and what could not be sent', () => {
    const filtered = { reached: false, state: 'filtered', reason: 'no-response', from: null, hops: 2 } as const;
    expect(text([hop(1), hop(2), pathOf(filtered)])).toContain(
      '10.0.4.2 port 443: filtered (no-response; last answer from 10.0.1.2, hop 2); no change on the forward path\n',
    );
    expect(text([pathOf({ ...filtered, hops: 0 })])).toContain('filtered (no-response, not even from the first hop)\n');
    expect(text([pathOf({ ...filtered, state: 'error', reason: 'send-error:EPERM', hops: 0 })])).toContain(
      'error (send-error:EPERM: the SYN could not be sent)\n',
    );
    expect(text([pathOf({ ...filtered, state: null, reason: null })])).toContain('interrupted before an answer');
  });

  it('says how near a device answers with the target’s address', () => {
    const nearer = { reached: false, state: 'closed', reason: 'rst', hops: 3 } as const;
    expect(text([hop(1), pathOf(nearer)])).toContain("closed (rst with the target's address, from a device at hop 3 or nearer)");
  });

  it('shows several routers of one TTL, losses, names and labels', () => {
    const labels = [
      { classNumber: 1, classType: 1, data: '', mpls: [{ label: 77, trafficClass: 0, bottomOfStack: true, ttl: 1 }] },
    ];
    const two = [
      hop(1, { sent: 4, rttMs: [1, 2] }),
      hop(1, { address: '10.9.9.9', name: 'b.example', rttMs: [3], extensions: labels }),
    ];
    const whole = text([...two, pathOf({ hops: 1 })]);
    expect(whole).toMatch(/^ {2}1 {2}10\.0\.0\.2 .*1\/4/m);
    expect(whole).toMatch(/^ +b\.example \(10\.9\.9\.9\) .*MPLS 77 \(TTL 1\)$/m);
  });

  it('gives the other variants of one path a line each', () => {
    const bare = pathOf({ variant: 'bare', hops: 5 });
    const whole = text([hop(1), pathOf({ hops: 1 }), hop(1, { variant: 'bare' }), bare]);
    expect(whole).toContain('\n  bare: open (syn-ack from 5 hops away)\n');
  });

  it('paints without changing a letter', () => {
    const records = [...HOPS, pathOf({ changes: [CLAMPED] })];
    const painted = text(records, 80, { color: true, verbose: false });
    expect(painted).not.toBe(text(records, 80));
    // oxlint-disable-next-line no-control-regex
    expect(painted.replaceAll(/\u001B\[[\d;]*m/g, '')).toBe(text(records, 80));
  });
});
