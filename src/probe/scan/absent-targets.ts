import { Answer, type PairTable } from './pair-table.ts';
import { NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';

/** When a target is tried again: only a packet for it makes the kernel ask again for its address. */
const REMEMBERED: Nanos = 60 * NANOS_PER_SECOND;
const MAX_TARGETS = 65_536;

/** Targets whose next hop did not answer ARP: nothing sent to them has left or will leave this host. */
export class AbsentTargets {
  /** True when a target was noted since the last complete `review`. */
  #hasNews = false;
  /** When each target was noted last, oldest first. */
  readonly #notedAt = new Map<number, Nanos>();

  note(target: number, at: Nanos): void {
    this.#notedAt.delete(target);
    if (this.#notedAt.size >= MAX_TARGETS) return;
    this.#notedAt.set(target, at);
    this.#hasNews = true;
  }

  /** True for a target that need not be sent to. */
  has(target: number): boolean {
    return this.#notedAt.size > 0 && this.#notedAt.has(target);
  }

  /** True for a SYN that was sent before its target was noted as absent: it never left this host. */
  swallowed(target: number, sentAt: Nanos): boolean {
    return sentAt < (this.#notedAt.get(target) ?? -Infinity);
  }

  /**
   * Forgets targets noted too long ago, and calls `end` for each unanswered pair of the table whose latest
   * SYN never left this host. When `end` returns false, the pair is offered again at the next review.
   */
  review(now: Nanos, pairs: PairTable, end: (slot: number) => boolean): void {
    for (const [target, at] of this.#notedAt) {
      if (now - at < REMEMBERED) break;
      this.#notedAt.delete(target);
    }
    if (!this.#hasNews) return;
    this.#hasNews = false;
    pairs.forEach((slot) => {
      const sentAt = pairs.lastSentAt(slot);
      const isSwallowed = this.swallowed(pairs.target[slot] as number, sentAt);
      if (isSwallowed && pairs.answer[slot] === Answer.none && !end(slot)) this.#hasNews = true;
    });
  }
}
