import { Errno, errnoName } from '../../transport/errno.ts';
import type { EngineProblem } from '../engine.ts';
import { ints, type MappedMemory, Socket, type SystemCalls } from '../linux/system-calls.ts';
import { frameMemory, setLong, SLOT_BYTES as CHUNK_BYTES } from './frame-slots.ts';
import { kernelRefusal, type KernelSocket, openSocket, Refusal } from './kernel-socket.ts';

/*
 * linux/if_xdp.h. Copy mode only: a zero-copy bind takes the queue's receiving half too, so that what arrives
 * there is lost or delayed for all programs, and most drivers would not send without an XDP program, which
 * CAP_NET_RAW may not load. In copy mode everything happens inside the kick.
 */
const AF_XDP = 44;
const SOL_XDP = 283;
const Xdp = {
  MMAP_OFFSETS: 1,
  TX_RING: 3,
  UMEM_REG: 4,
  UMEM_FILL_RING: 5,
  UMEM_COMPLETION_RING: 6,
  MAX_TX_SKB_BUDGET: 9,
} as const;
const XDP_PGOFF_TX_RING = 0x80000000;
const XDP_UMEM_PGOFF_COMPLETION_RING = 0x180000000;
const XDP_COPY = 2;
const XDP_USE_NEED_WAKEUP = 8;
/** Bytes of a transmit descriptor (address 8, length 4, options 4) and of a completion (address 8). */
const DESCRIPTOR = 16;
const ADDRESS = 8;
/** struct xdp_mmap_offsets: producer, consumer, desc, flags, 8 bytes each, for four rings. */
const OFFSETS = 128;
const TX = 4;
const COMPLETION = 12;
/** Nothing is received, but bind insists on a fill ring. */
const FILL_ENTRIES = 64;
/** Frames in flight are charged to the socket until they are sent; cut to net.core.wmem_max. */
const SEND_BUFFER = 4 << 20;
/** Frames a kick hands over (TX_BATCH_SIZE); a larger budget gains 1 to 3 % and makes stamps coarser. */
const KICK = 32;
const LARGE_KICK = 128;
/** The queue stays taken for a moment after its socket was closed. */
const BUSY_WAIT_MS = 100;
const BUSY_PAUSE_MS = 5;

/** Regions and slots of each, in the order tried, 2 MiB to 128 KiB: they count against RLIMIT_MEMLOCK. */
const SIZES = [
  { regions: 4, slots: 256 },
  { regions: 2, slots: 256 },
  { regions: 2, slots: 64 },
  { regions: 2, slots: 32 },
] as const;

const TOO_LARGE: ReadonlySet<number> = new Set([-Errno.ENOBUFS, -Errno.ENOMEM]);

/** A ring shared with the kernel: indices count up without end, modulo 2^32. */
export interface XdpRing {
  readonly memory: MappedMemory;
  readonly words: Int32Array;
  /** Where in `words` the indices and the first entry are. */
  readonly producer: number;
  readonly consumer: number;
  readonly entries: number;
  /** Entries less one: there are a power of two. */
  readonly mask: number;
}

/** A bound AF_XDP socket that can send and not receive. */
export interface XdpSocket {
  readonly socket: KernelSocket;
  /** Frames are handed out a region at a time. */
  readonly regions: number;
  /** Of a region. */
  readonly slots: number;
  readonly slotBytes: number;
  readonly frames: MappedMemory;
  readonly transmit: XdpRing;
  readonly completion: XdpRing;
  readonly kick: number;
}

/** Opens a socket on queue 0, which every interface has. CAP_NET_RAW suffices. Blocks for 0.1 s at most. */
export function openXdpSocket(calls: SystemCalls, interfaceIndex: number, slotBytes: number): XdpSocket | EngineProblem {
  let first: EngineProblem | null = null;
  let error = -Errno.ENOMEM;
  const explain = (what: string, result: number): EngineProblem => {
    error = result;
    return problemOf(what, result);
  };
  for (const size of SIZES) {
    const build = (socket: KernelSocket): XdpSocket => setUp(socket, interfaceIndex, { ...size, slotBytes });
    const opened = openSocket(calls, ['opening an AF_XDP socket', AF_XDP, Socket.RAW, 0], build, explain);
    if (!('code' in opened) || !TOO_LARGE.has(error)) return opened;
    first ??= opened;
  }
  return first as EngineProblem;
}

