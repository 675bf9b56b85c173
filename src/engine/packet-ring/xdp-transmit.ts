import { Errno } from '../../transport/errno.ts';
import type { SendBatch } from '../../transport/transport.ts';
import { newBatch, type EngineProblem } from '../engine.ts';
import type { SystemCalls } from '../linux/system-calls.ts';
import { FRAME_AT, FrameSlots, HEADER_BYTES, LOW_WORD, SLOT_BYTES } from './frame-slots.ts';
import type { FrameTransmit } from './sender.ts';
import type { KernelSocket } from './kernel-socket.ts';
import { openXdpSocket, type XdpRing, type XdpSocket } from './xdp-socket.ts';

const SOL_XDP = 283;
const XDP_STATISTICS = 7;
/** struct xdp_statistics: six counters of 64 bits; tx_invalid_descs is the third. */
const STATISTICS = 48;
const TX_INVALID = 2;
/** Words of a descriptor: address 2, length, options. */
const DESCRIPTOR_WORDS = 4;
const LENGTH_WORD = 2;
/** Outside of all frames: the kernel skips the descriptor and counts it. */
const NOWHERE = 0xffff_f000;
/** A kick that could not hand over everything (the card's queue is full) is repeated this often. */
const KICKS = 4;

/** Refusals that may be over at the next kick; at any other the kernel has not looked at the ring. */
const PASSING: ReadonlySet<number> = new Set([-Errno.EAGAIN, -Errno.EBUSY, -Errno.ENOBUFS, -Errno.ENOMEM, -Errno.EINTR]);

/** Opens the transmit ring of queue 0. */
export function openXdpTransmit(
  calls: SystemCalls,
  interfaceIndex: number,
  slotBytes: number = SLOT_BYTES,
): XdpTransmit | EngineProblem {
  const opened = openXdpSocket(calls, interfaceIndex, slotBytes);
  return 'code' in opened ? opened : new XdpTransmit(opened);
}

/**
 * Sends by an AF_XDP ring in copy mode (net/xdp/xsk.c, __xsk_generic_xmit): the slots of the batch are the
 * frames. The kernel takes frames during a kick alone, and would take at a later one what the session has
 * sent again by then: what was not taken is made invalid, and the kernel's count of invalid ones tells how
 * many they were.
 */
export class XdpTransmit implements FrameTransmit {
  readonly path = 'af-xdp';
  readonly batch: SendBatch;
  readonly frames: FrameSlots;
  readonly chunk: number;
  errno = 0;
  readonly #socket: KernelSocket;
  readonly #transmit: XdpRing;
  readonly #completion: XdpRing;
  readonly #descriptors: Uint32Array;
  readonly #addresses: Uint32Array;
  /** Frames of each region that the kernel still has. */
  readonly #inFlight: Int32Array;
  readonly #statistics = new BigUint64Array(STATISTICS / 8);
  readonly #statisticsBytes = new Uint8Array(this.#statistics.buffer);
  #region = 0;
  #staged = 0;
  #producer: number;
  /** Invalid descriptors that the kernel has counted, or will. */
  #invalid = 0;

  /** Owns its socket. */
  constructor({ socket, regions, slots, slotBytes, frames, transmit, completion, kick }: XdpSocket) {
    this.#socket = socket;
    this.#transmit = transmit;
    this.#completion = completion;
    this.#descriptors = new Uint32Array(transmit.memory.bytes);
    this.#addresses = new Uint32Array(completion.memory.bytes);
    this.#inFlight = new Int32Array(regions);
    this.#producer = Atomics.load(this.#transmit.words, this.#transmit.producer);
    this.frames = new FrameSlots(frames, regions, slots, slotBytes);
    this.batch = newBatch(this.frames.windows[0] as Uint8Array, slots, slotBytes);
    this.chunk = Math.min(kick, slots);
  }

