import { describe, expect, it } from 'vitest';

import type { MssVerdict } from '../../../src/analysis/mss/mss-verdict.ts';
import type { MssRecord, MssRowRecord } from '../../../src/records/mss/records.ts';
import { createMssText } from '../../../src/report/mss/mss-text.ts';
import { createPaint } from '../../../src/report/text/paint.ts';
import { open, run, summary } from '../records.ts';

const CLAMPED: MssVerdict = {
  clampedTo: 1300,
  change: 'lowered',
  certainty: 'likely',
  evidence: ['segment-size', 'advertised', 'window'],
  mss: 1300,
  detail:
    "However large the offer, the host's segments hold 1300 bytes, though it advertises 1460 itself, then as now, so it knows of no smaller path MTU: SYNs reach it with MSS 1300.",
};
const FREE: MssVerdict = {
  clampedTo: null,
  change: null,
  certainty: 'none',
  evidence: ['advertised', 'window'],
  mss: 1460,
  detail: "The SYN-ACK advertises 1460, and its window counts in segments of that: it is the host's own.",
};
const UNKNOWN: MssVerdict = {
  ...FREE,
  certainty: 'unknown',
  evidence: [],
  mss: null,
  detail: 'Not enough data: the host sent none.',
};

function row(offered: number | null, effective: number | null, given: Partial<MssRowRecord> = {}): MssRowRecord {
  return { offered, advertised: 1460, effective, atLeast: effective, receivedBytes: 17_565, window: 65_160, ...given };
}

const RECORD: MssRecord = {
  type: 'mss',
  target: '10.0.0.5',
  hostname: null,
  port: 443,
  state: 'open',
  reason: 'syn-ack',
  rows: [
    row(8960, 1300),
    row(1460, 1300),
    row(1400, null, { receivedBytes: 1277 }),
    row(1300, null, { receivedBytes: 0 }),
    row(536, null, { window: null, advertised: null }),
    row(null, 536, { advertised: null }),
  ],
  forward: CLAMPED,
  reverse: FREE,
  findings: [],
  expected: { forward: '1400', reverse: null },
  pass: false,
  why: 'expected forward MSS 1400, is 1300',
  expectation: { met: false, why: 'expected forward MSS 1400, is 1300' },
};

function written(record: MssRecord, columns: number, color: boolean = false): string {
  const reporter = createMssText({ columns, color, verbose: false });
  return reporter.write(run(1, 1)) + reporter.write(record) + reporter.write(summary([open('10.0.0.5', 443)]));
}

describe('the text of mss', () => {
  it.each([
    [80, 'mss-80'],
    [40, 'mss-40'],
    [Infinity, 'mss-piped'],
  ] as const)('in %d columns', async (columns, name) => {
    const text = written(RECORD, columns);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    await expect(text).toMatchFileSnapshot(`../../golden/${name}.txt`);
  });

  it('is the same in colour, with colours', () => {
    const colored = written(RECORD, 80, true);
    expect(colored).toContain(createPaint(true)('heading', '10.0.0.5 port 443: '));
    // oxlint-disable-next-line no-control-regex -- colours are control characters
    expect(colored.replaceAll(/\u001B\[[\d;]*m/g, '')).toBe(written(RECORD, 80));
  });

  it.each([
    [CLAMPED, FREE, 'MSS of SYNs clamped to 1300 on the forward path (likely); no clamp on the reverse path'],
    [FREE, FREE, 'no MSS clamp in either direction'],
    [FREE, CLAMPED, 'no clamp on the forward path; MSS of SYN-ACKs clamped to 1300 on the reverse path (likely)'],
    [UNKNOWN, FREE, 'unknown whether the forward path clamps; no clamp on the reverse path'],
    [
      { ...CLAMPED, change: 'set', certainty: 'proven' },
      { ...CLAMPED, change: 'removed', certainty: 'possible' },
      'MSS of SYNs set to 1300 on the forward path (proven); MSS of SYN-ACKs removed on the reverse path (possible)',
    ],
  ] as const)('answers in one sentence', (forward, reverse, sentence) => {
    const [first] = written({ ...RECORD, forward, reverse, pass: null, why: null }, Infinity).split('\n');
    expect(first).toBe(`10.0.0.5 port 443: ${sentence}`);
  });

  it('says first that packets are lost', () => {
    const finding = {
      code: 'pmtu-black-hole',
      option: null,
      direction: 'reverse',
      sent: 1440,
      received: 1340,
      certainty: 'likely',
      detail: 'Transfers hang.',
    } as const;
    const [first] = written({ ...RECORD, forward: FREE, findings: [finding] }, Infinity).split('\n');
    expect(first).toContain('packets of 1440 bytes are lost on the reverse path');
  });

  it('shows no table for a port that is not open', () => {
    const text = written({ ...RECORD, state: 'closed', reason: 'rst', pass: null, why: null, forward: UNKNOWN }, Infinity);
    expect(text).toContain('10.0.0.5 port 443: closed (rst), no segments to measure\n');
    expect(text).not.toContain('OFFERED');
    const quoted = { ...CLAMPED, certainty: 'proven' } as const;
    expect(written({ ...RECORD, state: 'closed', reason: 'rst', forward: quoted }, Infinity)).toContain(
      'closed (rst), no segments to measure; MSS of SYNs clamped to 1300 on the forward path (proven)\n',
    );
  });
});
