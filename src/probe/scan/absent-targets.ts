import { Answer, type PairTable } from './pair-table.ts';
import { NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';

/** After so long a target is given another chance: the kernel asks again for an address that it did not find, but only when there is a packet for it. */
const REMEMBERED: Nanos = 60 * NANOS_PER_SECOND;
const MOST = 65_536;

/** Targets whose next hop the kernel has asked for in vain: what was sent to them before that never left this host, and what is sent next would wait seconds for nothing. */
export class AbsentTargets {
  /** Whether pairs may be under way to one that was noted. */
  #hasNews = false;
  /** When each was noted last, oldest first. */
  readonly #notedAt = new Map<number, Nanos>();

  note(target: number, at: Nanos): void {
    this.#notedAt.delete(target);
    if (this.#notedAt.size >= MOST) return;
    this.#notedAt.set(target, at);
    this.#hasNews = true;
  }

  /** True for a target that need not be sent to. */
  has(target: number): boolean {
    return this.#notedAt.size > 0 && this.#notedAt.has(target);
  }

  /** True for a SYN that was sent to a target before that was known to be absent. */
  swallowed(target: number, sentAt: Nanos): boolean {
    return sentAt < (this.#notedAt.get(target) ?? -Infinity);
  }

  /** Forgets what is too old, and calls `end` for each unanswered pair whose latest SYN went to a target before that was known to be absent; false puts it off. */
  review(now: Nanos, pairs: PairTable, end: (slot: number) => boolean): void {
    this.#forget(now);
    if (!this.#hasNews) return;
    this.#hasNews = false;
    pairs.forEach((slot) => {
      const sentAt = pairs.lastSentAt(slot);
      const isSwallowed = this.swallowed(pairs.target[slot] as number, sentAt);
      if (isSwallowed && pairs.answer[slot] === Answer.none && !end(slot)) this.#hasNews = true;
    });
  }

  #forget(now: Nanos): void {
    for (const [target, at] of this.#notedAt) {
      if (now - at < REMEMBERED) return;
      this.#notedAt.delete(target);
    }
  }
}
