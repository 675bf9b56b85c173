import { expect, test } from 'vitest';
import type { CapabilitySet, DoctorRecord } from '../../../src/records/doctor/records.ts';
import { doctorText } from '../../../src/report/doctor/doctor-text.ts';

const none: CapabilitySet = { hex: '0000000000000000', names: [] };
const raw: CapabilitySet = { hex: '0000000000002000', names: ['CAP_NET_RAW'] };

const good: DoctorRecord = {
  type: 'doctor',
  usable: true,
  engine: 'raw-cap',
  node: { version: '20.19.0', supported: true, required: '>=20.19' },
  host: { platform: 'linux', arch: 'x64', kernel: '6.1.0', container: 'podman', openFiles: 1024 },
  privileges: {
    uid: 1000,
    gid: 1000,
    capabilities: { effective: raw, permitted: raw, inheritable: none, bounding: raw, ambient: none },
    noNewPrivs: true,
    seccomp: 2,
  },
  engines: [{ name: 'raw-cap', description: 'x', usable: true, why: null, hint: null }],
  interfaces: [
    { name: 'lo', addresses: ['127.0.0.1/8'], mtu: 65536, up: true },
    { name: 'eth0', addresses: [], mtu: null, up: false },
  ],
  routes: [
    {
      target: '10.0.0.2',
      address: '10.0.0.2',
      source: '10.0.0.1',
      interface: 'eth0',
      mtu: 1500,
      local: false,
      fastest: { name: 'af-xdp', why: '--rate max: AF_XDP ring' },
      error: null,
    },
    {
      target: 'gone',
      address: null,
      source: null,
      interface: null,
      mtu: null,
      local: false,
      fastest: null,
      error: 'no IPv4 address: "gone"',
    },
  ],
  sourcePorts: { ephemeral: { first: 32768, last: 60999 }, reserved: '8080', usable: ['61000-65535', '1024-32767'] },
  remarks: [{ severity: 'problem', about: 'route', text: 'gone: no IPv4 address: "gone"', remedy: 'give an IPv4 address' }],
};

test('the answer is the first line, the facts follow, remarks end it', () => {
  expect(doctorText(good)).toBe(`synscope can run here with raw-cap

node          20.19.0 (supported)
host          linux 6.1.0 x64, in a container (podman)
user          uid 1000 gid 1000, no-new-privileges, seccomp filter
capabilities  0000000000002000 effective: NET_RAW
              0000000000002000 permitted: NET_RAW
              0000000000000000 inheritable: no network capabilities
              0000000000002000 bounding: NET_RAW
              0000000000000000 ambient: no network capabilities
engines       raw-cap: usable
interfaces    lo up mtu 65536 127.0.0.1/8
              eth0 down mtu ? no address
routes        10.0.0.2 from 10.0.0.1 via eth0, mtu 1500; fastest send path
              af-xdp (--rate max: AF_XDP ring)
              gone: no IPv4 address: "gone"
source ports  from 61000-65535, 1024-32767 (kernel's ephemeral range:
              32768-60999, reserved 8080)

PROBLEM route: gone: no IPv4 address: "gone"
        give an IPv4 address
`);
});

test('where no engine works the first line says why', () => {
  const why = 'opening a raw socket: not permitted, CAP_NET_RAW is missing';
  const engines = [{ name: 'raw-cap', description: 'x', usable: false, why, hint: 'sudo' }];
  const text = doctorText({ ...good, usable: false, engine: null, engines });
  expect(text.split('\n\n')[0]?.replaceAll('\n', ' ')).toBe(`synscope cannot run here: ${why}`);
});

test('no line is longer than the terminal', () => {
  for (const columns of [60, 80, 200]) {
    const longest = Math.max(
      ...doctorText(good, columns)
        .split('\n')
        .map((line) => line.length),
    );
    expect(longest).toBeLessThanOrEqual(Math.min(columns, 100));
  }
});
