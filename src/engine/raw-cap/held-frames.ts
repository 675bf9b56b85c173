import type { PacketHandler } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';

/** Replies that can come while one batch is sent, at the size of a SYN-ACK, and a few long ones. */
const BYTES = 32 * 1024;
const FRAMES = 256;

/** Copies of packets that were captured but cannot be stamped yet, in order. */
export class HeldFrames {
  readonly #bytes = new Uint8Array(BYTES);
  readonly #ends = new Uint32Array(FRAMES);
  readonly #arrivals = new Float64Array(FRAMES);
  #count = 0;

  /** Keeps a packet that reached us at `arrival`; false when there is no room. */
  hold(bytes: Uint8Array, offset: number, length: number, arrival: Nanos): boolean {
    const start = this.#count === 0 ? 0 : (this.#ends[this.#count - 1] as number);
    if (this.#count === FRAMES || start + length > BYTES) return false;
    for (let i = 0; i < length; i++) this.#bytes[start + i] = bytes[offset + i] as number;
    this.#ends[this.#count] = start + length;
    this.#arrivals[this.#count++] = arrival;
    return true;
  }

  /** Hands all on, none with a stamp later than `latest`. */
  release(latest: Nanos, handler: PacketHandler): void {
    const count = this.#count;
    this.#count = 0;
    for (let frame = 0, start = 0; frame < count; frame++) {
      const end = this.#ends[frame] as number;
      handler(this.#bytes, start, end - start, Math.min(latest, this.#arrivals[frame] as number));
      start = end;
    }
  }
}
