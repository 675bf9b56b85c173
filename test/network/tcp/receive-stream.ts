import { seqAdd, seqDiff, type Seq } from '../../../src/wire/numbers.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { Segment } from './segment.ts';

/** What the SYN tells about the peer. */
export interface ReceivePlan {
  /** The peer's sequence number after its SYN. */
  readonly peerNext: Seq;
  /** TSval of its SYN; echoed until another arrives. */
  readonly peerClock: number;
  /** Our receive window, in bytes. */
  readonly window: number;
  readonly agreement: { readonly timestamps: boolean; readonly ecn: boolean };
}

const NOTHING = new Uint8Array(0);

/** The peer's bytes, in order. */
export class ReceiveStream {
  readonly #plan: ReceivePlan;
  #next: Seq;
  #ended = false;
  #clock: number;
  #echoesCongestion = false;

  constructor(plan: ReceivePlan) {
    this.#plan = plan;
    this.#next = plan.peerNext;
    this.#clock = plan.peerClock;
  }

  /** The number that is acknowledged. */
  get next(): Seq {
    return this.#next;
  }

  /** True once the peer has closed its half. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** The TSval that is echoed. */
  get clock(): number {
    return this.#clock;
  }

  /** True from a packet marked "congestion experienced" until the peer's CWR (RFC 3168, 6.1.3). */
  get echoesCongestion(): boolean {
    return this.#echoesCongestion;
  }

  /** RFC 9293, 3.10.7.4, first step; RFC 5961, 4.2 for a SYN; RFC 7323, 5.3 for timestamps. */
  isAcceptable({ flags, seq, payload, timestamps }: Segment): boolean {
    if ((flags & TcpFlag.SYN) !== 0 || this.#isOld(timestamps)) return false;
    const start = seqDiff(seq, this.#next);
    const length = payload.length + ((flags & TcpFlag.FIN) === 0 ? 0 : 1);
    return start < this.#plan.window && (length === 0 ? start >= 0 : start + length > 0);
  }

  /** Takes timestamp and ECN bits from an acceptable segment. */
  note({ flags, seq, timestamps, congested }: Segment): void {
    // RFC 7323, 4.3: a segment out of order leaves the echo unchanged.
    if (timestamps !== null && seqDiff(seq, this.#next) <= 0) this.#clock = timestamps.value;
    if ((flags & TcpFlag.CWR) !== 0) this.#echoesCongestion = false;
    if (congested && this.#plan.agreement.ecn) this.#echoesCongestion = true;
  }

  /** The new bytes of an acceptable segment, as a view; none when bytes before them are missing. */
  take({ seq, payload }: Segment): Uint8Array {
    const known = seqDiff(this.#next, seq);
    if (known < 0 || this.#ended) return NOTHING;
    const data = payload.subarray(known);
    this.#next = seqAdd(this.#next, data.length);
    return data;
  }

  /** True when the segment, its bytes taken, closes the peer's half now. */
  end({ flags, seq, payload }: Segment): boolean {
    const isNow = (flags & TcpFlag.FIN) !== 0 && !this.#ended && seqAdd(seq, payload.length) === this.#next;
    if (!isNow) return false;
    this.#next = seqAdd(this.#next, 1);
    this.#ended = true;
    return true;
  }

  #isOld(timestamps: Segment['timestamps']): boolean {
    return this.#plan.agreement.timestamps && timestamps !== null && ((timestamps.value - this.#clock) | 0) < 0;
  }
}
