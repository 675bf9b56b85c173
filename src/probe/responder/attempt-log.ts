import type { Nanos } from '../../wire/numbers.ts';
import type { Posted } from '../session/transmit-queue.ts';
import type { ProofCarrier } from './proof.ts';
import type { AttemptFate } from './report.ts';

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

/** The latest attempts, up to a fixed number. */
export class AttemptLog {
  readonly #most: number;
  /** Oldest first. */
  readonly #attempts: Attempt[] = [];
  #forgottenAt: Nanos = -Infinity;

  constructor(most: number) {
    this.#most = most;
  }

  /** Remembers an attempt; forgets the oldest when there is no room. */
  add(attempt: Attempt): void {
    this.#attempts.push(attempt);
    if (this.#attempts.length <= this.#most) return;
    const [oldest] = this.#attempts.splice(0, 1);
    this.#forgottenAt = oldest?.arrivedAt ?? -Infinity;
  }

  /** Attempts that arrived after `since`, latest first. */
  after(since: Nanos): readonly Attempt[] {
    return this.#attempts.filter((attempt) => attempt.arrivedAt >= since).toReversed();
  }

  /** Whether an attempt that arrived after `since` has been forgotten. */
  hasForgotten(since: Nanos): boolean {
    return this.#forgottenAt >= since;
  }
}
