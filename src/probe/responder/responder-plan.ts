import type { Routes } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { Posted } from '../session/transmit-queue.ts';
import type { ProofCarrier } from './proof.ts';
import type { AttemptFate } from './report.ts';
import type { Mac } from './token-mac.ts';

/** A proven SYN that the responder remembers. */
export interface Attempt {
  readonly arrivedAt: Nanos;
  /** The SYN from its IP header on. */
  readonly syn: Uint8Array;
  /** The listening port that it reached. */
  readonly port: number;
  readonly carriers: readonly ProofCarrier[];
  fate: AttemptFate;
  synCopies: number;
  synAck: Posted | null;
  synAckCopies: number;
}

/** What a responder needs before its first packet. */
export interface ResponderPlan {
  /** The listening ports, guarded by the caller. */
  readonly ports: readonly number[];
  readonly routes: Routes;
  /** HMAC-SHA-256 under the token's key. */
  readonly mac: Mac;
  /** That many bytes from the operating system's random source. */
  readonly random: (length: number) => Uint8Array;
  /** Epoch milliseconds. */
  readonly wallClock: () => number;
  /** When the responder ends; Infinity for never. */
  readonly endAt: Nanos;
  /** After how many attempts the responder ends; Infinity for never. */
  readonly endAfter: number;
  /** Called with each attempt once its fate is final. */
  readonly onAttempt: (attempt: Attempt) => void;
}

/** Running totals of a responder. */
export interface ResponderStats {
  /** Proven SYNs without retransmissions. */
  attempts: number;
  /** SYN-ACKs without retransmissions. */
  answered: number;
  /** Connections over which a report was fetched. */
  reported: number;
  /** SYNs without a proof, none of which was answered. */
  strangers: number;
  /** Proven SYNs that exceeded the rate limit and were not answered. */
  rateLimited: number;
  /** Two-minute slots by which the latest stale proof was ahead (negative: behind); 0 without one. */
  slotsOff: number;
}
