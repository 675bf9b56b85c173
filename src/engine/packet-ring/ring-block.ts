/** tpacket_block_desc (linux/if_packet.h), offsets in bytes: block_status, num_pkts, offset_to_first_pkt. */
const Block = { STATUS: 8, FRAMES: 12, FIRST_FRAME: 16 } as const;

/** tpacket3_hdr. */
const Frame = { NEXT: 0, SECONDS: 4, NANOS: 8, CAPTURED: 12, NETWORK: 26 } as const;

/** sll_pkttype of the sockaddr_ll that follows the tpacket3_hdr, aligned to 16 bytes. */
const PACKET_TYPE = 48 + 10;

const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 1;

/** What sll_pkttype says (packet(7)). */
export const PacketType = { HOST: 0, BROADCAST: 1, MULTICAST: 2, OTHERHOST: 3, OUTGOING: 4 } as const;

/**
 * What a packet socket has captured: `begin` takes what is there, `next` goes from frame to frame, `release`
 * gives it back. The fields are those of the frame that `next` returned true for.
 */
export interface CapturedFrames {
  /** Where the IP packet stands in `bytes`, and how many bytes of it were captured. */
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly length: number;
  /** When the kernel saw it, CLOCK_REALTIME. */
  readonly seconds: number;
  readonly nanos: number;
  /** PacketType. */
  readonly packetType: number;
  /** False when there is nothing yet. */
  begin(): boolean;
  /** False after the last frame of what `begin` took. */
  next(): boolean;
  release(): void;
}

/**
 * Walks a TPACKET_V3 receive ring in place: `begin` takes the next block that the kernel has handed over,
 * `next` goes from frame to frame, `release` hands the block back. Allocates nothing.
 */
export class RingBlocks implements CapturedFrames {
  /** The whole ring. */
  readonly bytes: Uint8Array;
  offset: number = 0;
  length: number = 0;
  seconds: number = 0;
  nanos: number = 0;
  packetType: number = 0;
  readonly #words: Uint32Array;
  readonly #halves: Uint16Array;
  readonly #blockBytes: number;
  #block = 0;
  #frame = 0;
  #left = 0;

  constructor(memory: ArrayBuffer, blockBytes: number) {
    this.bytes = new Uint8Array(memory);
    this.#words = new Uint32Array(memory);
    this.#halves = new Uint16Array(memory);
    this.#blockBytes = blockBytes;
  }

  /** False when the kernel is still filling the next block. */
  begin(): boolean {
    // Atomic, so that no frame is read before the status on a CPU that reorders loads.
    if ((Atomics.load(this.#words, (this.#block + Block.STATUS) >>> 2) & TP_STATUS_USER) === 0) return false;
    this.#left = this.#word(this.#block + Block.FRAMES);
    this.#frame = this.#block + this.#word(this.#block + Block.FIRST_FRAME);
    return true;
  }

  /** False after the last frame of the block. */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const frame = this.#frame;
    this.offset = frame + (this.#halves[(frame + Frame.NETWORK) >>> 1] as number);
    this.length = this.#word(frame + Frame.CAPTURED);
    this.seconds = this.#word(frame + Frame.SECONDS);
    this.nanos = this.#word(frame + Frame.NANOS);
    this.packetType = this.bytes[frame + PACKET_TYPE] as number;
    this.#frame = frame + this.#word(frame + Frame.NEXT);
    return true;
  }

  /** The kernel may fill the block again. */
  release(): void {
    Atomics.store(this.#words, (this.#block + Block.STATUS) >>> 2, TP_STATUS_KERNEL);
    this.#block = (this.#block + this.#blockBytes) % this.bytes.length;
    this.#left = 0;
  }

  #word(offset: number): number {
    return this.#words[offset >>> 2] as number;
  }
}
