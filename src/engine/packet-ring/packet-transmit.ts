import { Errno } from '../../transport/errno.ts';
import type { SendBatch } from '../../transport/transport.ts';
import type { EngineProblem } from '../engine.ts';
import type { MappedMemory, SystemCalls } from '../linux/system-calls.ts';
import { FRAME_AT, frameMemory, FrameSlots, HEADER_BYTES, LOW_WORD, SLOT_BYTES } from './frame-slots.ts';
import type { FrameTransmit } from './frame-transmit.ts';
import { kernelRefusal } from './kernel-refusal.ts';
import { newBatch } from './sender.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOL_PACKET = 263;
const PACKET_QDISC_BYPASS = 20;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SEND_BUFFER = 4 << 20;
const SLOTS = 256;
const CHUNK = 128;
/** struct sockaddr_ll: family 2, protocol 2, interface 4, 12 more that are zero. */
const SOCKADDR_LL = 20;
/** struct mmsghdr on 64 bits: name 16, iovec 16, control 16, flags 8, sent 8; then struct iovec, 16. */
const HEADER = 64;
const IOVEC = 16;
const IOVEC_AT = 16;
const IOVECS_AT = 24;

/** Opens a packet socket that sends by the interface and receives nothing. */
export function openPacketTransmit(
  calls: SystemCalls,
  interfaceIndex: number,
  slotBytes: number = SLOT_BYTES,
): PacketTransmit | EngineProblem {
  // Protocol 0: no frame is ever given to this socket.
  const descriptor = calls.socket(AF_PACKET, SOCK_RAW, 0);
  if (descriptor < 0) return kernelRefusal('opening a packet socket', descriptor);
  const address = new Uint8Array(SOCKADDR_LL);
  new Uint16Array(address.buffer)[0] = AF_PACKET;
  new Uint32Array(address.buffer)[1] = interfaceIndex;
  const bound = calls.bind(descriptor, address);
  // A kernel that knows no bypass (before 3.14) sends all the same, by way of the queueing discipline.
  calls.setOption(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, new Uint8Array(Uint32Array.of(1).buffer));
  calls.setOption(descriptor, SOL_SOCKET, SO_SNDBUF, new Uint8Array(Uint32Array.of(SEND_BUFFER).buffer));
  const frames = calls.map(-1, frameMemory(SLOTS, slotBytes), 0);
  const messages = calls.map(-1, CHUNK * (HEADER + IOVEC), 0);
  if (bound >= 0 && typeof frames !== 'number' && typeof messages !== 'number') {
    return new PacketTransmit({ calls, descriptor, frames, messages, slotBytes });
  }
  calls.close(descriptor);
  for (const memory of [frames, messages]) if (typeof memory !== 'number') calls.unmap(memory);
  const errors = [bound, frames, messages].filter((result): result is number => typeof result === 'number' && result < 0);
  return kernelRefusal(bound < 0 ? 'binding a packet socket' : 'mapping memory for a packet socket', errors[0] ?? 0);
}

/** sendmmsg on an AF_PACKET socket that bypasses the queueing discipline (packet(7)). The kernel copies. */
export class PacketTransmit implements FrameTransmit {
  readonly path = 'af-packet';
  readonly batch: SendBatch;
  readonly frames: FrameSlots;
  readonly chunk: number = CHUNK;
  errno = 0;
  readonly #calls: SystemCalls;
  readonly #descriptor: number;
  readonly #messages: MappedMemory;
  readonly #words: Uint32Array;
  /** The slot that each message points to. */
  readonly #slots = new Int32Array(CHUNK).fill(-1);
  #staged = 0;
  #open = true;

  /** Owns the descriptor and the memory. */
  constructor({ calls, descriptor, frames, messages, slotBytes }: Opened) {
    this.#calls = calls;
    this.#descriptor = descriptor;
    this.#messages = messages;
    this.#words = new Uint32Array(messages.bytes);
    this.frames = new FrameSlots(frames, 1, SLOTS, slotBytes);
    this.batch = newBatch(this.frames.windows[0] as Uint8Array, SLOTS, slotBytes);
    for (let index = 0; index < CHUNK; index++) {
      const iovec = CHUNK * HEADER + index * IOVEC;
      this.#setAddress(index * HEADER + IOVEC_AT, messages.address + iovec);
      this.#setAddress(index * HEADER + IOVECS_AT, 1);
    }
  }

  begin(): number {
    this.#staged = 0;
    return this.#open ? 0 : Errno.EBADF;
  }

  frameOf(slot: number): number {
    return slot;
  }

  stage(first: number, count: number): void {
    const { lengths } = this.batch;
    for (let slot = first; slot < first + count; slot++) {
      const index = this.#staged++;
      const iovec = CHUNK * HEADER + index * IOVEC;
      this.#words[iovec / 4 + 2 + LOW_WORD] = (lengths[slot] as number) + HEADER_BYTES;
      if (this.#slots[index] === slot) continue;
      this.#slots[index] = slot;
      this.#setAddress(iovec, this.frames.memory.address + slot * this.frames.slotBytes + FRAME_AT);
    }
  }

  send(): number {
    const count = this.#staged;
    this.#staged = 0;
    this.errno = this.#open ? 0 : Errno.EBADF;
    let sent = 0;
    while (sent < count && this.errno === 0) {
      const result = this.#calls.sendMessages(this.#descriptor, this.#messages.address + sent * HEADER, count - sent);
      if (result > 0) sent += result;
      else if (result !== -Errno.EINTR) this.errno = result === 0 ? Errno.EAGAIN : -result;
    }
    return sent;
  }

  finish(): void {
    // The kernel has copied what it took.
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#calls.close(this.#descriptor);
    this.#calls.unmap(this.#messages);
    this.#calls.unmap(this.frames.memory);
  }

  #setAddress(at: number, value: number): void {
    this.#words[at / 4 + LOW_WORD] = value;
    this.#words[at / 4 + 1 - LOW_WORD] = Math.floor(value / 2 ** 32);
  }
}

interface Opened {
  readonly calls: SystemCalls;
  readonly descriptor: number;
  readonly frames: MappedMemory;
  readonly messages: MappedMemory;
  readonly slotBytes: number;
}
