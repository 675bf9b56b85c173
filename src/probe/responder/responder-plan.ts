import type { Routes } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { Attempt } from './attempt-log.ts';
import type { Mac } from './token-mac.ts';

/** Everything a responder needs to know before its first packet. */
export interface ResponderPlan {
  /** The ports it listens on, guarded by the caller. */
  readonly ports: readonly number[];
  readonly routes: Routes;
  /** HMAC-SHA-256 under the token's key. */
  readonly mac: Mac;
  /** So many bytes from the operating system's random source. */
  readonly random: (length: number) => Uint8Array;
  /** Epoch milliseconds. */
  readonly wallClock: () => number;
  /** When it ends by itself; Infinity for never. */
  readonly endAt: Nanos;
  /** After how many attempts it ends by itself; Infinity for never. */
  readonly endAfter: number;
  /** Learns of each attempt once its fate is final. */
  readonly onAttempt: (attempt: Attempt) => void;
}

/** Running totals of a responder. */
export interface ResponderStats {
  /** Proven SYNs, repetitions not counted. */
  attempts: number;
  /** SYN-ACKs, repetitions not counted. */
  answered: number;
  /** Connections over which a report was fetched. */
  reported: number;
  /** SYNs without a proof: none was answered. */
  strangers: number;
  /** Proven SYNs that were not answered because there were too many of them. */
  rateLimited: number;
  /** Proofs made for another time, in slots of two minutes that the client's clock is ahead (or behind, negative): the latest, or 0. */
  slotsOff: number;
}
