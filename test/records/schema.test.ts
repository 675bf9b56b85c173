import { describe, expect, it } from 'vitest';

import { clampMss } from '../network/middleboxes/options.ts';
import { open } from '../network/services.ts';
import {
  CLAMPED,
  closed as closedRecord,
  open as openRecord,
  PACKET,
  prohibited,
  silent as silentRecord,
} from '../report/records.ts';
import { unsent, wholeRun, run } from '../report/records.ts';
import { guardNetwork } from '../simulation/firewall-network.ts';
import { measureMss } from '../simulation/mss-network.ts';
import { forward, SERVER } from '../simulation/scenario.ts';
import { traceNetwork } from '../simulation/trace-network.ts';
import { conform, isRecord, problemsOf } from './conform.ts';

const PORTS = [
  openRecord(SERVER, 80, { findings: [CLAMPED], expectation: { met: false, why: 'expected closed, is open (syn-ack)' } }),
  closedRecord(SERVER, 81),
  silentRecord(SERVER, 82),
  prohibited(SERVER, 83, '10.0.0.2'),
  unsent(SERVER, 84, 'EPERM'),
];

describe('what commands yield is as declared', () => {
  // Whatever the tests in test/simulation run, and what the built command prints in test/netns, is validated there.
  it('probe', () => {
    conform([...wholeRun(run(1, 5), PORTS), PACKET]);
  });

  it.each([{}, { expect: '1460' }, { expect: '<=1000' }])('mss %o', async (ask) => {
    const { record } = await measureMss(forward({ 80: open() }, clampMss(1300, 'down')), ask);
    expect(record.expectation).toEqual(record.pass === null ? null : { met: record.pass, why: record.why });
  });

  it('path, which has no expectations', async () => {
    const { path } = await traceNetwork(forward({ 80: open() }, clampMss(1300, 'down')));
    expect(path.expectation).toBeNull();
  });

  it.each([
    ['open', { met: true, why: null }],
    ['drop', { met: false, why: expect.stringContaining('expected drop, is open') as string }],
  ])('firewall, expected %s', async (word, expectation) => {
    const { guards } = await guardNetwork(forward({ 80: open() }), { ports: '80', expect: word });
    expect(guards).toMatchObject([{ expectation }]);
  });
});

describe('schema/records-1.json', () => {
  const [record] = PORTS as [object];

  it('takes what may be added', () => {
    expect(isRecord({ ...record, site: 'berlin' })).toBe(true);
    expect(problemsOf({ ...record, site: 'berlin' })).not.toEqual([]);
  });

  it.each([
    ['another type', { ...record, type: 'prot' }],
    ['no type', { target: SERVER }],
    ['a number for text', { ...record, target: 5 }],
    ['text for a number', { ...record, port: '80' }],
    ['a port that is none', { ...record, port: 65_536 }],
    ['another word', { ...record, state: 'ajar' }],
    ['a finding of another code', { ...record, findings: [{ ...CLAMPED, code: 'mss-lowered' }] }],
    [
      'a broken option',
      { ...openRecord(SERVER, 80), reply: { ...openRecord(SERVER, 80).reply, options: [{ kind: 2, name: 'mss' }] } },
    ],
    ['an expectation that is no object', { ...record, expectation: true }],
    ['a field that is missing', Object.fromEntries(Object.entries(record).filter(([name]) => name !== 'ttl'))],
    ['undefined for null', JSON.parse(JSON.stringify({ ...record, ttl: undefined })) as object],
  ])('refuses %s', (_, broken) => {
    expect(isRecord(broken)).toBe(false);
    expect(problemsOf(broken)).not.toEqual([]);
  });

  it('is strict about the order of fields in the tests, inside objects too', () => {
    const { findings, ...others } = record as { findings: readonly object[] };
    expect(problemsOf({ ...others, findings })).toEqual([expect.stringMatching(/^port: fields in the order/)]);
    const { code, ...rest } = CLAMPED;
    expect(problemsOf({ ...record, findings: [{ ...rest, code }] })).toEqual([
      expect.stringMatching(/^port\.findings\[0\]: fields in the order/),
    ]);
  });
});
