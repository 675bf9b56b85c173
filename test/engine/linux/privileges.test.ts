import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Capability, holds, parsePrivileges, readPrivileges } from '../../../src/engine/linux/capabilities.ts';
import { isMapped, unprivilegedUser } from '../../../src/engine/linux/drop-privileges.ts';
import { DIST, isBuilt } from './dist.ts';

const PROGRAM = fileURLToPath(new URL('programs/privileges.mjs', import.meta.url));
const STATUS = `Name:\tnode
CapInh:\t0000000000000001
CapPrm:\t0000000000002000
CapEff:\t0000000000000000
CapBnd:\t000001ffffffffff
CapAmb:\t0000000000000000
NoNewPrivs:\t1
Seccomp:\t2
Seccomp_filters:\t1
`;

/** Why the programs cannot be tried, or null. */
function trouble(): string | null {
  if (!isBuilt) return 'not built';
  if (process.getuid?.() !== 0) return 'only root can become others';
  const readable = spawnSync('setpriv', ['--reuid', '1000', '--regid', '1000', '--clear-groups', 'test', '-r', PROGRAM]);
  return readable.status === 0 ? null : `uid 1000 cannot read ${PROGRAM}, or setpriv is missing`;
}
const problem = trouble();
if (problem !== null) console.warn(`skipped: raising and dropping privileges (${problem})`);

/** Runs the program under `wrapper` and reads what it says. */
function said(wrapper: readonly string[], job: string, environment: NodeJS.ProcessEnv = {}): Record<string, unknown> {
  const [file, ...args] = [...wrapper, process.execPath, PROGRAM, DIST, job];
  const { PATH } = process.env;
  const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', env: { PATH, ...environment } });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('capability sets', () => {
  test('are read from a status file', () => {
    const { capabilities, noNewPrivs, seccomp } = parsePrivileges(STATUS);
    expect(capabilities?.permitted).toBe(1n << 13n);
    expect(holds(capabilities?.permitted ?? 0n, Capability.NET_RAW)).toBe(true);
    expect(holds(capabilities?.effective ?? 0n, Capability.NET_RAW)).toBe(false);
    expect([noNewPrivs, seccomp]).toEqual([true, 2]);
  });

  test('are null where the file says nothing', () => {
    expect(parsePrivileges('')).toEqual({ capabilities: null, noNewPrivs: null, seccomp: null });
  });

  test('of this process are there', () => {
    expect(readPrivileges().capabilities?.bounding).toBeTypeOf('bigint');
  });
});

describe('the user to become', () => {
  test('is who called sudo, else nobody', () => {
    expect(unprivilegedUser({ SUDO_UID: '1000', SUDO_GID: '1001' })).toEqual({ uid: 1000, gid: 1001 });
    for (const environment of [{}, { SUDO_UID: '0', SUDO_GID: '0' }, { SUDO_UID: '1000' }, { SUDO_UID: '-1', SUDO_GID: 'x' }]) {
      expect(unprivilegedUser(environment)).toEqual({ uid: 65534, gid: 65534 });
    }
  });

  test('exists in a user namespace only if it is mapped', () => {
    const map = '         0       1000          1\n         5     100000         10';
    expect([0, 1, 5, 14, 15].map((id) => isMapped(id, map))).toEqual([true, false, true, true, false]);
    expect(isMapped(65534, null)).toBe(true);
  });
});

describe.skipIf(problem !== null)('in a process of its own', () => {
  const alone = ['--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw', '--bounding-set=-all,+net_raw'];
  const user = ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups'];

  test('uid 1000 with CAP_NET_RAW alone raises it from permitted to effective, and can then open a raw socket', () => {
    const { lowered, refused, outcome, again, sender } = said([...user, ...alone], 'raise');
    expect(lowered).toBe('0');
    expect(refused).toMatchObject({ code: 'not-permitted' });
    expect([outcome, again, sender]).toEqual(['raised', 'effective', 'opened']);
  });

  test('without it there is nothing to raise, and the refusal names the capability and the ways to it', () => {
    const none = ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all'];
    const { outcome, sender } = said([...user, ...none], 'raise');
    expect(outcome).toBe('absent');
    const { code, message, hint } = sender as { code: string; message: string; hint: string };
    expect(code).toBe('not-permitted');
    expect(message).toContain('CAP_NET_RAW');
    for (const way of ['sudo', 'setcap cap_net_raw+ep', '--cap-add=NET_RAW']) expect(hint).toContain(way);
  });

  test('root becomes who called sudo, and keeps no capability and no group', () => {
    const { outcome, user: became, effective } = said([], 'drop', { SUDO_UID: '1000', SUDO_GID: '1001' });
    expect(outcome).toEqual({ kind: 'dropped', uid: 1000, gid: 1001 });
    expect(became).toEqual([1000, 1001, [1001]]);
    expect(effective).toBe('0');
  });

  test('root without sudo becomes nobody', () => {
    expect(said([], 'drop')).toMatchObject({ outcome: { kind: 'dropped', uid: 65534, gid: 65534 }, effective: '0' });
  });

  test('an ordinary user stays who it is', () => {
    expect(said(user, 'drop')).toMatchObject({ outcome: { kind: 'not-root' }, user: [1000, 1000, [1000]] });
  });

  test('root that may not change users says so', () => {
    const { outcome } = said(['setpriv', '--bounding-set=-setuid,-setgid'], 'drop');
    expect(outcome).toMatchObject({ kind: 'refused' });
    expect((outcome as { message: string }).message).toContain('still running as root');
  });

  test('root of a user namespace without that user skips it', ({ skip }) => {
    if (spawnSync('unshare', ['-Ur', 'true']).status !== 0) skip('no user namespaces here');
    expect(said(['unshare', '-Ur'], 'drop').outcome).toEqual({ kind: 'no-such-user', uid: 65534 });
  });
});
