import { Errno, errnoName } from '../../transport/errno.ts';
import type { EngineProblem } from '../engine.ts';
import type { MappedMemory, SystemCalls } from '../linux/system-calls.ts';
import { frameMemory, LOW_WORD, SLOT_BYTES as CHUNK_BYTES } from './frame-slots.ts';
import { kernelRefusal } from './kernel-refusal.ts';

/*
 * linux/if_xdp.h. Rings are made with socket options and mapped before the socket is bound to one queue of an
 * interface.
 *
 * Copy mode only. A zero-copy bind would give the queue's receiving half to this socket as well: what arrives
 * there would be lost or delayed for all programs, this one included, unless buffers are fed to it; and most
 * drivers then refuse to send without an XDP program, which CAP_NET_RAW may not load. In copy mode the driver
 * notices nothing, and everything happens inside the kick.
 */
const AF_XDP = 44;
const SOCK_RAW = 3;
const SOL_XDP = 283;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const XDP_MMAP_OFFSETS = 1;
const XDP_TX_RING = 3;
const XDP_UMEM_REG = 4;
const XDP_UMEM_FILL_RING = 5;
const XDP_UMEM_COMPLETION_RING = 6;
const XDP_MAX_TX_SKB_BUDGET = 9;
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

/** How many frames, in regions that are handed out one at a time. */
export interface XdpSize {
  readonly regions: number;
  /** Slots of a region. */
  readonly slots: number;
}

/** Tried in this order, 2 MiB to 128 KiB: the memory counts against the user's RLIMIT_MEMLOCK. */
const SIZES: readonly XdpSize[] = [
  { regions: 4, slots: 256 },
  { regions: 2, slots: 256 },
  { regions: 2, slots: 64 },
  { regions: 2, slots: 32 },
];

/** A ring shared with the kernel: indices count up without end, modulo 2^32. */
export interface XdpRing {
  readonly memory: MappedMemory;
  /** All of the memory as 32-bit words. */
  readonly words: Int32Array;
  /** Where in `words` the indices and the first entry are. */
  readonly producer: number;
  readonly consumer: number;
  readonly entries: number;
  /** Entries less one: there are a power of two. */
  readonly mask: number;
}

/** A transmit queue of an interface. */
export interface QueuePlace {
  readonly interfaceIndex: number;
  readonly queue: number;
}

/** A bound AF_XDP socket that can send and not receive. */
export interface XdpSocket {
  readonly descriptor: number;
  readonly size: XdpSize;
  readonly slotBytes: number;
  readonly frames: MappedMemory;
  readonly transmit: XdpRing;
  readonly completion: XdpRing;
  /** Frames that one kick takes. */
  readonly kick: number;
}

/** Opens a socket on a queue; CAP_NET_RAW suffices. Blocks for 0.1 s at most, when the queue is taken. */
export function openXdpSocket(calls: SystemCalls, place: QueuePlace, slotBytes: number): XdpSocket | EngineProblem {
  let problem: EngineProblem | null = null;
  for (const size of SIZES) {
    const opening = new Opening(calls, size, slotBytes);
    const socket = opening.open(place);
    if ('descriptor' in socket) return socket;
    opening.undo();
    problem ??= socket;
    if (!opening.tooLarge) return socket;
  }
  return problem as EngineProblem;
}

/** Closes the socket and gives its memory back. */
export function closeXdpSocket(calls: SystemCalls, socket: XdpSocket): void {
  calls.close(socket.descriptor);
  for (const memory of [socket.transmit.memory, socket.completion.memory, socket.frames]) calls.unmap(memory);
}

/** The steps of opening, and what to undo when one of them fails. */
class Opening {
  /** Whether a smaller size may do. */
  tooLarge = false;
  readonly #calls: SystemCalls;
  readonly #size: XdpSize;
  readonly #slotBytes: number;
  readonly #mapped: MappedMemory[] = [];
  #descriptor = -1;

  constructor(calls: SystemCalls, size: XdpSize, slotBytes: number) {
    this.#calls = calls;
    this.#slotBytes = slotBytes;
    this.#size = size;
  }

