import { chmodSync, cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finished } from './child.ts';
import { createLab, type Lab } from './lab.ts';
import { labSuite } from './suite.ts';
import { BIN, parsed, tally, type Result } from './synscope.ts';
import { direct, TARGET } from './topology.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const DENY = fileURLToPath(new URL('programs/deny.mjs', import.meta.url));
const ASK = [TARGET, '-p', '80-82', '--json'];
const RIGHT = { 'open syn-ack': 1, 'closed rst': 2 };
const TRACE = /\n\s+at /;
/** Too little for the smallest AF_XDP ring of an ordinary user; root's memory is not limited. */
const POOR = [
  'prlimit',
  '--memlock=4096',
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--inh-caps=-all,+net_raw',
  '--ambient-caps=-all,+net_raw',
];

/** A system call that a sandbox refuses; see programs/deny.mjs. */
interface Denied {
  readonly call: 'socket' | 'setsockopt' | 'bind';
  readonly arguments: readonly (number | null)[];
  readonly errno: number;
}

const EPERM = 1;
const ENOMEM = 12;
const ENOSYS = 38;
const ENOPROTOOPT = 92;
const EAFNOSUPPORT = 97;
const SOCK_RAW_CLOEXEC = 0o2000003;
const AF_INET = 2;
const AF_NETLINK = 16;
const AF_PACKET = 17;
const AF_XDP = 44;

function refused(family: number, errno: number, type: number | null = null): Denied {
  return { call: 'socket', arguments: [family, type], errno };
}

function lines({ stderr }: Finished): readonly string[] {
  return stderr.split('\n').filter((line) => line !== '');
}

