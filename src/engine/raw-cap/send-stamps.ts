import type { SendBatch } from '../../transport/transport.ts';
import { readU32 } from '../../wire/bytes.ts';
import { ipHeaderLength, Ipv4Offset } from '../../wire/ipv4.ts';
import type { Nanos } from '../../wire/numbers.ts';

/** Bytes from the IP header's end to the end of the sequence number (RFC 9293, 3.1). */
const PORTS_AND_SEQ = 8;
/** Packets that can be sent before captures are let in; a power of two. */
const PLACES = 256;

/**
 * When own packets left: the clock read right before each was handed to the kernel. Captures come in the
 * kernel's order, but all at once after a batch: stamped then, the first SYN would leave with the last, its
 * RTT too short.
 */
export class SendStamps {
  readonly #targets = new Uint32Array(PLACES);
  readonly #ports = new Uint32Array(PLACES);
  readonly #sequences = new Uint32Array(PLACES);
  readonly #times = new Float64Array(PLACES);
  /** Counts of packets sent and of packets seen again or given up; place = count modulo PLACES. */
  #sent = 0;
  #seen = 0;

  /** Remembers what slot `slot` of `batch` was, handed to the kernel at `at`. */
  sent(batch: SendBatch, slot: number, at: Nanos): void {
    const offset = slot * batch.slotSize;
    const tcp = offset + ipHeaderLength(batch.bytes, offset);
    const place = this.#sent++ & (PLACES - 1);
    this.#targets[place] = readU32(batch.bytes, offset + Ipv4Offset.DESTINATION);
    this.#ports[place] = readU32(batch.bytes, tcp);
    this.#sequences[place] = readU32(batch.bytes, tcp + 4);
    this.#times[place] = at;
    if (this.#sent - this.#seen > PLACES) this.#seen = this.#sent - PLACES;
  }

  get count(): number {
    return this.#sent;
  }

  get expecting(): boolean {
    return this.#seen < this.#sent;
  }

  /** When the captured IP packet was sent, or -1 if unexpected. Earlier ones are expected no longer. */
  take(bytes: Uint8Array, offset: number, length: number): Nanos {
    if (this.#seen === this.#sent) return -1;
    const own = this.#find(bytes, offset, length);
    if (own < 0) return -1;
    this.#seen = own + 1;
    return this.#times[own & (PLACES - 1)] as number;
  }

  /** All captures of the first `count` packets were delivered: what is missing is queued or never left. */
  settle(count: number): void {
    this.#seen = Math.max(this.#seen, count);
  }

  #find(bytes: Uint8Array, offset: number, length: number): number {
    const header = ipHeaderLength(bytes, offset);
    if (length < header + PORTS_AND_SEQ) return -1;
    const ports = readU32(bytes, offset + header);
    const sequence = readU32(bytes, offset + header + 4);
    const target = readU32(bytes, offset + Ipv4Offset.DESTINATION);
    for (let count = this.#seen; count < this.#sent; count++) {
      const place = count & (PLACES - 1);
      const same = this.#sequences[place] === sequence && this.#ports[place] === ports && this.#targets[place] === target;
      if (same) return count;
    }
    return -1;
  }
}
