import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { FirstTransmissions } from './first-transmissions.ts';
import type { Pacer } from './pacer.ts';
import type { PairEndings } from './pair-endings.ts';
import type { PairTable } from './pair-table.ts';
import type { RetransmitPolicy } from './retransmit-policy.ts';
import type { SessionStats } from './session-plan.ts';

/** A time-out is looked at after this, and again whenever the time waited has doubled. */
export const FIRST_LOOK: Nanos = 100 * NANOS_PER_MS;
/** Silent pairs of the first round wait for their time-out in the table, each for its own, while it holds fewer than this; beyond, in the ring, in order. */
const ROOMY = 16_384;
/** The table grows no further: 112 bytes a slot. */
const FULL = 524_288;

/** What the time-outs of the first round are judged by. */
export interface FirstExpiryParts {
  readonly first: FirstTransmissions;
  readonly pairs: PairTable;
  readonly retransmitPolicy: RetransmitPolicy;
  readonly endings: PairEndings;
  readonly pacer: Pacer;
  readonly stats: SessionStats;
}

/**
 * Silent pairs of the first round, oldest first. Whose one SYN was all that it may have gets its verdict where it stands. Any other moves to the table,
 * when its time is up or, while there is room, when it has been looked at.
 */
export class FirstExpiry {
  readonly #parts: FirstExpiryParts;
  /** Until when the oldest pair of the first round is waited for. */
  #due: Nanos = 0;
  /** Used again for each pair. */
  readonly #silent: { nonce: number; sentAt: Nanos } = { nonce: 0, sentAt: 0 };

  constructor(parts: FirstExpiryParts) {
    this.#parts = parts;
  }

  /** When the oldest pair is to be looked at again; Infinity when there is none. */
  get nextLook(): Nanos {
    const { ring } = this.#parts.first;
    const oldest = ring.oldest();
    return oldest < 0 ? Infinity : Math.max(ring.sentAt(oldest) + FIRST_LOOK, this.#due);
  }

  /** Calls `moved` with the slot of each pair that moves to the table; stops when `done` pairs of the session have their verdict. Allocates nothing for a pair that ends. */
  expire(now: Nanos, done: number, moved: (slot: number) => void): void {
    const { first, pairs, retransmitPolicy, stats } = this.#parts;
    const { ring } = first;
    const { deafAt, onlyOne } = retransmitPolicy;
    for (let place = ring.oldest(); place >= 0 && pairs.active < FULL; place = ring.oldest()) {
      const sentAt = ring.sentAt(place);
      if (stats.pairsDone >= done || now - sentAt < FIRST_LOOK) return;
      first.identify(place);
      const due = sentAt + retransmitPolicy.firstTimeout(first.target);
      const isLast = onlyOne && sentAt > deafAt;
      if (due > now && (isLast || pairs.active >= ROOMY)) {
        this.#due = due;
        return;
      }
      if (isLast) this.#end(place);
      else moved(first.move(place));
    }
  }

  #end(place: number): void {
    const { first, endings, pacer } = this.#parts;
    const { target, port, ring } = first;
    if (ring.take(place)) pacer.onSilence();
    this.#silent.nonce = ring.nonce(place);
    this.#silent.sentAt = ring.sentAt(place);
    endings.finishSilent(target, port, this.#silent);
  }
}
