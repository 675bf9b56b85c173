import { createRequire } from 'node:module';

import type * as Koffi from 'koffi';

import type { EngineProblem } from '../engine.ts';

/**
 * The Linux system calls that Node lacks. Every function returns what the call returns, or `-errno`.
 * Byte arrays are the C structures themselves, in host byte order.
 */
export interface SystemCalls {
  /** A descriptor; SOCK_CLOEXEC is always set. */
  socket(family: number, type: number, protocol: number): number;
  close(descriptor: number): number;
  bind(descriptor: number, address: Uint8Array): number;
  /** Sends without blocking. */
  send(descriptor: number, bytes: Uint8Array, length: number): number;
  /** Receives without blocking. */
  receive(descriptor: number, into: Uint8Array): number;
  /** An ioctl whose argument is a structure that is read and written in place. */
  ioctl(descriptor: number, request: number, argument: Uint8Array): number;
  capget(header: Uint8Array, data: Uint8Array): number;
  capset(header: Uint8Array, data: Uint8Array): number;
  /** dlopen with RTLD_GLOBAL, for the life of the process: its symbols become visible to `dlsym(RTLD_DEFAULT)`. False when there is no such library. */
  loadGlobally(library: string): boolean;
}

/** The system calls, or why they cannot be made here; `hasSystemCalls` tells. */
export type SystemCallsOrProblem = SystemCalls | EngineProblem;

const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;

/** Libc is one for the whole process, and so is this binding to it; null until somebody asks. */
let bound: SystemCallsOrProblem | null = null;

/** True when the calls are there; narrows. */
export function hasSystemCalls(calls: SystemCallsOrProblem): calls is SystemCalls {
  return 'socket' in calls;
}

/** Binds the calls on first use (measured: 15 ms), or says why it cannot: koffi without a binary for this platform, or not Linux. */
export function systemCalls(): SystemCallsOrProblem {
  bound ??= bindOrExplain();
  return bound;
}

function bindOrExplain(): SystemCallsOrProblem {
  if (process.platform !== 'linux') {
    return { code: 'not-supported', message: `system calls: this is ${process.platform}`, hint: 'run synscope on Linux' };
  }
  try {
    return bindAll(createRequire(import.meta.url)('koffi') as typeof Koffi);
  } catch (error) {
    return {
      code: 'not-installed',
      message: `koffi cannot be loaded on ${process.platform}-${process.arch}: ${firstLine(error)}`,
      hint: 'install again without --omit=optional: its binary comes in an npm package of its own (@koromix/koffi-linux-...)',
    };
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] as string;
}

function bindAll(koffi: typeof Koffi): SystemCalls {
  const libc = loadLibc(koffi);
  const held: Koffi.LibraryHandle[] = [];
  const orErrno = (result: number): number => (result < 0 ? -koffi.errno() : result);
  const socket = libc.func('int socket(int, int, int)');
  const close = libc.func('int close(int)');
  const bind = libc.func('int bind(int, const void *, uint32_t)');
  const send = libc.func('intptr_t send(int, const void *, uintptr_t, int)');
  const recv = libc.func('intptr_t recv(int, void *, uintptr_t, int)');
  const ioctl = libc.func('int ioctl(int, unsigned long, void *)');
  const capget = libc.func('int capget(void *, void *)');
  const capset = libc.func('int capset(void *, const void *)');
  return {
    socket: (family, type, protocol) => orErrno(socket(family, type | SOCK_CLOEXEC, protocol)),
    close: (descriptor) => orErrno(close(descriptor)),
    bind: (descriptor, address) => orErrno(bind(descriptor, address, address.length)),
    send: (descriptor, bytes, length) => orErrno(send(descriptor, bytes, length, MSG_DONTWAIT)),
    receive: (descriptor, into) => orErrno(recv(descriptor, into, into.length, MSG_DONTWAIT)),
    ioctl: (descriptor, request, argument) => orErrno(ioctl(descriptor, request, argument)),
    capget: (header, data) => orErrno(capget(header, data)),
    capset: (header, data) => orErrno(capset(header, data)),
    loadGlobally: (library) => {
      try {
        held.push(koffi.load(library, { global: true }));
        return true;
      } catch {
        return false;
      }
    },
  };
}

/** glibc by name (measured: 0.1 ms); elsewhere (musl) the running program itself, which holds the same symbols (4 ms). */
function loadLibc(koffi: typeof Koffi): Koffi.LibraryHandle {
  try {
    return koffi.load('libc.so.6');
  } catch {
    return koffi.load(null);
  }
}