labSuite('where something is missing', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(direct({ target: { listen: [80] } }));
  });
  afterAll(() => lab?.close());

  function run(denied: readonly Denied[], args: readonly string[], bin = BIN): Promise<Finished> {
    return lab.run('client', [process.execPath, DENY, JSON.stringify(denied), process.execPath, bin, ...args]);
  }

  async function probed(denied: readonly Denied[], args: readonly string[]): Promise<Result> {
    return parsed(await run(denied, [...ASK, ...args]));
  }

  describe('for the packet ring', () => {
    it.each([
      ['raw sockets by system call', refused(AF_INET, EPERM, SOCK_RAW_CLOEXEC), 'opening a raw socket'],
      // SOL_SOCKET, SO_ATTACH_FILTER.
      ['packet filters', { call: 'setsockopt', arguments: [null, 1, 26], errno: ENOMEM }, 'attaching the packet filter'],
      // SOL_SOCKET, SO_TIMESTAMPNS: missing in qemu's user mode. The port of a packet without a stamp used
      // to be called filtered.
      ['stamps', { call: 'setsockopt', arguments: [null, 1, 35], errno: ENOPROTOOPT }, 'asking for the kernel’s stamps'],
    ] as const)('a kernel without %s: raw-cap, and one line that says why', async (_, denied, what) => {
      const result = await probed([denied], []);
      expect(result).toMatchObject({ code: 0, run: { engine: 'raw-cap', clock: 'userspace' } });
      expect(tally(result)).toEqual(RIGHT);
      const [line, ...others] = lines(result).filter((text) => text.startsWith('synscope'));
      expect(line).toMatch(new RegExp(`^synscope: warning: packet-ring is not used: ${what}: .*; using raw-cap$`));
      expect(others).toEqual([]);
    });

    it.each([EPERM, EAFNOSUPPORT, ENOSYS])(
      'AF_PACKET refused with errno %i: exit 3, one line for both engines, and a hint',
      async (errno) => {
        const finished = await run([refused(AF_PACKET, errno)], ASK);
        expect(finished).toMatchObject({ code: 3, stdout: '' });
        const [line, hint, ...others] = lines(finished);
        expect(line).toMatch(
          /^synscope: no engine can run here: packet-ring: opening a packet socket: .*; raw-cap: capturing packets: /,
        );
        expect(hint).toMatch(/^ {2}\S/);
        expect(others).toEqual([]);
      },
    );
  });

  describe('koffi’s binary', () => {
    let bin: string;
    beforeAll(() => {
      const copy = join(lab.directory, 'without-koffi');
      // Root becomes the user nobody, which must be able to read it.
      chmodSync(lab.directory, 0o755);
      mkdirSync(join(copy, 'node_modules'), { recursive: true });
      cpSync(join(dirname(BIN), '..'), join(copy, 'dist'), { recursive: true });
      cpSync(join(REPOSITORY, 'package.json'), join(copy, 'package.json'));
      const modules = join(REPOSITORY, 'node_modules');
      // Linked packages are found at their real place, with their dependencies beside them.
      cpSync(join(modules, 'koffi'), join(copy, 'node_modules/koffi'), { recursive: true });
      for (const name of readdirSync(modules).filter((entry) => /^[a-z]/.test(entry) && entry !== 'koffi')) {
        symlinkSync(join(modules, name), join(copy, 'node_modules', name));
      }
      bin = join(copy, 'dist/cli/bin.cjs');
    });

    it('raw-cap works without, says why once, and that source ports are not reserved', async () => {
      const result = parsed(await lab.run('client', [process.execPath, bin, ...ASK]));
      expect(result).toMatchObject({ code: 0, run: { engine: 'raw-cap', sendPath: { name: 'raw-ip' } } });
      expect(tally(result)).toEqual(RIGHT);
      const said = lines(result);
      expect(said).toEqual([
        expect.stringMatching(
          /packet-ring is not used: koffi cannot be loaded .*; using raw-cap; source ports are not reserved$/,
        ),
      ]);
    });

    it('raw-cap by name: one line about the source ports', async () => {
      const result = parsed(await lab.run('client', [process.execPath, bin, ...ASK, '--engine', 'raw-cap']));
      expect(result).toMatchObject({ code: 0, run: { engine: 'raw-cap' } });
      expect(lines(result)).toEqual([expect.stringMatching(/source ports are not reserved: koffi cannot be loaded/)]);
    });

    it.each([
      ['--engine', 'packet-ring'],
      ['--send-path', 'af-xdp'],
    ])('%s %s cannot be opened: exit 3, and what to install', async (...asked) => {
      const finished = await lab.run('client', [process.execPath, bin, ...ASK, ...asked]);
      expect(finished).toMatchObject({ code: 3, stdout: '' });
      expect(finished.stderr).toContain('koffi cannot be loaded');
      expect(finished.stderr).toContain('@koromix');
      expect(finished.stderr).not.toMatch(TRACE);
    });

    it('without netlink: no source address is found, nothing is sent, and nothing called filtered', async () => {
      const result = parsed(await run([refused(AF_NETLINK, EAFNOSUPPORT)], ASK, bin));
      expect(tally(result)).toEqual({ 'error send-error:EADDRNOTAVAIL': 3 });
      expect(result).toMatchObject({ code: 4, summary: { probesSent: 0 } });
      expect(result.stderr).not.toMatch(TRACE);
    });
  });

  it.each([[[]], [['--engine', 'raw-cap']], [['--interface', 'to-target']], [['--rate', 'max']]])(
    'netlink refused, %j: the tables in /proc do',
    async (args) => {
      const result = await probed([refused(AF_NETLINK, EAFNOSUPPORT)], args);
      expect(result).toMatchObject({ code: 0, stderr: '', run: { source: { address: '10.81.2.1', interface: 'to-target' } } });
      expect(tally(result)).toEqual(RIGHT);
    },
  );

  describe('for frames', () => {
    it('AF_XDP refused: AF_PACKET, and the record says why', async () => {
      const result = await probed([refused(AF_XDP, EAFNOSUPPORT)], ['--rate', 'max']);
      expect(result).toMatchObject({ code: 0, stderr: '', run: { sendPath: { name: 'af-packet' } } });
      expect(result.run.sendPath.why).toMatch(/^--rate max: AF_PACKET .*, no AF_XDP: opening an AF_XDP socket: .*EAFNOSUPPORT/);
      expect(tally(result)).toEqual(RIGHT);
    });

    it('sending packet sockets refused too: raw IP, and the record says why for both', async () => {
      const denied = [refused(AF_XDP, EPERM), refused(AF_PACKET, EPERM, SOCK_RAW_CLOEXEC)];
      const result = await probed(denied, ['--rate', 'max']);
      expect(result).toMatchObject({
        code: 0,
        stderr: '',
        run: { engine: 'packet-ring', clock: 'kernel', sendPath: { name: 'raw-ip' } },
      });
      expect(result.run.sendPath.why).toMatch(/^--rate max, but opening an AF_XDP socket: .*; opening a packet socket: /);
      expect(tally(result)).toEqual(RIGHT);
    });

    it('no memory to lock: AF_PACKET', async (context) => {
      context.skip(!lab.realRoot);
      const result = parsed(await lab.run('client', [...POOR, process.execPath, BIN, ...ASK, '--rate', 'max']));
      expect(result).toMatchObject({ code: 0, stderr: '', run: { sendPath: { name: 'af-packet' } } });
      expect(result.run.sendPath.why).toContain('ENOBUFS');
      expect(tally(result)).toEqual(RIGHT);
    });

    it.each([
      ['af-xdp', refused(AF_XDP, EAFNOSUPPORT), TARGET, 'opening an AF_XDP socket: .*EAFNOSUPPORT'],
      ['af-packet', refused(AF_PACKET, EPERM, SOCK_RAW_CLOEXEC), TARGET, 'opening a packet socket: not permitted although'],
      ['af-xdp', refused(AF_NETLINK, EPERM), TARGET, 'netlink cannot be asked'],
      ['af-packet', refused(AF_XDP, EPERM), '127.0.0.1', 'lo is not an Ethernet interface'],
    ] as const)('%s by name, with %j and %s: exit 3, and why', async (path, denied, target, why) => {
      const finished = await run([denied], [target, '-p', '80', '--send-path', path]);
      expect(finished).toMatchObject({ code: 3, stdout: '' });
      expect(finished.stderr).toMatch(new RegExp(`^synscope: --send-path ${path}: ${why}`));
      expect(lines(finished)).toHaveLength(2);
    });
  });
});
