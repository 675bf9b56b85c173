import type { PacketView } from '../../wire/packet-view.ts';

const CHUNK_BITS = 10;
const BLOCKS_PER_CHUNK = 2 ** CHUNK_BITS;
const IN_CHUNK = BLOCKS_PER_CHUNK - 1;

/** Bytes kept of a packet: the longest ICMP error up to 8 bytes of TCP has 136 (60 + 8 + 60 + 8). */
export const BLOCK_SIZE = 160;
/** A block and, before it, the number of bytes kept. */
const STRIDE = 1 + BLOCK_SIZE;

/** Keeps the first 160 bytes of packets in reused memory. A handle is a positive integer; 0 means none. */
export class BlockStore {
  readonly #chunks: Uint8Array[] = [];
  readonly #free: number[] = [];
  #used = 0;

  /** Copies a packet in and returns its handle. */
  put(bytes: Uint8Array, offset: number, length: number): number {
    const handle = this.#free.pop() ?? this.#add();
    const kept = Math.min(length, BLOCK_SIZE);
    const chunk = this.#chunkOf(handle);
    const start = startOf(handle);
    chunk[start - 1] = kept;
    for (let i = 0; i < kept; i++) chunk[start + i] = bytes[offset + i] as number;
    return handle;
  }

  /** A view of the kept bytes, valid until `release`. */
  view(handle: number): Uint8Array {
    const chunk = this.#chunkOf(handle);
    const start = startOf(handle);
    return chunk.subarray(start, start + (chunk[start - 1] as number));
  }

  /** Loads the kept bytes into `view`, valid until `release`; false when a PacketView cannot read them. */
  load(handle: number, view: PacketView): boolean {
    const chunk = this.#chunkOf(handle);
    const start = startOf(handle);
    return view.load(chunk, start, chunk[start - 1] as number);
  }

  release(handle: number): void {
    if (handle !== 0) this.#free.push(handle);
  }

  #chunkOf(handle: number): Uint8Array {
    return this.#chunks[(handle - 1) >> CHUNK_BITS] as Uint8Array;
  }

  #add(): number {
    const handle = ++this.#used;
    if (handle > this.#chunks.length * BLOCKS_PER_CHUNK) this.#chunks.push(new Uint8Array(BLOCKS_PER_CHUNK * STRIDE));
    return handle;
  }
}

/** Offset of a block in its chunk. */
function startOf(handle: number): number {
  return ((handle - 1) & IN_CHUNK) * STRIDE + 1;
}
