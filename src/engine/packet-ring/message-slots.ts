import type { SendBatch } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { MappedMemory } from '../linux/system-calls.ts';
import { newBatch } from '../engine.ts';
import { LOW_WORD, setLong } from './frame-slots.ts';
import { FAMILIES, IPV4 } from '../../wire/family.ts';
import { Ipv4Offset } from '../../wire/ipv4.ts';

const CAPACITY = 256;
const SLOT_BYTES = 2048;
/** Offset of the address in a sockaddr_in. */
const NAME_ADDRESS = 4;

/** struct mmsghdr on 64-bit Linux, offsets: msg_name, msg_namelen, msg_iov, msg_iovlen, ... */
const HEADER_BYTES = 64;
/** Offset of msg_len in a struct mmsghdr, which the kernel writes when it has sent the message. */
const SENT_LENGTH = 56;
const Header = { NAME: 0, NAME_LENGTH: 8, VECTOR: 16, VECTORS: 24 } as const;
/** struct iovec: iov_base, iov_len. */
const VECTOR_BYTES = 16;
const NAME_BYTES = 16;

const HEADERS_AT = CAPACITY * SLOT_BYTES;
const VECTORS_AT = HEADERS_AT + CAPACITY * HEADER_BYTES;
const NAMES_AT = VECTORS_AT + CAPACITY * VECTOR_BYTES;
/** Bytes of memory that the slots of one batch need. */
export const MESSAGE_MEMORY: number = NAMES_AT + CAPACITY * NAME_BYTES;
/** Index of iov_len's low 32 bits among the 32-bit words of a vector. */
const LENGTH_WORD: number = 2 + LOW_WORD;

/** A batch in fixed memory with the structures beside it that sendmmsg(2) takes for a raw IP socket. */
export class MessageSlots {
  readonly batch: SendBatch;
  readonly memory: MappedMemory;
  readonly #words: Uint32Array;

  /** Over memory of MESSAGE_MEMORY bytes, which stays the caller's. */
  constructor(memory: MappedMemory) {
    this.memory = memory;
    this.#words = new Uint32Array(memory.bytes);
    this.batch = newBatch(new Uint8Array(memory.bytes, 0, HEADERS_AT), CAPACITY, SLOT_BYTES);
    writeHeaders(memory);
  }

  /** A raw socket takes the destination from the address beside the packet. Call it before sending. */
  address(): void {
    const words = this.#words;
    const { lengths, count } = this.batch;
    for (let slot = 0; slot < count; slot++) {
      words[(NAMES_AT + slot * NAME_BYTES + NAME_ADDRESS) >>> 2] = words[
        (slot * SLOT_BYTES + Ipv4Offset.DESTINATION) >>> 2
      ] as number;
      words[((VECTORS_AT + slot * VECTOR_BYTES) >>> 2) + LENGTH_WORD] = lengths[slot] as number;
    }
  }

  /** For `isTaken`, before the batch is handed over. */
  expect(): void {
    Atomics.store(this.#words, this.#lastLength, 0);
  }

  /** True once the kernel has taken the whole batch, from whichever thread. */
  get isTaken(): boolean {
    return Atomics.load(this.#words, this.#lastLength) > 0;
  }

  get #lastLength(): number {
    return (HEADERS_AT + (this.batch.count - 1) * HEADER_BYTES + SENT_LENGTH) >>> 2;
  }

  /** The address of the struct mmsghdr of a slot; those of the next slots follow. */
  header(slot: number): number {
    return this.memory.address + HEADERS_AT + slot * HEADER_BYTES;
  }

  /** Slots from `from` on and before `to` were sent or refused at `at`. Returns `to`. */
  note(from: number, to: number, { error, at }: { readonly error: number; readonly at: Nanos }): number {
    this.batch.errors.fill(error, from, to);
    this.batch.sentAt.fill(at, from, to);
    return to;
  }
}

/** Points headers to vectors and names, vectors to slots; only lengths and addresses change later. */
function writeHeaders({ address, bytes }: MappedMemory): void {
  const words = new Uint32Array(bytes);
  const halves = new Uint16Array(bytes);
  for (let slot = 0; slot < CAPACITY; slot++) {
    const header = HEADERS_AT + slot * HEADER_BYTES;
    const vector = VECTORS_AT + slot * VECTOR_BYTES;
    const name = NAMES_AT + slot * NAME_BYTES;
    setLong(words, header + Header.NAME, address + name);
    words[(header + Header.NAME_LENGTH) / 4] = NAME_BYTES;
    setLong(words, header + Header.VECTOR, address + vector);
    setLong(words, header + Header.VECTORS, 1);
    setLong(words, vector, address + slot * SLOT_BYTES);
    halves[name / 2] = FAMILIES[IPV4].socketFamily;
  }
}
