import { Errno } from '../../transport/errno.ts';
import type { SendBatch } from '../../transport/transport.ts';
import { newBatch, type EngineProblem } from '../engine.ts';
import { type MappedMemory, Socket, type SystemCalls } from '../linux/system-calls.ts';
import { packetAddress } from './capture-socket.ts';
import { FRAME_AT, frameMemory, FrameSlots, HEADER_BYTES, LOW_WORD, setLong, SLOT_BYTES } from './frame-slots.ts';
import type { FrameTransmit } from './sender.ts';
import { type KernelSocket, openSocket } from './kernel-socket.ts';

const PACKET_QDISC_BYPASS = 20;
const SEND_BUFFER = 4 << 20;
const SLOTS = 256;
const CHUNK = 128;
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
  return openSocket(calls, ['opening a packet socket', Socket.AF_PACKET, Socket.RAW, 0], (socket) => {
    socket.need('binding a packet socket', calls.bind(socket.descriptor, packetAddress([0, 0], interfaceIndex)));
    // A kernel that knows no bypass (before 3.14) sends all the same, by way of the queueing discipline.
    socket.setInt(Socket.SOL_PACKET, PACKET_QDISC_BYPASS, 1);
    socket.setInt(Socket.SOL_SOCKET, Socket.SO_SNDBUF, SEND_BUFFER);
    return new PacketTransmit(socket, slotBytes);
  });
}

/** sendmmsg on an AF_PACKET socket that bypasses the queueing discipline (packet(7)). The kernel copies. */
export class PacketTransmit implements FrameTransmit {
  readonly path = 'af-packet';
  readonly batch: SendBatch;
  readonly frames: FrameSlots;
  readonly chunk: number = CHUNK;
  errno = 0;
  readonly #socket: KernelSocket;
  readonly #messages: MappedMemory;
  readonly #words: Uint32Array;
  readonly #slots = new Int32Array(CHUNK).fill(-1);
  #staged = 0;

  /** Owns the socket. */
  constructor(socket: KernelSocket, slotBytes: number) {
    const what = 'mapping memory for a packet socket';
    this.#socket = socket;
    this.frames = new FrameSlots(socket.map(what, frameMemory(SLOTS, slotBytes), 'fresh'), 1, SLOTS, slotBytes);
    this.#messages = socket.map(what, CHUNK * (HEADER + IOVEC), 'fresh');
    this.#words = new Uint32Array(this.#messages.bytes);
    this.batch = newBatch(this.frames.windows[0] as Uint8Array, SLOTS, slotBytes);
    for (let index = 0; index < CHUNK; index++) {
      setLong(this.#words, index * HEADER + IOVEC_AT, this.#messages.address + CHUNK * HEADER + index * IOVEC);
      setLong(this.#words, index * HEADER + IOVECS_AT, 1);
    }
  }

  begin(): number {
    this.#staged = 0;
    return this.#socket.isOpen ? 0 : Errno.EBADF;
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
      setLong(this.#words, iovec, this.frames.memory.address + slot * this.frames.slotBytes + FRAME_AT);
    }
  }

  send(): number {
    const count = this.#staged;
    this.#staged = 0;
    const { calls, descriptor, isOpen } = this.#socket;
    this.errno = isOpen ? 0 : Errno.EBADF;
    let sent = 0;
    while (sent < count && this.errno === 0) {
      const result = calls.sendMessages(descriptor, this.#messages.address + sent * HEADER, count - sent);
      if (result > 0) sent += result;
      else if (result !== -Errno.EINTR) this.errno = result === 0 ? Errno.EAGAIN : -result;
    }
    return sent;
  }

  finish(): void {
    // The kernel has copied what it took.
  }

  close(): void {
    this.#socket.close();
  }
}
