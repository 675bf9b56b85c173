import { describe, expect, it } from 'vitest';

import { guardRecord } from '../../src/records/firewall/build.ts';
import { drop, when } from '../network/middlebox.ts';
import { port } from '../network/match.ts';
import { clampMss } from '../network/middleboxes/options.ts';
import { closed, open, silent } from '../network/services.ts';
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
import { shakeHands } from '../simulation/handshake-network.ts';
import { measureMss } from '../simulation/mss-network.ts';
import { behind, forward, SERVER } from '../simulation/scenario.ts';
import { traceNetwork } from '../simulation/trace-network.ts';
import { runTwoEnds } from '../simulation/two-ends.ts';
import { conform, isRecord, problemsOf } from './conform.ts';

const PORTS = [
  openRecord(SERVER, 80, { findings: [CLAMPED], expectation: { met: false, why: 'expected closed, is open (syn-ack)' } }),
  closedRecord(SERVER, 81),
  silentRecord(SERVER, 82),
  prohibited(SERVER, 83, '10.0.0.2'),
  unsent(SERVER, 84, 'EPERM'),
];

describe('what commands yield is as declared', () => {
  it('probe', () => {
    conform([...wholeRun(run(1, 5), PORTS), PACKET]);
  });

  it('probe with a responder', () => {
    const { ports } = runTwoEnds({ forward: [clampMss(1300, 'down')] });
    conform(ports.map(({ responder, findings }) => ({ ...silentRecord(SERVER, 80), findings, responder })));
  });

  it.each([
    ['of a port that answers', forward({ 80: open() }, clampMss(1300, 'down')), {}],
    ['with other SYNs', behind({ 80: open() }), { vary: true }],
    ['of a silent port', behind({ 80: silent }), { retries: 0 }],
    ['that is interrupted', behind({ 80: silent }), { interruptAt: 1 }],
  ])('path %s', async (_, network, ask) => {
    conform((await traceNetwork(network, { target: SERVER, port: 80, ...ask })).records);
  });

  it.each([{}, { expect: '1460' }, { expect: '<=1000' }])('mss %o', async (ask) => {
    const { record } = await measureMss(forward({ 80: open() }, clampMss(1300, 'down')), ask);
    conform([record]);
    expect(record.expectation).toEqual(record.pass === null ? null : { met: record.pass, why: record.why });
  });

  it.each([{}, { fastOpen: true, pathMtu: true, ecn: true, repeat: 3 }, { ack: false }])('handshake %o', async (ask) => {
    const { record, segments } = await shakeHands(behind({ 80: open() }), ask);
    conform([...segments, record]);
  });

  it('handshake with a silent port, and one that is closed', async () => {
    for (const service of [silent, closed()]) conform([(await shakeHands(behind({ 80: service }))).record]);
  });

  it.each([null, ['open']])('firewall, expected %o', async (expected) => {
    const network = forward({ 80: open(), 81: closed(), 82: silent }, when(port(83), drop));
    const { guards } = await guardNetwork(network, { ports: '80-83' });
    conform(guards.map((guard) => guardRecord(guard, { target: SERVER, hostname: null }, expected)));
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
