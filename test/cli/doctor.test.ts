import { describe, expect, it } from 'vitest';

import { main } from '../../src/cli/main.ts';
import type { DoctorRecord } from '../../src/records/doctor/records.ts';
import { fakeOutside, MemorySink } from './fake-environment.ts';

const SET = { hex: '0000000000002000', names: ['CAP_NET_RAW'] };

function host(usable: boolean): DoctorRecord {
  return {
    type: 'doctor',
    usable,
    engine: usable ? 'raw-cap' : null,
    node: { version: '22.0.0', supported: true, required: '>=20.19' },
    host: { platform: 'linux', arch: 'x64', kernel: '6.1.0', container: null, openFiles: 1024 },
    privileges: {
      uid: 0,
      gid: 0,
      capabilities: { effective: SET, permitted: SET, inheritable: SET, bounding: SET, ambient: SET },
      noNewPrivs: false,
      seccomp: 0,
    },
    engines: [{ name: 'raw-cap', description: 'portable', usable, why: usable ? null : 'no libpcap', hint: null }],
    interfaces: [],
    routes: [],
    sourcePorts: { ephemeral: { first: 32_768, last: 60_999 }, reserved: '', usable: ['61000-65535'] },
    remarks: [],
  };
}

describe('doctor', () => {
  it.each<[boolean, number, string]>([
    [true, 0, 'synscope can run here with raw-cap\n'],
    [false, 3, 'synscope cannot run here: no libpcap\n'],
  ])('usable: %s is exit %i', async (usable, code, text) => {
    const outside = fakeOutside({ doctor: () => Promise.resolve(host(usable)) });
    expect(await main(['doctor'], outside.environment)).toBe(code);
    expect(outside.stdout.text.startsWith(text)).toBe(true);
    expect(outside.stderr()).toBe('');
  });

  it('passes its targets on, and prints its record with --json', async () => {
    let asked: readonly string[] = [];
    const doctor = (targets: readonly string[]): Promise<DoctorRecord> => {
      asked = targets;
      return Promise.resolve(host(true));
    };
    const outside = fakeOutside({ doctor });
    expect(await main(['--json', 'doctor', '10.0.0.5', '1.10'], outside.environment)).toBe(0);
    expect(asked).toEqual(['10.0.0.5', '1.10']);
    expect(outside.stdout.text).toBe(`${JSON.stringify(host(true))}\n`);
    const formatted = fakeOutside({ doctor });
    expect(await main(['doctor', '--format', 'json'], formatted.environment)).toBe(0);
    expect(formatted.stdout.text).toBe(outside.stdout.text);
  });

  it('keeps to the terminal', async () => {
    const outside = fakeOutside({ doctor: () => Promise.resolve(host(true)), stdoutColumns: 40 });
    await main(['doctor'], outside.environment);
    for (const line of outside.stdout.text.split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  });

  it('that is interrupted while a name is looked up ends at once', async () => {
    let asked = (): void => undefined;
    const outside = fakeOutside({
      doctor: () => {
        asked();
        return new Promise(() => undefined);
      },
    });
    asked = () => void Promise.resolve().then(() => outside.interrupt());
    expect(await main(['doctor', 'slow.example'], outside.environment)).toBe(130);
    expect(outside.stdout.text + outside.stderr()).toBe('');
  });

  it('whose reader went away ends quietly', async () => {
    const outside = fakeOutside({ doctor: () => Promise.resolve(host(true)), stdout: new MemorySink(1) });
    expect(await main(['doctor'], outside.environment)).toBe(141);
    expect(outside.stderr()).toBe('');
  });
});
