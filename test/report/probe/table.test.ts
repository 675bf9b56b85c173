import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';

import type { PortRecord, ProbeRecord } from '../../../src/records/probe/records.ts';
import type { ReportStyle } from '../../../src/report/reporter.ts';
import { createTableReporter } from '../../../src/report/probe/table.ts';
import { CLAMPED, closed, MISSING_SACK, open, PACKET, prohibited, rtt, run, silent, unsent, wholeRun } from '../records.ts';

const PLAIN: ReportStyle = { color: false, columns: 80, verbose: false, openOnly: false };

function table(records: readonly ProbeRecord[], style: Partial<ReportStyle> = {}): string {
  const reporter = createTableReporter({ ...PLAIN, ...style });
  return records.map((record) => reporter.write(record)).join('');
}

function golden(name: string): string {
  return `../../golden/table-${name}.txt`;
}

/** Heap in use after a full collection. */
function retainedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

const A = '10.0.0.2';
const B = '10.0.0.3';

/** Every state, findings, a missed expectation, a late answer, several samples, many similar ports; unordered. */
const EVERYTHING: readonly ProbeRecord[] = wholeRun(run(1, 1005), [
  closed(A, 25, { hostname: 'web.example.com' }),
  open(A, 443, { hostname: 'web.example.com', findings: [CLAMPED, MISSING_SACK], rttMs: rtt(1.2, 1.5, 2.25) }),
  open(A, 22, { hostname: 'web.example.com', findings: [CLAMPED], attempts: 2 }),
  open(A, 8443, { rttMs: rtt(0.0004) }, 'none'),
  prohibited(A, 8080, '10.0.0.254'),
  silent(A, 81, { expectation: { met: false, why: 'expected open, is filtered (no-response)' } }),
  unsent(A, 82, 'EPERM'),
  ...Array.from({ length: 12 }, (_, index) => silent(A, 9000 + index)),
  ...Array.from({ length: 986 }, (_, index) => closed(A, 10_000 + index, { rttMs: rtt(0.1 + index / 3000) })),
]);

const TWO_TARGETS: readonly ProbeRecord[] = wholeRun(run(2, 3), [
  open(A, 80),
  closed(B, 443),
  silent(B, 22),
  closed(A, 443),
  silent(B, 80),
  closed(A, 22),
]);

const MANY_TARGETS: readonly ProbeRecord[] = wholeRun(
  run(256, 2),
  [
    open('10.0.0.7', 443, { findings: [CLAMPED] }),
    open('10.0.0.19', 22, { hostname: 'db' }),
    prohibited('10.0.0.5', 22, '10.0.0.254'),
    ...Array.from({ length: 200 }, (_, index) => silent(`10.0.0.${index + 20}`, 22)),
    closed('10.0.0.19', 443, { rttMs: rtt(0.3) }),
    closed('10.0.0.20', 443, { rttMs: rtt(12) }),
  ],
  { interrupted: true, repliesRejected: 1, kernelDrops: 7 },
);

