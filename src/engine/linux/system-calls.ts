import { createRequire } from 'node:module';

import type * as Koffi from 'koffi';

import type { EngineProblem } from '../engine.ts';

/**
 * System calls that Node lacks; results are the call's or `-errno`, byte arrays C structures in host order.
 */
export interface SystemCalls {
  /** A descriptor; SOCK_CLOEXEC is always set. */
  socket(family: number, type: number, protocol: number): number;
  close(descriptor: number): number;
  /** The same in a thread of the pool: closing a packet socket waits for the other processors. */
  closeLater(descriptor: number): Promise<number>;
  bind(descriptor: number, address: Uint8Array): number;
  send(descriptor: number, bytes: Uint8Array, length: number): number;
  receive(descriptor: number, into: Uint8Array): number;
  /** An ioctl whose argument is a structure that is read and written in place. */
  ioctl(descriptor: number, request: number, argument: Uint8Array): number;
  listen(descriptor: number, backlog: number): number;
  setOption(descriptor: number, level: number, option: number, value: Uint8Array): number;
  /** Fills `value`; returns how many bytes of it the kernel wrote. */
  getOption(descriptor: number, level: number, option: number, value: Uint8Array): number;
  /** Sends an array of `count` struct mmsghdr at address `headers` without blocking; returns how many. */
  sendMessages(descriptor: number, headers: number, count: number): number;
  /** The same in a thread of the pool; calls `done` on the event loop with how many were sent, or 0. */
  sendMessagesAside(descriptor: number, headers: number, count: number, done: (sent: number) => void): void;
  /** Receives one message without blocking: `header` is the address of a struct msghdr. */
  receiveMessage(descriptor: number, header: number): number;
  /** Sendto(2) with nothing: makes the kernel look at a transmit ring. */
  kick(descriptor: number): number;
  /** Maps `length` bytes of a socket from `offset` on, or with descriptor -1 fresh memory. */
  map(descriptor: number, length: number, offset: number): MappedMemory | number;
  /** Frees the pages; the addresses serve the next mapping, since a view that was kept must not crash. */
  unmap(memory: MappedMemory): number;
  /** Bytes of a page (getpagesize(3)): 4096 on x86-64; 4096, 16384 or 65536 on arm64. */
  pageBytes(): number;
  /** Clock_gettime(2) of CLOCK_REALTIME: two 64-bit words, seconds and nanoseconds. */
  realTime(into: BigInt64Array): number;
  /**
   * Calls `readable` on the event loop while the socket is readable; returns what ends that, once. Keeps no
   * process up.
   */
  watch(descriptor: number, readable: () => void): () => void;
  capget(header: Uint8Array, data: Uint8Array): number;
  capset(header: Uint8Array, data: Uint8Array): number;
  /** dlopen with RTLD_GLOBAL: `dlsym(RTLD_DEFAULT)` sees its symbols. False without such a library. */
  loadGlobally(library: string): boolean;
}

/** Memory outside of V8's heap, at a fixed address, so that structures in it can point to each other. */
export interface MappedMemory {
  readonly address: number;
  readonly bytes: ArrayBuffer;
}

/** The system calls, or why they cannot be made here; `hasSystemCalls` tells. */
export type SystemCallsOrProblem = SystemCalls | EngineProblem;

/** Numbers that several files need (asm-generic/socket.h, linux/if_packet.h). */
export const Socket = { DGRAM: 2, RAW: 3, SOL_SOCKET: 1, SO_SNDBUF: 7, AF_PACKET: 17, SOL_PACKET: 263 } as const;

