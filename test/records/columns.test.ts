import { describe, expect, it } from 'vitest';

import type { HopRecord } from '../../src/records/path/records.ts';
import { COMMAND_RECORDS, commandColumns, type RecordCommand } from '../../src/records/shapes.ts';
import { CLAMPED, MISSING_SACK, open, rtt, run, silent } from '../report/records.ts';

const TARGET = '10.0.0.5';

/** The cells of a row by their columns. */
function cells(command: RecordCommand, record: object): Readonly<Record<string, string>> {
  const { names, row } = commandColumns(command);
  return Object.fromEntries(names.map((name, index) => [name, row(record)?.[index] ?? 'no row']));
}

describe('CSV columns', () => {
  it('of probe are those of the contract', () => {
    expect(commandColumns('probe').names.join()).toBe(
      'target,hostname,port,state,reason,from,ttl,attempts,rttMinMs,rttAvgMs,rttMaxMs,flags,window,mss,options,findings',
    );
  });

  it('of an open port', () => {
    const record = open(TARGET, 443, { rttMs: rtt(1, 2), findings: [CLAMPED, MISSING_SACK], ttl: 63 });
    expect(cells('probe', record)).toMatchObject({
      target: TARGET,
      hostname: '',
      port: '443',
      rttMinMs: '1',
      rttAvgMs: '1.5',
      rttMaxMs: '2',
      flags: 'S.',
      mss: '1460',
      options: record.reply?.optionsText,
      findings: 'mss-clamped;option-missing',
    });
  });

  it('of a silent port are empty where nothing is known', () => {
    const { from, ttl, rttAvgMs, flags, mss, options, findings, state } = cells('probe', silent(TARGET, 80));
    expect([from, ttl, rttAvgMs, flags, mss, options, findings]).toEqual(['', '', '', '', '', '', '']);
    expect(state).toBe('filtered');
  });

  it('of path are a row for each hop, its changes in one of them', () => {
    const hop: HopRecord = {
      type: 'hop',
      target: TARGET,
      port: 443,
      variant: 'as asked',
      ttl: 3,
      address: '10.0.3.1',
      name: null,
      rttMs: [0.5, 1.25],
      sent: 2,
      reply: 'icmp-ttl-exceeded',
      quotedBytes: 60,
      quotedTtl: 1,
      changes: [
        { field: 'tcp.option.mss', sent: 1460, seen: 1300, how: 'rewritten' },
        { field: 'tcp.option.sackOK', sent: true, seen: null, how: 'removed' },
      ],
      extensions: [],
    };
    const row = cells('path', hop);
    expect(row).toMatchObject({ ttl: '3', rttMs: '0.5;1.25', changes: 'tcp.option.mss=1460>1300;tcp.option.sackOK=true>' });
  });

  it('have no row for other records', () => {
    for (const command of Object.keys(COMMAND_RECORDS) as RecordCommand[]) {
      expect(commandColumns(command).row(run(1, 1))).toBeNull();
      const { names } = commandColumns(command);
      expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    }
  });
});
