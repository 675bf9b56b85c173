import { endianness } from 'node:os';

import { Errno } from '../../transport/errno.ts';
import type { SendBatch } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { EngineProblem } from '../engine.ts';
import { unknownInterface } from '../linux/interfaces.ts';
import type { MappedMemory, SystemCalls } from '../linux/system-calls.ts';
import { kernelRefusal } from './kernel-refusal.ts';
import { newBatch, type PacketSender } from './sender.ts';

const CAPACITY = 256;
const SLOT_BYTES = 2048;
/** Messages a system call: their send times are read once before it. */
const CHUNK = 32;
/** Offset of the destination address (RFC 791, 3.1), and of the one in a sockaddr_in. */
const DESTINATION = 16;
const NAME_ADDRESS = 4;

/** struct mmsghdr on 64-bit Linux, in 64-bit words: msg_name, msg_namelen, msg_iov, msg_iovlen, ... */
const HEADER_BYTES = 64;
const Header = { NAME: 0, NAME_LENGTH: 1, VECTOR: 2, VECTORS: 3 } as const;
/** struct iovec: iov_base, iov_len. */
const VECTOR_BYTES = 16;
/** struct sockaddr_in. */
const NAME_BYTES = 16;

const HEADERS_AT = CAPACITY * SLOT_BYTES;
const VECTORS_AT = HEADERS_AT + CAPACITY * HEADER_BYTES;
const NAMES_AT = VECTORS_AT + CAPACITY * VECTOR_BYTES;
const TOTAL_BYTES = NAMES_AT + CAPACITY * NAME_BYTES;
/** Index of iov_len's low 32 bits among the 32-bit words of a vector. */
const LENGTH_WORD = endianness() === 'LE' ? 2 : 3;

const AF_INET = 2;
const SOCK_RAW = 3;
/** Implies IP_HDRINCL, and nothing is ever received (raw(7)). */
const IPPROTO_RAW = 255;
const SOL_IP = 0;
const IP_RECVERR = 11;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_BINDTODEVICE = 25;
/** The kernel counts some 1 KiB for a small packet until the driver is done with it; it cuts this to net.core.wmem_max. */
const SEND_BUFFER = 4 * 1024 * 1024;

/** Opens a raw IP socket, bound to `device` unless null, or says why it cannot. `now` stamps. Throws a usage error when there is no such interface. */
export function openRawIpSender(calls: SystemCalls, device: string | null, now: () => Nanos): RawIpSender | EngineProblem {
  const socket = calls.socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  if (socket < 0) return kernelRefusal('opening a raw socket', socket);
  const bound = device === null ? 0 : calls.setOption(socket, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${device}\0`));
  const memory = bound < 0 ? bound : calls.map(-1, TOTAL_BYTES, 0);
  if (typeof memory !== 'number') return new RawIpSender(calls, socket, { memory, now });
  calls.close(socket);
  if (device !== null && bound === -Errno.ENODEV) throw unknownInterface(device);
  return kernelRefusal(bound < 0 ? `binding a raw socket to ${device}` : 'mapping memory for packets', memory);
}

interface Parts {
  readonly memory: MappedMemory;
  readonly now: () => Nanos;
}

/** Sends through the kernel's routing, whatever the link: sendmmsg(2) on a raw IP socket, one batch in fixed memory. */
export class RawIpSender implements PacketSender {
  readonly path = 'raw-ip';
  readonly batch: SendBatch;
  readonly #calls: SystemCalls;
  readonly #socket: number;
  readonly #memory: MappedMemory;
  readonly #now: () => Nanos;
  readonly #words: Uint32Array;
  #closed = false;

  /** Owns the socket and the memory, which has TOTAL_BYTES. */
  constructor(calls: SystemCalls, socket: number, { memory, now }: Parts) {
    this.#calls = calls;
    this.#socket = socket;
    this.#memory = memory;
    this.#now = now;
    this.#words = new Uint32Array(memory.bytes);
    this.batch = newBatch(new Uint8Array(memory.bytes, 0, HEADERS_AT), CAPACITY, SLOT_BYTES);
    writeHeaders(memory);
    const one = new Uint8Array(Uint32Array.of(1).buffer);
    // Without it a packet that the queueing discipline throws away counts as sent; with it that is ENOBUFS (ip(7)).
    calls.setOption(socket, SOL_IP, IP_RECVERR, one);
    calls.setOption(socket, SOL_SOCKET, SO_SNDBUF, new Uint8Array(Uint32Array.of(SEND_BUFFER).buffer));
  }

  flush(): void {
    const { count } = this.batch;
    this.#address(count);
    for (let slot = 0; slot < count;) slot = this.#send(slot, Math.min(CHUNK, count - slot));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#calls.close(this.#socket);
    this.#calls.unmap(this.#memory);
  }

  /** A raw socket takes the destination from the address beside the packet, not from the packet. */
  #address(count: number): void {
    const words = this.#words;
    const { lengths } = this.batch;
    for (let slot = 0; slot < count; slot++) {
      words[(NAMES_AT + slot * NAME_BYTES + NAME_ADDRESS) >>> 2] = words[(slot * SLOT_BYTES + DESTINATION) >>> 2] as number;
      words[((VECTORS_AT + slot * VECTOR_BYTES) >>> 2) + LENGTH_WORD] = lengths[slot] as number;
    }
  }

  /** Sends slots from `first` on, at most `many`; returns the slot to go on from. A stamp read afterwards could make an answer older than its question. */
  #send(first: number, many: number): number {
    const at = this.#now();
    const sent = this.#closed
      ? -Errno.EBADF
      : this.#calls.sendMessages(this.#socket, this.#memory.address + HEADERS_AT + first * HEADER_BYTES, many);
    if (sent > 0) return this.#note(first, first + sent, { error: 0, at });
    if (sent === -Errno.EINTR) return first;
    const error = sent === 0 ? Errno.EAGAIN : -sent;
    // A full queue stays full for the rest of the batch; trying on would only let later slots overtake earlier ones.
    const isFull = error === Errno.EAGAIN || error === Errno.ENOBUFS;
    return this.#note(first, isFull ? this.batch.count : first + 1, { error, at });
  }

  #note(from: number, to: number, { error, at }: { readonly error: number; readonly at: Nanos }): number {
    this.batch.errors.fill(error, from, to);
    this.batch.sentAt.fill(at, from, to);
    return to;
  }
}

/** Points each header to its vector and its name, and each vector to its slot; only lengths and addresses change later. */
function writeHeaders({ address, bytes }: MappedMemory): void {
  const longs = new BigUint64Array(bytes);
  const words = new Uint32Array(bytes);
  const halves = new Uint16Array(bytes);
  for (let slot = 0; slot < CAPACITY; slot++) {
    const header = (HEADERS_AT + slot * HEADER_BYTES) / 8;
    const vector = VECTORS_AT + slot * VECTOR_BYTES;
    const name = NAMES_AT + slot * NAME_BYTES;
    longs[header + Header.NAME] = BigInt(address + name);
    words[(header + Header.NAME_LENGTH) * 2] = NAME_BYTES;
    longs[header + Header.VECTOR] = BigInt(address + vector);
    longs[header + Header.VECTORS] = 1n;
    longs[vector / 8] = BigInt(address + slot * SLOT_BYTES);
    halves[name / 2] = AF_INET;
  }
}
