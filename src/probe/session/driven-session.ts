import type { SendBatch } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';

/**
 * A run without I/O, as the loop drives it: `poll` says what to send, `flushed` is told what became of it,
 * `receive` what came back. Times are nanoseconds on the transport's clock.
 */
export interface DrivenSession {
  /** True once nothing more is to be sent or waited for, or after `stop`. */
  readonly finished: boolean;
  /**
   * True when `poll` may fill the next batch, and `receive` take answers, before `flushed` is called for the
   * batch that was filled last; absent: never.
   */
  readonly runsAhead?: boolean;
  /**
   * Fills `batch` from slot 0 with what may be sent at `now`; returns when to poll again at the latest,
   * Infinity when finished.
   */
  poll(now: Nanos, batch: SendBatch): Nanos;
  /**
   * Learns which packets of a filled batch were sent. Returns when to poll again because of refusals,
   * Infinity when there were none.
   */
  flushed(now: Nanos, batch: SendBatch): Nanos;
  /**
   * Takes one captured IP packet, own or foreign, of any content; the bytes are valid during the call only.
   */
  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void;
  /** Learns how many packets the capture has lost so far; null: not known. */
  noteDrops(now: Nanos, drops: number | null): void;
  /** Ends the run early or at its end; idempotent. */
  stop(): void;
  /**
   * After `stop`: fills `batch` with packets that must still leave, such as resets of half-open connections;
   * `count` is 0 when there are none. Called until then, each time followed by `flushed`, a bounded number of
   * times.
   */
  drainOnClose(batch: SendBatch): void;
}