function setUp(
  socket: KernelSocket,
  interfaceIndex: number,
  size: Pick<XdpSocket, 'regions' | 'slots' | 'slotBytes'>,
): XdpSocket {
  const { calls, descriptor } = socket;
  const count = size.regions * size.slots;
  const frames = socket.map('mapping memory for AF_XDP', frameMemory(count, size.slotBytes), 'fresh');
  register(socket, frames, count * size.slotBytes);
  for (const [option, entries] of [
    [Xdp.UMEM_FILL_RING, FILL_ENTRIES],
    [Xdp.UMEM_COMPLETION_RING, count],
    [Xdp.TX_RING, count],
  ] as const) {
    socket.need('registering memory for AF_XDP', socket.setInt(SOL_XDP, option, entries));
  }
  const offsets = new BigUint64Array(OFFSETS / 8);
  const length = calls.getOption(descriptor, SOL_XDP, Xdp.MMAP_OFFSETS, new Uint8Array(offsets.buffer));
  // Kernels before 5.4 know no flags in them.
  if (length !== OFFSETS) throw new Refusal('mapping AF_XDP rings', length < 0 ? length : -Errno.EOPNOTSUPP);
  const transmit = mapRing(socket, XDP_PGOFF_TX_RING, offsets.subarray(TX), [count, DESCRIPTOR]);
  const completion = mapRing(socket, XDP_UMEM_PGOFF_COMPLETION_RING, offsets.subarray(COMPLETION), [count, ADDRESS]);
  const large = Math.min(LARGE_KICK, count);
  const kick = socket.setInt(SOL_XDP, Xdp.MAX_TX_SKB_BUDGET, large) < 0 ? KICK : large;
  socket.need('binding AF_XDP to queue 0', bind(socket, interfaceIndex));
  return { ...size, socket, frames, transmit, completion, kick };
}

function register(socket: KernelSocket, frames: MappedMemory, bytes: number): void {
  const registration = new Uint32Array(8);
  setLong(registration, 0, frames.address);
  setLong(registration, 8, bytes);
  // Several slots share a chunk; the kernel only minds that a frame stays within one.
  registration[4] = CHUNK_BYTES;
  const value = new Uint8Array(registration.buffer);
  socket.need('registering memory for AF_XDP', socket.calls.setOption(socket.descriptor, SOL_XDP, Xdp.UMEM_REG, value));
  socket.setInt(Socket.SOL_SOCKET, Socket.SO_SNDBUF, SEND_BUFFER);
}

function mapRing(
  socket: KernelSocket,
  at: number,
  offsets: BigUint64Array,
  [count, bytes]: readonly [entries: number, bytes: number],
): XdpRing {
  const [producer, consumer, first] = Array.from(offsets.subarray(0, 3), Number) as [number, number, number];
  const memory = socket.map('mapping an AF_XDP ring', first + count * bytes, at);
  const words = new Int32Array(memory.bytes);
  return { memory, words, producer: producer / 4, consumer: consumer / 4, entries: first / 4, mask: count - 1 };
}

function bind({ calls, descriptor }: KernelSocket, interfaceIndex: number): number {
  const address = ints(0, interfaceIndex, 0, 0);
  new Uint16Array(address.buffer).set([AF_XDP, XDP_COPY | XDP_USE_NEED_WAKEUP]);
  const never = new Int32Array(new SharedArrayBuffer(4));
  let result = calls.bind(descriptor, address);
  for (let waited = 0; result === -Errno.EBUSY && waited < BUSY_WAIT_MS; waited += BUSY_PAUSE_MS) {
    Atomics.wait(never, 0, 0, BUSY_PAUSE_MS);
    result = calls.bind(descriptor, address);
  }
  return result;
}

const HINTS: Readonly<Record<string, string>> = {
  EBUSY: 'another program sends or receives with AF_XDP on that queue',
  ENOBUFS: 'raise the limit of locked memory (ulimit -l), or give CAP_IPC_LOCK',
  EAFNOSUPPORT: 'this kernel is built without AF_XDP',
};

function problemOf(what: string, error: number): EngineProblem {
  const problem = kernelRefusal(what, error);
  if (error === -Errno.EPERM || error === -Errno.EACCES) return problem;
  return { ...problem, hint: HINTS[errnoName(error)] ?? 'this kernel or driver has no AF_XDP in copy mode' };
}
