import { Errno } from '../../transport/errno.ts';
import type { SendBatch } from '../../transport/transport.ts';
import { FAMILIES, IPV4 } from '../../wire/family.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { EngineProblem } from '../engine.ts';
import { unknownInterface } from '../linux/interfaces.ts';
import { Socket, type SystemCalls } from '../linux/system-calls.ts';
import { type KernelSocket, openSocket } from './kernel-socket.ts';
import { MESSAGE_MEMORY, MessageSlots } from './message-slots.ts';
import type { PacketSender, Posting } from './sender.ts';

/** Implies IP_HDRINCL, and nothing is ever received (raw(7)). */
const IPPROTO_RAW = 255;
const SOL_IP = 0;
const IP_RECVERR = 11;
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
  readonly device: string | null;
  readonly now: () => Nanos;
  /** Whether batches can be posted: takes memory for three of them. */
  readonly posts: boolean;
}

/** Opens a raw IP socket, or says why it cannot. Throws a usage error when there is no such interface. */
export function openRawIpSender(calls: SystemCalls, options: RawIpOptions): RawIpSender | EngineProblem {
  return openSocket(calls, ['opening a raw socket', FAMILIES[IPV4].socketFamily, Socket.RAW, IPPROTO_RAW], (socket) => {
    if (options.device !== null) bindToDevice(socket, options.device);
    return new RawIpSender(socket, options);
  });
}

function bindToDevice(socket: KernelSocket, device: string): void {
  const name = Buffer.from(`${device}\0`);
  const result = socket.calls.setOption(socket.descriptor, Socket.SOL_SOCKET, SO_BINDTODEVICE, name);
  if (result === -Errno.ENODEV) throw unknownInterface(device);
  socket.need(`binding a raw socket to ${device}`, result);
}

/** A batch that a thread of the pool is sending. */
interface Posted {
  readonly slots: MessageSlots;
  /** Slots before this one were sent before. */
  readonly first: number;
  readonly at: Nanos;
  /** How many messages the kernel took; null until the thread is done. */
  sent: number | null;
  ended: Promise<void>;
}

/** Sends through the kernel's routing: sendmmsg(2) on a raw IP socket, also in a thread of the pool. */
export class RawIpSender implements PacketSender, Posting {
  readonly path = 'raw-ip';
  readonly #socket: KernelSocket;
  readonly #slots: readonly MessageSlots[];
  readonly #now: () => Nanos;
  #place = 0;
  #posted: Posted | null = null;
  /** Posted batches that are done with, until `settled` returns them. */
  readonly #settled: MessageSlots[] = [];
  #closed = false;

  /** Owns the socket. */
  constructor(socket: KernelSocket, { now, posts }: Omit<RawIpOptions, 'device'>) {
    this.#socket = socket;
    this.#now = now;
    this.#slots = Array.from(
      { length: posts ? PLACES : 1 },
      () => new MessageSlots(socket.map('mapping memory for packets', MESSAGE_MEMORY, 'fresh')),
    );
    // Reports packets that the queueing discipline drops as ENOBUFS, not as sent (ip(7)).
    socket.setInt(SOL_IP, IP_RECVERR, 1);
    socket.setInt(Socket.SOL_SOCKET, Socket.SO_SNDBUF, SEND_BUFFER);
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
    this.#socket.close();
  }

  #handOver(slots: MessageSlots, first: number, done: () => void): void {
    slots.expect();
    const posted: Posted = { slots, first, at: this.#now(), sent: null, ended: Promise.resolve() };
    posted.ended = new Promise((resolve) => {
      const { calls, descriptor } = this.#socket;
      calls.sendMessagesAside(descriptor, slots.header(first), slots.batch.count - first, (sent) => {
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
    const { calls, descriptor } = this.#socket;
    const sent = this.#closed ? -Errno.EBADF : calls.sendMessages(descriptor, slots.header(first), many);
    if (sent > 0) return slots.note(first, first + sent, { error: 0, at });
    if (sent === -Errno.EINTR) return first;
    const error = sent === 0 ? Errno.EAGAIN : -sent;
    // A full queue stays full for the rest of the batch; later slots would overtake earlier ones.
    const isFull = error === Errno.EAGAIN || error === Errno.ENOBUFS;
    return slots.note(first, isFull ? end : first + 1, { error, at });
  }
}
