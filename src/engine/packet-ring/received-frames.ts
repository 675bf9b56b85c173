import { Errno } from '../../transport/errno.ts';
import type { MappedMemory, SystemCalls } from '../linux/system-calls.ts';
import { LOW_WORD } from './frame-slots.ts';
import type { CapturedFrames } from './ring-block.ts';

/**
 * Where things lie in the memory that recvmsg(2) works with, in bytes. struct msghdr: name 8, its length 8,
 * iovec 8, their number 8, control 8, its length 8, flags 8. struct iovec: address 8, length 8.
 */
const At = { HEADER: 0, VECTOR: 64, NAME: 128, CONTROL: 192, PACKET: 256 } as const;
const Header = { NAME: 0, NAME_LENGTH: 8, VECTORS: 16, VECTOR_COUNT: 24, CONTROL: 32, CONTROL_LENGTH: 40 } as const;
/** Two pages; what of a packet is beyond is not looked at. */
const MEMORY = 8192;
const PACKET_BYTES = MEMORY - At.PACKET;
/** struct sockaddr_ll; sll_pkttype stands at 10. */
const NAME_BYTES = 20;
const PACKET_TYPE = At.NAME + 10;
const CONTROL_BYTES = At.PACKET - At.CONTROL;
/** struct cmsghdr: length 8, level 4, type 4; then, as the only message asked for, a struct timespec. */
const STAMP = At.CONTROL + 16;

/** Maps what receiving needs, or says why not: `-errno`. */
export function openReceivedFrames(calls: SystemCalls, descriptor: number): ReceivedFrames | number {
  const memory = calls.map(-1, MEMORY, 0);
  return typeof memory === 'number' ? memory : new ReceivedFrames(calls, descriptor, memory);
}

/**
 * Frames of a packet socket without a ring, a recvmsg(2) each, stamped by the kernel all the same
 * (SO_TIMESTAMPNS). Slower by the frame, but to make a ring and to close it each take the kernel 12 ms: for a
 * handful of packets that is more than all else. Allocates nothing.
 */
export class ReceivedFrames implements CapturedFrames {
  readonly bytes: Uint8Array;
  readonly offset: number = At.PACKET;
  length: number = 0;
  seconds: number = 0;
  nanos: number = 0;
  packetType: number = 0;
  readonly memory: MappedMemory;
  readonly #calls: SystemCalls;
  readonly #descriptor: number;
  readonly #words: Uint32Array;
  #error = 0;
  #isNew = false;

  /** Owns the memory, which has MEMORY bytes. */
  constructor(calls: SystemCalls, descriptor: number, memory: MappedMemory) {
    this.#calls = calls;
    this.#descriptor = descriptor;
    this.memory = memory;
    this.bytes = new Uint8Array(memory.bytes);
    this.#words = new Uint32Array(memory.bytes);
    this.#point(At.HEADER + Header.NAME, At.NAME);
    this.#point(At.HEADER + Header.VECTORS, At.VECTOR);
    this.#point(At.HEADER + Header.CONTROL, At.CONTROL);
    this.#set(At.HEADER + Header.VECTOR_COUNT, 1);
    this.#point(At.VECTOR, At.PACKET);
    this.#set(At.VECTOR + 8, PACKET_BYTES);
  }

  begin(): boolean {
    this.#set(At.HEADER + Header.NAME_LENGTH, NAME_BYTES);
    this.#set(At.HEADER + Header.CONTROL_LENGTH, CONTROL_BYTES);
    const received = this.#calls.receiveMessage(this.#descriptor, this.memory.address + At.HEADER);
    if (received < 0 && received !== -Errno.EAGAIN && received !== -Errno.EINTR) this.#error = -received;
    this.#isNew = received > 0;
    this.length = Math.max(0, received);
    this.seconds = this.#low(STAMP);
    this.nanos = this.#low(STAMP + 8);
    this.packetType = this.bytes[PACKET_TYPE] as number;
    return this.#isNew;
  }

  next(): boolean {
    const isNew = this.#isNew;
    this.#isNew = false;
    return isNew;
  }

  release(): void {
    // The kernel has copied the packet.
  }

  /** The errno of a `begin` that failed since the last call, which the socket no longer has, or 0. */
  takeError(): number {
    const error = this.#error;
    this.#error = 0;
    return error;
  }

  #point(at: number, to: number): void {
    const address = this.memory.address + to;
    this.#words[at / 4 + LOW_WORD] = address;
    this.#words[at / 4 + 1 - LOW_WORD] = Math.floor(address / 2 ** 32);
  }

  #set(at: number, value: number): void {
    this.#words[at / 4 + LOW_WORD] = value;
    this.#words[at / 4 + 1 - LOW_WORD] = 0;
  }

  #low(at: number): number {
    return this.#words[at / 4 + LOW_WORD] as number;
  }
}