  /** EAGAIN while all other regions are in flight: the next slots could not be handed out. */
  begin(): number {
    this.#staged = 0;
    if (!this.#socket.isOpen) return Errno.EBADF;
    this.#reap();
    return this.#inFlight[this.#nextRegion()] === 0 ? this.#full() : Errno.EAGAIN;
  }

  frameOf(slot: number): number {
    return this.#region * this.batch.capacity + slot;
  }

  /** The other words of a descriptor are zero, as the kernel made them. */
  stage(first: number, count: number): void {
    const { entries, mask } = this.#transmit;
    const { lengths } = this.batch;
    const { slotBytes } = this.frames;
    const descriptors = this.#descriptors;
    const from = this.#producer + this.#staged;
    const address = this.frameOf(first) * slotBytes + FRAME_AT;
    for (let index = 0; index < count; index++) {
      const at = entries + ((from + index) & mask) * DESCRIPTOR_WORDS;
      descriptors[at + LOW_WORD] = address + index * slotBytes;
      descriptors[at + LENGTH_WORD] = (lengths[first + index] as number) + HEADER_BYTES;
    }
    this.#staged += count;
  }

  send(): number {
    const count = this.#staged;
    this.#staged = 0;
    this.errno = this.#socket.isOpen ? 0 : Errno.EBADF;
    if (count === 0 || this.errno !== 0) return 0;
    const { words, producer } = this.#transmit;
    this.#producer = (this.#producer + count) | 0;
    Atomics.store(words, producer, this.#producer);
    const result = this.#kick();
    const taken = result >= 0 ? count : this.#takeBack(count, result);
    this.#inFlight[this.#region] = (this.#inFlight[this.#region] as number) + taken;
    // EBUSY: the driver dropped the last frame that the kernel took.
    return result === -Errno.EBUSY ? Math.max(0, taken - 1) : taken;
  }

  /** Frames sent already (virtual links) are used again at once: fewer in turn stay in the cache. */
  finish(): void {
    this.#reap();
    if (this.#inFlight[this.#region] === 0) return;
    this.#region = this.#nextRegion();
    (this.batch as { bytes: Uint8Array }).bytes = this.frames.windows[this.#region] as Uint8Array;
  }

  close(): void {
    this.#socket.close();
  }

  #nextRegion(): number {
    return (this.#region + 1) % this.#inFlight.length;
  }

  /** Why no whole batch of descriptors may enter the ring, or 0: a dead link's may still fill it. */
  #full(): number {
    const room = this.#transmit.mask + 1 - this.batch.capacity;
    if (this.#waiting() <= room) return 0;
    const { calls, descriptor } = this.#socket;
    const result = calls.kick(descriptor);
    if (result < 0 && !PASSING.has(result)) return -result;
    // An old kernel tells at the next kick what it took at the last.
    calls.kick(descriptor);
    return this.#waiting() <= room ? 0 : Errno.EAGAIN;
  }

  #kick(): number {
    const { calls, descriptor } = this.#socket;
    let result = 0;
    for (let kicks = 0; kicks < KICKS; kicks++) {
      result = calls.kick(descriptor);
      if (result >= 0 || result === -Errno.EBUSY || !PASSING.has(result)) return Math.min(result, 0);
    }
    return result;
  }

  /** Makes the last `count` descriptors invalid and returns how many of them the kernel had taken before. */
  #takeBack(count: number, result: number): number {
    this.errno = result === -Errno.EBUSY ? Errno.ENOBUFS : -result;
    const { entries, mask } = this.#transmit;
    for (let back = 1; back <= count; back++) {
      const at = entries + ((this.#producer - back) & mask) * DESCRIPTOR_WORDS;
      this.#descriptors[at + LOW_WORD] = NOWHERE;
    }
    const left = PASSING.has(result) ? this.#countInvalid() : this.#waiting();
    const skipped = Math.min(Math.max(left, 0), count);
    this.#invalid += skipped;
    return count - skipped;
  }

  /** Descriptors that the kernel says it has not taken; before 6.17 it says so only at an empty ring. */
  #waiting(): number {
    const { words, consumer } = this.#transmit;
    return (this.#producer - Atomics.load(words, consumer)) >>> 0;
  }

  /** Lets the kernel skip what is invalid; how many that were since the last time. */
  #countInvalid(): number {
    const { calls, descriptor } = this.#socket;
    calls.kick(descriptor);
    calls.getOption(descriptor, SOL_XDP, XDP_STATISTICS, this.#statisticsBytes);
    return Number(this.#statistics[TX_INVALID]) - this.#invalid;
  }

  /** Takes frames back from the completion ring: those are sent, or dropped. */
  #reap(): void {
    const { words, producer, consumer, entries, mask } = this.#completion;
    const end = Atomics.load(words, producer);
    const regionShift = Math.log2(this.batch.capacity * this.frames.slotBytes);
    let at = words[consumer] as number;
    if (at === end) return;
    for (; at !== end; at = (at + 1) | 0) {
      const address = this.#addresses[entries + (at & mask) * 2 + LOW_WORD] as number;
      const region = address >>> regionShift;
      this.#inFlight[region] = Math.max(0, (this.#inFlight[region] as number) - 1);
    }
    Atomics.store(words, consumer, end);
  }
}
