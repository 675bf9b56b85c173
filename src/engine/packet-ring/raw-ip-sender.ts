import { Errno } from '../../transport/errno.ts';
import type { SendBatch } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { EngineProblem } from '../engine.ts';
import { unknownInterface } from '../linux/interfaces.ts';
import type { MappedMemory, SystemCalls } from '../linux/system-calls.ts';
import { kernelRefusal } from './kernel-refusal.ts';
import { MESSAGE_MEMORY, MessageSlots } from './message-slots.ts';
import type { PacketSender, Posting } from './sender.ts';
import { FAMILIES, IPV4 } from '../../wire/family.ts';

const SOCK_RAW = 3;
/** Implies IP_HDRINCL, and nothing is ever received (raw(7)). */
const IPPROTO_RAW = 255;
const SOL_IP = 0;
const IP_RECVERR = 11;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_BINDTODEVICE = 25;
/** A small packet counts as about 1 KiB until the driver is done with it; cut to net.core.wmem_max. */
const SEND_BUFFER = 4 * 1024 * 1024;
/** Messages a system call: their send times are read once before it. */
const CHUNK = 32;
/** Fewer slots than this are sent sooner than another thread wakes. */
const WORTH_POSTING = 64;
/** One batch that is filled, one that a thread is sending, one that is settled. */
const PLACES = 3;

/** What a sender is made for. */
export interface RawIpOptions {
  /** The interface that it is bound to, or null. */
  readonly device: string | null;
  /** Stamps. */
  readonly now: () => Nanos;
  /** Whether batches can be posted: takes memory for three of them. */
  readonly posts: boolean;
}

