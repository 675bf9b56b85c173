import { describe, expect, test } from 'vitest';
import { inspectHost, nodeFacts } from '../../../src/run/doctor/doctor.ts';
import { conntrackRemarks } from '../../../src/run/doctor/doctor-remarks.ts';
import { doctorText } from '../../../src/report/doctor/doctor-text.ts';

describe('doctor', () => {
  test('finds the facts of this host, with or without privileges, and survives being JSON', async () => {
    const record = await inspectHost(['127.0.0.1', 'not an address']);
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
    expect(record.type).toBe('doctor');
    expect(record.usable).toBe(record.engines.some((engine) => engine.usable));
    expect(record.engine).toBe(record.engines.find((engine) => engine.usable)?.name ?? null);
    expect(record.interfaces.map((one) => one.name)).toContain('lo');
    expect(record.routes[0]).toMatchObject({
      target: '127.0.0.1',
      source: '127.0.0.1',
      interface: 'lo',
      local: true,
      error: null,
    });
    expect(record.routes[1]).toMatchObject({ target: 'not an address', address: null, source: null });
    expect(record.routes[1]?.error).toBeTypeOf('string');
    expect(record.remarks.find((remark) => remark.text.includes('not an address'))?.severity).toBe('problem');
    expect(doctorText(record)).toMatch(/^synscope can(not)? run here/);
  });

  test('problems come first', async () => {
    const { remarks } = await inspectHost(['not an address']);
    const severities = remarks.map((remark) => remark.severity);
    expect(severities[0]).toBe('problem');
    expect(severities.lastIndexOf('problem')).toBeLessThan(severities.indexOf('note'));
  });

  test('knows which Node is supported', () => {
    const versions = ['18.20.0', '20.18.9', '20.19.0', '22.0.0', '26.1.0'];
    expect(versions.map((version) => nodeFacts(version).supported)).toEqual([false, false, true, true, true]);
  });

  test('a connection table that is nearly full is a problem, one with room a note, none nothing', () => {
    expect(conntrackRemarks(95, 100)[0]).toMatchObject({ severity: 'problem', about: 'conntrack' });
    expect(conntrackRemarks(5, 100)[0]).toMatchObject({ severity: 'note', remedy: null });
    expect(conntrackRemarks(null, null)).toEqual([]);
  });
});
