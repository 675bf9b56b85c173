import type { SendBatch } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';

/** A run without I/O, as the loop drives it. Times are on the transport's clock. */
export interface DrivenSession {
  /** True once nothing more is to be sent or waited for, or after `stop`. */
  readonly finished: boolean;
  /** True when `poll` and `receive` may be called before `flushed` is for the last batch; absent: never. */
  readonly runsAhead?: boolean;
  /**
   * Fills `batch` from slot 0 with what may be sent at `now`; returns when to poll again at the latest: `now`
   * itself when more could be sent at once, Infinity when finished.
   */
  poll(now: Nanos, batch: SendBatch): Nanos;
  /** Learns which packets of a batch were sent; returns when to poll again for refused ones, or Infinity. */
  flushed(now: Nanos, batch: SendBatch): Nanos;
  /** Takes one captured IP packet, own or foreign, of any content; the bytes are valid during the call. */
  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void;
  /** Learns how many packets the capture has lost so far; null: not known. */
  noteDrops(now: Nanos, drops: number | null): void;
  /** Ends the run early or at its end; idempotent. */
  stop(): void;
  /**
   * After `stop`: fills `batch` with packets that must still leave, such as resets of half-open connections.
   * Called, each time followed by `flushed`, until `count` is 0, a bounded number of times.
   */
  drainOnClose(batch: SendBatch): void;
}
