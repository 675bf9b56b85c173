import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { PortRecord } from '../../../src/records/probe/records.ts';
import { createTableReporter } from '../../../src/report/probe/table.ts';
import { CLAMPED, closed, MISSING_SACK, open, prohibited, rtt, run, silent, unsent, wholeRun } from '../records.ts';

const milliseconds = fc.double({ min: 0, max: 60_000, noNaN: true });
const changes = fc.record({
  rttMs: fc.array(milliseconds, { minLength: 1, maxLength: 3 }).map((samples) => rtt(...samples)),
  findings: fc.subarray([CLAMPED, MISSING_SACK]),
  hostname: fc.constantFrom(null, 'web', 'a-rather-long-name.of.a.host.example.com'),
  expectation: fc.constantFrom(
    null,
    { met: true, why: null },
    { met: false, why: 'expected open, is something else altogether' },
  ),
});

const portRecord: fc.Arbitrary<PortRecord> = fc
  .tuple(fc.constantFrom('10.0.0.2', '192.168.100.200'), fc.integer({ min: 1, max: 65_535 }), changes, fc.nat(4))
  .map(([target, port, change, kind]) => {
    if (kind === 0) return open(target, port, change);
    if (kind === 1) return closed(target, port, change);
    if (kind === 2) return prohibited(target, port, '192.168.100.254', change);
    return kind === 3 ? silent(target, port) : unsent(target, port, 'EHOSTUNREACH');
  });

const scene = fc.record({
  records: fc.array(portRecord, { maxLength: 60 }),
  targets: fc.constantFrom(1, 2, 300),
  columns: fc.integer({ min: 40, max: 200 }),
  verbose: fc.boolean(),
  openOnly: fc.boolean(),
});

describe('any table', () => {
  it('stays inside its columns, has no trailing spaces and no empty line at either end', () => {
    fc.assert(
      fc.property(scene, ({ records, targets, ...style }) => {
        const reporter = createTableReporter({ color: false, ...style });
        const text = wholeRun(run(targets, 1000), records)
          .map((record) => reporter.write(record))
          .join('');
        for (const line of text.split('\n')) {
          expect(line.length).toBeLessThanOrEqual(style.columns);
          expect(line).not.toMatch(/\s$/);
        }
        expect(text).toMatch(/^\S|^ {1,4}\d/);
        expect(text).toMatch(/[^\n]\n$/);
      }),
    );
  });

  it('shows every open port, and every other when verbose', () => {
    fc.assert(
      fc.property(scene, ({ records, targets, columns }) => {
        const reporter = createTableReporter({ color: false, columns, verbose: true, openOnly: false });
        const text = wholeRun(run(targets, 1000), records)
          .map((record) => reporter.write(record))
          .join('');
        for (const { port } of records) expect(text).toMatch(new RegExp(`(?:^|[ \\n])${port}(?:[ \\n]|$)`));
      }),
    );
  });
});