/** Ints in host order, as setsockopt takes them. */
export function ints(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const CLOCK_REALTIME = 0;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FIXED = 0x10;
const PRIVATE_ANONYMOUS = 0x22;
const MAP_NORESERVE = 0x4000;
const MAP_POPULATE = 0x8000;

/** Libc is one for the whole process, and so is this binding to it; null until first asked for. */
let bound: SystemCallsOrProblem | null = null;

/** True when the calls are there; narrows. */
export function hasSystemCalls(calls: SystemCallsOrProblem): calls is SystemCalls {
  return 'socket' in calls;
}

/** Binds the calls on first use (measured: 15 ms), or says why not: no binary of koffi, or no Linux. */
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

/** The first line of an error's message. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] as string;
}

type OtherCalls = Pick<SystemCalls, 'map' | 'unmap' | 'watch' | 'loadGlobally'>;

type OrErrno = (result: number) => number;

function bindAll(koffi: typeof Koffi): SystemCalls {
  const orErrno = (result: number): number => (result < 0 ? -koffi.errno() : result);
  const libc = loadLibc(koffi);
  return { ...libcCalls(libc, orErrno), ...otherCalls(koffi, libc, orErrno) };
}

function libcCalls(libc: Koffi.LibraryHandle, orErrno: OrErrno): Omit<SystemCalls, keyof OtherCalls> {
  const socket = libc.func('int socket(int, int, int)');
  const close = libc.func('int close(int)');
  const bind = libc.func('int bind(int, const void *, uint32_t)');
  const send = libc.func('intptr_t send(int, const void *, uintptr_t, int)');
  const recv = libc.func('intptr_t recv(int, void *, uintptr_t, int)');
  const ioctl = libc.func('int ioctl(int, unsigned long, void *)');
  const listen = libc.func('int listen(int, int)');
  const setsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)');
  const getsockopt = libc.func('int getsockopt(int, int, int, void *, void *)');
  const sendmmsg = libc.func('int sendmmsg(int, uintptr_t, unsigned int, int)');
  const recvmsg = libc.func('intptr_t recvmsg(int, uintptr_t, int)');
  const sendto = libc.func('intptr_t sendto(int, uintptr_t, uintptr_t, int, uintptr_t, uint32_t)');
  const clockGetTime = libc.func('int clock_gettime(int, void *)');
  const capget = libc.func('int capget(void *, void *)');
  const capset = libc.func('int capset(void *, const void *)');
  const length = new Uint32Array(1);
  return {
    socket: (family, type, protocol) => orErrno(socket(family, type | SOCK_CLOEXEC, protocol)),
    close: (descriptor) => orErrno(close(descriptor)),
    closeLater: (descriptor) =>
      new Promise((resolve) => close.async(descriptor, (_: unknown, result: number) => resolve(result))),
    bind: (descriptor, address) => orErrno(bind(descriptor, address, address.length)),
    listen: (descriptor, backlog) => orErrno(listen(descriptor, backlog)),
    send: (descriptor, bytes, size) => orErrno(send(descriptor, bytes, size, MSG_DONTWAIT)),
    receive: (descriptor, into) => orErrno(recv(descriptor, into, into.length, MSG_DONTWAIT)),
    ioctl: (descriptor, request, argument) => orErrno(ioctl(descriptor, request, argument)),
    setOption: (descriptor, level, option, value) => orErrno(setsockopt(descriptor, level, option, value, value.length)),
    getOption: (descriptor, level, option, value) => {
      length[0] = value.length;
      const result = orErrno(getsockopt(descriptor, level, option, value, length));
      return result < 0 ? result : length[0];
    },
    sendMessages: (descriptor, headers, count) => orErrno(sendmmsg(descriptor, headers, count, MSG_DONTWAIT)),
    sendMessagesAside: (descriptor, headers, count, done) =>
      sendmmsg.async(descriptor, headers, count, MSG_DONTWAIT, (_: unknown, sent: number) => done(Math.max(0, sent))),
    receiveMessage: (descriptor, header) => orErrno(recvmsg(descriptor, header, MSG_DONTWAIT)),
    kick: (descriptor) => orErrno(sendto(descriptor, 0, 0, MSG_DONTWAIT, 0, 0)),
    pageBytes: libc.func('int getpagesize()'),
    realTime: (into) => orErrno(clockGetTime(CLOCK_REALTIME, into)),
    capget: (header, data) => orErrno(capget(header, data)),
    capset: (header, data) => orErrno(capset(header, data)),
  };
}

function otherCalls(koffi: typeof Koffi, libc: Koffi.LibraryHandle, orErrno: OrErrno): OtherCalls {
  const mmap = libc.func('intptr_t mmap(uintptr_t, uintptr_t, int, int, int, int64_t)');
  /** Address ranges without pages, by length. Node cannot detach a foreign buffer, so they stay mapped. */
  const spare = new Map<number, MappedMemory[]>();
  const held: Koffi.LibraryHandle[] = [];
  const mapAt = (address: number, length: number, [flags, descriptor, offset]: readonly [number, number, number]): number =>
    orErrno(mmap(address, length, PROT_READ_WRITE, address === 0 ? flags : flags | MAP_FIXED, descriptor, offset));
  return {
    map: (descriptor, length, offset) => {
      const reused = spare.get(length)?.pop();
      const flags = descriptor < 0 ? PRIVATE_ANONYMOUS | MAP_POPULATE : MAP_SHARED;
      const address = mapAt(reused?.address ?? 0, length, [flags, descriptor, offset]);
      if (address < 0) return address;
      return reused ?? { address, bytes: koffi.view(BigInt(address), length) };
    },
    unmap: (memory) => {
      const length = memory.bytes.byteLength;
      const result = mapAt(memory.address, length, [PRIVATE_ANONYMOUS | MAP_NORESERVE, -1, 0]);
      if (result >= 0) spare.set(length, [...(spare.get(length) ?? []), memory]);
      return Math.min(0, result);
    },
    watch: (descriptor, readable) => {
      const handle = koffi.node.poll(descriptor, { readable: true }, readable);
      handle.unref();
      return () => handle.close();
    },
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

/** glibc by name (measured: 0.1 ms); elsewhere (musl) the program itself, with the same symbols (4 ms). */
function loadLibc(koffi: typeof Koffi): Koffi.LibraryHandle {
  try {
    return koffi.load('libc.so.6');
  } catch {
    return koffi.load(null);
  }
}