  undo(): void {
    if (this.#descriptor >= 0) this.#calls.close(this.#descriptor);
    for (const memory of this.#mapped) this.#calls.unmap(memory);
  }

  open({ interfaceIndex, queue }: QueuePlace): XdpSocket | EngineProblem {
    const { regions, slots } = this.#size;
    const count = regions * slots;
    this.#descriptor = this.#calls.socket(AF_XDP, SOCK_RAW, 0);
    if (this.#descriptor < 0) return problemOf('opening an AF_XDP socket', this.#descriptor);
    const frames = this.#map(-1, frameMemory(count, this.#slotBytes), 0);
    if (typeof frames === 'number') return problemOf('mapping memory for AF_XDP', frames);
    const error = this.#register(frames, count);
    if (error < 0) return problemOf('registering memory for AF_XDP', error);
    const offsets = new BigUint64Array(OFFSETS / 8);
    const length = this.#calls.getOption(this.#descriptor, SOL_XDP, XDP_MMAP_OFFSETS, new Uint8Array(offsets.buffer));
    // Kernels before 5.4 know no flags in them.
    if (length !== OFFSETS) return problemOf('mapping AF_XDP rings', length < 0 ? length : -Errno.EOPNOTSUPP);
    const transmit = this.#ring(XDP_PGOFF_TX_RING, offsets.subarray(TX), { entries: count, bytes: DESCRIPTOR });
    const completion = this.#ring(XDP_UMEM_PGOFF_COMPLETION_RING, offsets.subarray(COMPLETION), {
      entries: count,
      bytes: ADDRESS,
    });
    if (typeof transmit === 'number') return problemOf('mapping an AF_XDP ring', transmit);
    if (typeof completion === 'number') return problemOf('mapping an AF_XDP ring', completion);
    const large = Math.min(LARGE_KICK, count);
    const kick = this.#setOption(XDP_MAX_TX_SKB_BUDGET, large) < 0 ? KICK : large;
    const bound = this.#bind(interfaceIndex, queue);
    if (bound < 0) return problemOf(`binding AF_XDP to queue ${queue}`, bound);
    return { descriptor: this.#descriptor, size: this.#size, slotBytes: this.#slotBytes, frames, transmit, completion, kick };
  }

  /** Names the frames and makes the rings: 0 or `-errno`. */
  #register(frames: MappedMemory, count: number): number {
    const registration = new Uint32Array(8);
    registration[LOW_WORD] = frames.address % 2 ** 32;
    registration[1 - LOW_WORD] = Math.floor(frames.address / 2 ** 32);
    registration[2 + LOW_WORD] = count * this.#slotBytes;
    // Several slots share a chunk; the kernel only minds that a frame stays within one.
    registration[4] = CHUNK_BYTES;
    const result = this.#calls.setOption(this.#descriptor, SOL_XDP, XDP_UMEM_REG, new Uint8Array(registration.buffer));
    this.tooLarge = result === -Errno.ENOBUFS || result === -Errno.ENOMEM;
    if (result < 0) return result;
    this.#calls.setOption(this.#descriptor, SOL_SOCKET, SO_SNDBUF, wordOf(SEND_BUFFER));
    const rings = [
      [XDP_UMEM_FILL_RING, FILL_ENTRIES],
      [XDP_UMEM_COMPLETION_RING, count],
      [XDP_TX_RING, count],
    ] as const;
    return rings.reduce((error, [option, entries]) => (error < 0 ? error : this.#setOption(option, entries)), 0);
  }

  #ring(at: number, offsets: BigUint64Array, { entries, bytes }: { entries: number; bytes: number }): XdpRing | number {
    const [producer, consumer, first] = Array.from(offsets.subarray(0, 3), Number) as [number, number, number];
    const memory = this.#map(this.#descriptor, first + entries * bytes, at);
    if (typeof memory === 'number') return memory;
    const words = new Int32Array(memory.bytes);
    return { memory, words, producer: producer / 4, consumer: consumer / 4, entries: first / 4, mask: entries - 1 };
  }

  #bind(interfaceIndex: number, queue: number): number {
    const address = new Uint32Array([0, interfaceIndex, queue, 0]);
    new Uint16Array(address.buffer).set([AF_XDP, XDP_COPY | XDP_USE_NEED_WAKEUP]);
    const bytes = new Uint8Array(address.buffer);
    const never = new Int32Array(new SharedArrayBuffer(4));
    let result = this.#calls.bind(this.#descriptor, bytes);
    for (let waited = 0; result === -Errno.EBUSY && waited < BUSY_WAIT_MS; waited += BUSY_PAUSE_MS) {
      Atomics.wait(never, 0, 0, BUSY_PAUSE_MS);
      result = this.#calls.bind(this.#descriptor, bytes);
    }
    return result;
  }

  #setOption(option: number, value: number): number {
    return this.#calls.setOption(this.#descriptor, SOL_XDP, option, wordOf(value));
  }

  #map(descriptor: number, length: number, offset: number): MappedMemory | number {
    const memory = this.#calls.map(descriptor, length, offset);
    if (typeof memory !== 'number') this.#mapped.push(memory);
    return memory;
  }
}

function wordOf(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
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
