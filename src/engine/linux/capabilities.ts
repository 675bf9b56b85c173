import type { EngineProblem } from '../engine.ts';
import { readProcFile } from './proc-file.ts';
import { hasSystemCalls, ints, systemCalls } from './system-calls.ts';

/** The capability sets of a thread (capabilities(7)), 64 bits each. */
export interface CapabilitySets {
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
}

/** What /proc/self/status says of the rights of this process. */
export interface ProcessPrivileges {
  /** Null where /proc/self/status cannot be read. */
  readonly capabilities: CapabilitySets | null;
  /** PR_SET_NO_NEW_PRIVS: file capabilities and set-user-ID bits give nothing. */
  readonly noNewPrivs: boolean | null;
  /** 0 off, 1 strict, 2 filter (seccomp(2)). */
  readonly seccomp: number | null;
}

/** Capability bits (linux/capability.h) that raw networking has to do with. */
export const Capability = {
  SETGID: 6,
  SETUID: 7,
  NET_BIND_SERVICE: 10,
  NET_ADMIN: 12,
  NET_RAW: 13,
  SYS_ADMIN: 21,
} as const;

/** True when bit `capability` is in `set`. */
export function holds(set: bigint, capability: number): boolean {
  return ((set >> BigInt(capability)) & 1n) === 1n;
}

/** What this thread may do, from /proc/thread-self/status. Never throws. */
export function readPrivileges(): ProcessPrivileges {
  return parsePrivileges(readProcFile('/proc/thread-self/status') ?? readProcFile('/proc/self/status') ?? '');
}

/** Reads the `Cap...`, `NoNewPrivs` and `Seccomp` lines of proc_pid_status(5). */
export function parsePrivileges(status: string): ProcessPrivileges {
  const field = (name: string): string | null => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? null;
  const set = (name: string): bigint => BigInt(`0x${field(name) ?? '0'}`);
  const [effective, permitted, inheritable] = [set('CapEff'), set('CapPrm'), set('CapInh')];
  const sets = { effective, permitted, inheritable, bounding: set('CapBnd'), ambient: set('CapAmb') };
  const noNewPrivs = field('NoNewPrivs');
  const seccomp = field('Seccomp');
  return {
    capabilities: field('CapEff') === null ? null : sets,
    noNewPrivs: noNewPrivs === null ? null : noNewPrivs === '1',
    seccomp: seccomp === null ? null : Number(seccomp),
  };
}

/** `raised`: permitted, and made effective now; `absent`: not permitted; `unknown`: not to be known here. */
export type NetRaw = 'effective' | 'raised' | 'absent' | 'unknown';

const LINUX_CAPABILITY_VERSION_3 = 0x20080522;

/**
 * Makes CAP_NET_RAW effective for the calling thread where it is merely permitted, as after exec of a file
 * with `cap_net_raw+p`: capabilities belong to threads, and the main thread opens the sockets.
 */
export function raiseNetRaw(): NetRaw {
  const sets = readPrivileges().capabilities;
  if (sets === null) return 'unknown';
  if (holds(sets.effective, Capability.NET_RAW)) return 'effective';
  if (!holds(sets.permitted, Capability.NET_RAW)) return 'absent';
  const calls = systemCalls();
  if (!hasSystemCalls(calls)) return 'unknown';
  const header = ints(LINUX_CAPABILITY_VERSION_3, 0);
  // struct __user_cap_data_struct[2]: effective, permitted, inheritable of bits 0-31, then of bits 32-63.
  const data = new Uint32Array(6);
  const dataBytes = new Uint8Array(data.buffer);
  if (calls.capget(header, dataBytes) < 0) return 'unknown';
  data[0] = (data[0] as number) | (1 << Capability.NET_RAW);
  if (calls.capset(header, dataBytes) < 0) return 'unknown';
  const after = readPrivileges().capabilities;
  return after !== null && holds(after.effective, Capability.NET_RAW) ? 'raised' : 'unknown';
}

const WAYS = [
  'run it as root (sudo synscope ...)',
  'or give node the capability: sudo setcap cap_net_raw+ep "$(readlink -f "$(command -v node)")"',
  'or, in a container, start it with --cap-add=NET_RAW',
].join('; ');

/** What to do when the kernel refused `what` (a raw socket, a capture) for want of CAP_NET_RAW. */
export function netRawProblem(what: string): EngineProblem {
  const { capabilities, noNewPrivs } = readPrivileges();
  const problem = { code: 'not-permitted', message: `${what}: not permitted, CAP_NET_RAW is missing`, hint: WAYS } as const;
  if (capabilities === null) return problem;
  if (holds(capabilities.effective, Capability.NET_RAW)) {
    const hint = 'CAP_NET_RAW is there, so a security module, a seccomp filter or a foreign network namespace refuses it';
    return { ...problem, message: `${what}: not permitted although CAP_NET_RAW is effective`, hint };
  }
  if (!holds(capabilities.bounding, Capability.NET_RAW)) {
    const hint = `the bounding set excludes it, so setcap and sudo cannot help inside: start the container with --cap-add=NET_RAW. Elsewhere: ${WAYS}`;
    return { ...problem, hint };
  }
  const note = noNewPrivs === true ? ' (no-new-privileges is set: file capabilities and sudo have no effect here)' : '';
  return { ...problem, hint: `${WAYS}${note}` };
}