describe('the table', () => {
  it.each([80, 60, 40])('shows every state and finding in %i columns', async (columns) => {
    await expect(table(EVERYTHING, { columns })).toMatchFileSnapshot(golden(`everything-${columns}`));
  });

  it('is not wrapped without a terminal', async () => {
    await expect(table(EVERYTHING, { columns: Infinity })).toMatchFileSnapshot(golden('everything-piped'));
  });

  it('has a block for each of two targets', async () => {
    await expect(table(TWO_TARGETS)).toMatchFileSnapshot(golden('two-targets'));
  });

  it.each([80, 120])('puts many targets in one table of %i columns', async (columns) => {
    await expect(table(MANY_TARGETS, { columns })).toMatchFileSnapshot(golden(`many-targets-${columns}`));
  });

  it('lists every port when verbose, options with their values', async () => {
    const records = wholeRun(run(1, 11), [open(A, 22), ...Array.from({ length: 10 }, (_, index) => closed(A, 80 + index))]);
    await expect(table(records, { verbose: true, columns: 120 })).toMatchFileSnapshot(golden('verbose'));
  });

  it('shows open ports alone when only they are wanted', async () => {
    await expect(table(EVERYTHING, { openOnly: true })).toMatchFileSnapshot(golden('open-only'));
    expect(table(TWO_TARGETS, { openOnly: true })).not.toContain(B);
    expect(table(MANY_TARGETS, { openOnly: true })).not.toContain('(no-response)');
  });

  it('says how many ports of an interrupted run are not judged', () => {
    const text = table(wholeRun(run(1, 100), [open(A, 80), silent(A, 81)], { interrupted: true }), { columns: Infinity });
    expect(text.split('\n')[0]).toBe('10.0.0.2: 1 open, 1 filtered, 98 not judged');
    expect(text).toContain('\ninterrupted: 1 target, 100 ports: 1 open, 1 filtered, 98 not judged in 1.2 s; 4 SYNs sent');
  });

  it('does not count unjudged ports in a shard, where ports differ from target to target', () => {
    const text = table(wholeRun(run(2, 100, '1/4'), [open(A, 80)], { interrupted: true }));
    expect(text).not.toContain('not judged');
    expect(text).toContain('10.0.0.2: 1 open\n');
  });

  it('colors by role and leaves the text as it is', () => {
    const colored = table(EVERYTHING, { color: true });
    expect(colored).toContain('\u001B[1;32mopen\u001B[0m');
    expect(colored).toContain('\u001B[33mfiltered\u001B[0m');
    expect(colored).toContain('\u001B[1;33m! mss-clamped (possible, reverse)\u001B[0m');
    // oxlint-disable-next-line no-control-regex -- the sequences are what is taken out
    expect(colored.replaceAll(/\u001B\[[\d;]*m/g, '')).toBe(table(EVERYTHING));
    expect(table(EVERYTHING)).not.toContain('\u001B');
  });

  it('ignores packet records', () => {
    expect(createTableReporter(PLAIN).write(PACKET)).toBe('');
  });
});

describe('a block', () => {
  it('is written when its target is complete', () => {
    const reporter = createTableReporter(PLAIN);
    const texts = TWO_TARGETS.map((record) => reporter.write(record));
    expect(texts.map((text) => text.split(':')[0])).toEqual(
      ['', '', '', '', '', '\n10.0.0.3', '10.0.0.2', '\n2 targets, 3 ports each'].toSpliced(5, 2, '10.0.0.3', '\n10.0.0.2'),
    );
  });

  it('folds more than eight ports that share everything, and names them while few', () => {
    const ports = (count: number): string =>
      table(
        wholeRun(
          run(1, count),
          Array.from({ length: count }, (_, index) => silent(A, 100 + index)),
        ),
      );
    expect(ports(8)).toContain('  107 ');
    expect(ports(9)).toContain('\n    9 filtered (no-response): 100-108\n');
    expect(ports(24)).toContain('24 filtered (no-response): 100-123\n');
    expect(ports(25)).toContain('25 filtered (no-response)\n');
  });

  it('never folds open ports', () => {
    const text = table(
      wholeRun(
        run(1, 50),
        Array.from({ length: 50 }, (_, index) => open(A, 100 + index)),
      ),
    );
    expect(text.match(/^ .* open /gm)).toHaveLength(50);
  });

  it('folds ports separately that differ in sender, finding or expectation', () => {
    const ten = (make: (port: number) => PortRecord): PortRecord[] => Array.from({ length: 10 }, (_, index) => make(index));
    const text = table(
      wholeRun(run(1, 40), [
        ...ten((index) => prohibited(A, 100 + index, '10.0.0.254')),
        ...ten((index) => prohibited(A, 200 + index, '10.0.9.254')),
        ...ten((index) => closed(A, 300 + index, { findings: [MISSING_SACK] })),
        ...ten((index) => closed(A, 400 + index, { expectation: { met: false, why: 'expected open, is closed (rst)' } })),
      ]),
      { columns: Infinity },
    );
    expect(text).toContain('10 filtered (icmp-admin-prohibited) from 10.0.0.254, RTT 12.3 ms, TTL 63: 100-109\n');
    expect(text).toContain('10 filtered (icmp-admin-prohibited) from 10.0.9.254, RTT 12.3 ms, TTL 63: 200-209\n');
    expect(text).toMatch(/10 closed .*: 300-309\n {6}! option-missing sackOK \(possible\): /);
    expect(text).toMatch(/10 closed .*: 400-409\n {6}x expected open, is closed \(rst\)\n/);
  });

  it('explains a finding once and then refers to it', () => {
    const records = wholeRun(run(1, 2), [open(A, 80, { findings: [CLAMPED] }), open(A, 81, { findings: [CLAMPED] })]);
    const text = table(records, { columns: Infinity });
    expect(text.match(/The SYN-ACK advertises/g)).toHaveLength(1);
    expect(text).toContain('! mss-clamped (possible, reverse): see above\n');
    expect(text).toContain('10.0.0.2: 2 open, 2 findings\n');
  });
});

describe('a whole port range', () => {
  it('can be listed', () => {
    const ports = Array.from({ length: 65_535 }, (_, index) => closed(A, index + 1));
    const text = table(wholeRun(run(1, 65_535), ports), { verbose: true });
    expect(text.match(/ closed {2}/g)).toHaveLength(65_535);
  });
});

describe('many targets', () => {
  it('are listed while the run lasts', () => {
    const reporter = createTableReporter(PLAIN);
    reporter.write(run(1000, 10));
    expect(reporter.write(silent(A, 80))).toBe('');
    expect(reporter.write(open(A, 443))).toContain('10.0.0.2           443 https  open');
    expect(reporter.write(open(B, 443))).not.toContain('TARGET');
  });

  it('share a table from two targets on when each has one port', () => {
    const text = table(wholeRun(run(2, 1), [open(A, 80), closed(B, 80)]));
    expect(text).toContain('TARGET');
    expect(text).toContain('1 closed (rst), RTT 104 us, TTL 64: 10.0.0.3:80\n');
  });

  it('take memory for different answers, not for ports', () => {
    const reporter = createTableReporter(PLAIN);
    reporter.write(run(65_536, 4));
    const before = retainedBytes();
    let written = '';
    for (let pair = 0; pair < 262_144; pair++) {
      const target = `10.1.${(pair >>> 8) & 0xff}.${pair & 0xff}`;
      written += reporter.write(pair % 3 === 0 ? closed(target, pair) : silent(target, pair));
    }
    expect(written).toBe('');
    expect(retainedBytes() - before).toBeLessThan(2 * 1024 * 1024);
    expect(reporter.write(closed(A, 1))).toBe('');
  });
});
