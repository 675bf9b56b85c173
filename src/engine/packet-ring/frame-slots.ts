import type { MappedMemory } from '../linux/system-calls.ts';

/** Bytes from one frame, and so from one slot, to the next; a page is a multiple of it. */
export const SLOT_BYTES = 2048;
const SMALLEST_SLOT = 128;
/** Offset of a frame in its place: its IP packet is then aligned to 4, so that addresses are words. */
export const FRAME_AT = 2;
/** Bytes of an Ethernet header: destination 6, source 6, EtherType 2. */
export const HEADER_BYTES = 14;
const PACKET_AT = FRAME_AT + HEADER_BYTES;
/** Bytes of the longest IP packet that leaves the next frame's header alone. */
export function largestPacket(slotBytes: number): number {
  return slotBytes - PACKET_AT;
}

/**
 * The smallest slots that will do: small ones stay in the cache, where slots 2048 bytes apart compete for
 * places.
 */
export function slotBytesFor(packetBytes: number): number {
  let bytes = SMALLEST_SLOT;
  while (bytes < SLOT_BYTES && largestPacket(bytes) < packetBytes) bytes *= 2;
  return bytes;
}

/** Offset of the packet's source address (RFC 791, 3.1), as `addressWord`, in the words of a place. */
export const SOURCE_WORD: number = (PACKET_AT + 12) / 4;
/** Of its destination address, likewise. */
export const DESTINATION_WORD: number = (PACKET_AT + 16) / 4;
/** 16-bit words of a header in a table of headers, the last unused. */
export const HEADER_WORDS = 8;
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
/** Which 32-bit word of a 64-bit one has its low half, in this host's byte order. */
export const LOW_WORD: 0 | 1 = LITTLE_ENDIAN ? 0 : 1;

/** Writes a number of 64 bits, below 2^53, at byte `at` of memory. */
export function setLong(words: Uint32Array, at: number, value: number): void {
  words[at / 4 + LOW_WORD] = value;
  words[at / 4 + 1 - LOW_WORD] = Math.floor(value / 2 ** 32);
}

/** An address as the word that it is in a packet in memory, and back: its bytes in network order. */
export function addressWord(value: number): number {
  if (!LITTLE_ENDIAN) return value >>> 0;
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}

/** One page more than frames take, so that the last window, which begins after a header, ends inside. */
const SPARE = 4096;

/** Bytes to map for `frames` frames. */
export function frameMemory(frames: number, slotBytes: number = SLOT_BYTES): number {
  return frames * slotBytes + SPARE;
}

/**
 * Frames side by side in memory shared with the kernel: an Ethernet header and behind it the IP packet of a
 * slot. Slots are handed out a window at a time. A stamp tells whether the header that stands there is the
 * one wanted.
 */
export class FrameSlots {
  readonly memory: MappedMemory;
  readonly slotBytes: number;
  /** For each region of `slots` frames the bytes in which its slots stand at multiples of `slotBytes`. */
  readonly windows: readonly Uint8Array[];
  readonly #halves: Uint16Array;
  /** All of the memory; frame `n` begins its place at word `n * slotWords`. */
  readonly words: Uint32Array;
  readonly slotWords: number;
  readonly #stamps: Int32Array;

  /** `memory` has `frameMemory(regions * slots, slotBytes)` bytes; `slotBytes` as `slotBytesFor` gives it. */
  constructor(memory: MappedMemory, regions: number, slots: number, slotBytes: number = SLOT_BYTES) {
    const length = slots * slotBytes;
    this.slotBytes = slotBytes;
    this.memory = memory;
    this.windows = Array.from(
      { length: regions },
      (_, region) => new Uint8Array(memory.bytes, region * length + PACKET_AT, length),
    );
    this.#halves = new Uint16Array(memory.bytes);
    this.words = new Uint32Array(memory.bytes);
    this.slotWords = slotBytes / 4;
    this.#stamps = new Int32Array(regions * slots).fill(-1);
  }

  /** Puts header `hop` in front of `frame`; `stamp` (0 or more) changes whenever the header does. */
  setHeader(frame: number, headers: Uint16Array, hop: number, stamp: number): void {
    if (this.#stamps[frame] === stamp) return;
    this.#stamps[frame] = stamp;
    const to = (frame * this.slotBytes + FRAME_AT) >>> 1;
    const from = hop * HEADER_WORDS;
    for (let word = 0; word < HEADER_BYTES / 2; word++) this.#halves[to + word] = headers[from + word] as number;
  }
}
