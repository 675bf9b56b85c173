import { NANOS_PER_SECOND, type Nanos } from '../../../src/wire/numbers.ts';
import type { Packet } from '../packet.ts';

/** Linux: one second, doubled, five times (TCP_TIMEOUT_INIT, net.ipv4.tcp_synack_retries). */
export const LINUX_GAPS: readonly Nanos[] = [1, 2, 4, 8, 16].map((seconds) => seconds * NANOS_PER_SECOND);

/**
 * A SYN or SYN-ACK, retransmitted after each of `gaps`, until it is answered or twice the last gap has
 * passed.
 */
export class HandshakeTimer {
  readonly #make: (now: Nanos) => Packet;
  readonly #gaps: readonly Nanos[];
  #sent = 0;
  #deadline: Nanos;
  #expired = false;

  constructor(make: (now: Nanos) => Packet, gaps: readonly Nanos[], now: Nanos) {
    this.#make = make;
    this.#gaps = gaps;
    this.#deadline = now;
  }

  /** True once it was unanswered for too long. */
  get isExpired(): boolean {
    return this.#expired;
  }

  /** Time-outs so far; after the first, a round trip is ambiguous (Karn). */
  get timeouts(): number {
    return Math.max(0, this.#sent - 1);
  }

  get deadline(): Nanos {
    return this.#expired ? Infinity : this.#deadline;
  }

  /** The packet, when it is due; while `rests`, its times pass without it. */
  poll(now: Nanos, rests: boolean = false): readonly Packet[] {
    if (this.#expired || now < this.#deadline) return [];
    if (this.#sent > this.#gaps.length) {
      this.#expired = true;
      return [];
    }
    this.#deadline = now + (this.#gaps[this.#sent++] ?? 2 * (this.#gaps.at(-1) ?? NANOS_PER_SECOND));
    return rests ? [] : [this.#make(now)];
  }

  /** The packet again, at once: the peer repeated what it answers. */
  repeat(now: Nanos): Packet {
    return this.#make(now);
  }
}