/** Opens a raw IP socket, or says why it cannot. Throws a usage error when there is no such interface. */
export function openRawIpSender(calls: SystemCalls, options: RawIpOptions): RawIpSender | EngineProblem {
  const { device } = options;
  const socket = calls.socket(FAMILIES[IPV4].socketFamily, SOCK_RAW, IPPROTO_RAW);
  if (socket < 0) return kernelRefusal('opening a raw socket', socket);
  const bound = device === null ? 0 : calls.setOption(socket, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${device}\0`));
  const memories = bound < 0 ? bound : mapEach(calls, options.posts ? PLACES : 1);
  if (typeof memories !== 'number') return new RawIpSender(calls, socket, { memories, now: options.now });
  calls.close(socket);
  if (device !== null && bound === -Errno.ENODEV) throw unknownInterface(device);
  return kernelRefusal(bound < 0 ? `binding a raw socket to ${device}` : 'mapping memory for packets', memories);
}

function mapEach(calls: SystemCalls, count: number): readonly MappedMemory[] | number {
  const memories: MappedMemory[] = [];
  while (memories.length < count) {
    const memory = calls.map(-1, MESSAGE_MEMORY, 0);
    if (typeof memory === 'number') {
      for (const mapped of memories) calls.unmap(mapped);
      return memory;
    }
    memories.push(memory);
  }
  return memories;
}

interface Parts {
  /** One for each batch that can be filled or under way at the same time. */
  readonly memories: readonly MappedMemory[];
  readonly now: () => Nanos;
}

/** A batch that a thread of the pool is sending. */
interface Posted {
  readonly slots: MessageSlots;
  /** Slots before this one were sent before. */
  readonly first: number;
  /** When it was posted. */
  readonly at: Nanos;
  /** How many messages the kernel took; null until the thread is done. */
  sent: number | null;
  ended: Promise<void>;
}

/** Sends through the kernel's routing: sendmmsg(2) on a raw IP socket, also in a thread of the pool. */
export class RawIpSender implements PacketSender, Posting {
  readonly path = 'raw-ip';
  readonly #calls: SystemCalls;
  readonly #socket: number;
  readonly #slots: readonly MessageSlots[];
  readonly #now: () => Nanos;
  /** The place of the batch that is being filled. */
  #place = 0;
  /** What the thread is sending. */
  #posted: Posted | null = null;
  /** Posted batches that are done with, until `settled` returns them. */
  readonly #settled: MessageSlots[] = [];
  #closed = false;

  /** Owns the socket and the memories, which have MESSAGE_MEMORY bytes each. */
  constructor(calls: SystemCalls, socket: number, { memories, now }: Parts) {
    this.#calls = calls;
    this.#socket = socket;
    this.#now = now;
    this.#slots = memories.map((memory) => new MessageSlots(memory));
    const one = new Uint8Array(Uint32Array.of(1).buffer);
    // Reports packets that the queueing discipline drops as ENOBUFS, not as sent (ip(7)).
    calls.setOption(socket, SOL_IP, IP_RECVERR, one);
    calls.setOption(socket, SOL_SOCKET, SO_SNDBUF, new Uint8Array(Uint32Array.of(SEND_BUFFER).buffer));
  }

  get batch(): SendBatch {
    return this.#current.batch;
  }

  get posting(): Posting | null {
    return this.#slots.length === PLACES ? this : null;
  }

  get #current(): MessageSlots {
    return this.#slots[this.#place] as MessageSlots;
  }

  flush(): void {
    const slots = this.#current;
    const { count } = slots.batch;
    slots.address();
    for (let slot = 0; slot < count;) slot = this.#send(slots, slot, count);
  }

  /** While the thread is busy, sends here, chunk by chunk: neither processor waits for the other. */
  post(done: () => void): boolean {
    const slots = this.#current;
    const { count } = slots.batch;
    if (count < WORTH_POSTING || this.#slots.length < PLACES || this.#closed) return false;
    slots.address();
    let first = 0;
    while (first < count && this.#isThreadBusy()) first = this.#send(slots, first, count);
    if (first < count) this.#handOver(slots, first, done);
    else this.#settled.push(slots);
    this.#place = this.#slots.findIndex((place) => place !== this.#posted?.slots && !this.#settled.includes(place));
    return true;
  }

  settled(): SendBatch | null {
    this.#isThreadBusy();
    return this.#settled.shift()?.batch ?? null;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#posted !== null) await this.#posted.ended;
    this.#calls.close(this.#socket);
    for (const { memory } of this.#slots) this.#calls.unmap(memory);
  }

  #handOver(slots: MessageSlots, first: number, done: () => void): void {
    slots.expect();
    const posted: Posted = { slots, first, at: this.#now(), sent: null, ended: Promise.resolve() };
    posted.ended = new Promise((resolve) => {
      this.#calls.sendMessagesAside(this.#socket, slots.header(first), slots.batch.count - first, (sent) => {
        posted.sent = sent;
        resolve();
        done();
      });
    });
    this.#posted = posted;
  }

  /** False when the thread has nothing to do: then the batch that it had is settled. */
  #isThreadBusy(): boolean {
    if (this.#posted === null) return false;
    const { slots, first, at, sent } = this.#posted;
    const { count } = slots.batch;
    const end = slots.isTaken ? count : first + (sent ?? 0);
    if (end < count && sent === null) return true;
    this.#posted = null;
    slots.note(first, end, { error: 0, at });
    // Why the kernel refused a message, only the next call for it says.
    for (let slot = end; slot < count;) slot = this.#send(slots, slot, count);
    this.#settled.push(slots);
    return false;
  }

  /** Sends a chunk from `first` on; returns the next slot. Stamps first: no answer may be older. */
  #send(slots: MessageSlots, first: number, end: number): number {
    const at = this.#now();
    const many = Math.min(CHUNK, end - first);
    const sent = this.#closed ? -Errno.EBADF : this.#calls.sendMessages(this.#socket, slots.header(first), many);
    if (sent > 0) return slots.note(first, first + sent, { error: 0, at });
    if (sent === -Errno.EINTR) return first;
    const error = sent === 0 ? Errno.EAGAIN : -sent;
    // A full queue stays full for the rest of the batch; later slots would overtake earlier ones.
    const isFull = error === Errno.EAGAIN || error === Errno.ENOBUFS;
    return slots.note(first, isFull ? end : first + 1, { error, at });
  }
}
