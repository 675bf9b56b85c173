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

/** What a packet socket has captured; the fields are those of the frame that `next` came to. */
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
  /** Takes what is there; false when there is nothing yet. */
  begin(): boolean;
  /** Goes to the next frame; false after the last of what `begin` took. */
  next(): boolean;
  /** Gives back what `begin` took. */
  release(): void;
  /** The errno of a `begin` that failed since the last call, which the socket no longer has, or 0. */
  takeError(): number;
}

/** Walks a TPACKET_V3 receive ring in place, block by block. Allocates nothing. */
export class RingBlocks implements CapturedFrames {
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

  begin(): boolean {
    // Atomic, so that no frame is read before the status on a CPU that reorders loads.
    if ((Atomics.load(this.#words, (this.#block + Block.STATUS) >>> 2) & TP_STATUS_USER) === 0) return false;
    this.#left = this.#word(this.#block + Block.FRAMES);
    this.#frame = this.#block + this.#word(this.#block + Block.FIRST_FRAME);
    return true;
  }

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

  release(): void {
    Atomics.store(this.#words, (this.#block + Block.STATUS) >>> 2, TP_STATUS_KERNEL);
    this.#block = (this.#block + this.#blockBytes) % this.bytes.length;
    this.#left = 0;
  }

  takeError(): number {
    return 0;
  }

  #word(offset: number): number {
    return this.#words[offset >>> 2] as number;
  }
}
