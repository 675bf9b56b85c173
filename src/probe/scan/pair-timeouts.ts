import { Errno } from '../../transport/errno.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { RtoTable } from '../rto-table.ts';
import type { ActivePairs } from './active-pairs.ts';
import type { FirstPair, FirstTransmissions } from './first-transmissions.ts';
import type { NextHops } from './next-hops.ts';
import type { Pacer } from './pacer.ts';
import type { PairEndings } from './pair-endings.ts';
import { Answer, Phase } from './pair-table.ts';
import type { RetransmitPolicy } from './retransmit-policy.ts';
import type { SessionStats } from './session-plan.ts';

/** Most verdicts told in one call, so that the loop is not held up. */
const MAX_ENDINGS = 1024;
/** A time-out is looked at after this, and again whenever the time waited has doubled. */
const FIRST_LOOK: Nanos = 100 * NANOS_PER_MS;
/** While the table has fewer pairs, silent pairs wait there, each for its own time-out; else in the ring. */
const ROOMY = 16_384;
/** While the table has so many pairs, silent pairs stay in the fast tier whatever their time-out. */
const FULL = 524_288;

/** What a time-out changes. */
export interface TimeoutParts {
  readonly first: FirstTransmissions;
  readonly pairs: ActivePairs;
  readonly rto: RtoTable;
  readonly policy: RetransmitPolicy;
  readonly pacer: Pacer;
  readonly endings: PairEndings;
  readonly hops: NextHops;
  readonly stats: SessionStats;
}

/** What becomes of pairs whose time is up: a retry, a verdict, or a move from the fast tier to the table. */
export class PairTimeouts {
  readonly #parts: TimeoutParts;
  /** When the oldest silent pair of the fast tier is due, if it was found to wait there. */
  #firstDue: Nanos = 0;

  constructor(parts: TimeoutParts) {
    this.#parts = parts;
  }

  /** When the next time-out may be due; Infinity when nothing waits. */
  get nextDue(): Nanos {
    const { first, pairs, rto } = this.#parts;
    const look = Math.max(first.oldestSilent + FIRST_LOOK, this.#firstDue);
    const soonest = Math.min(look, first.oldestInFlight + rto.typical(), first.graceDue);
    // In a fast scan a pair is due every microsecond: those of a millisecond are handled together.
    return Math.min(pairs.timers.nextDue(), Math.ceil(soonest / NANOS_PER_MS) * NANOS_PER_MS);
  }

  /** Moves a pair of the fast tier to the table, where its time-out runs on; returns its slot. */
  promote(pair: FirstPair): number {
    const { pairs, first } = this.#parts;
    const slot = pairs.add(pair, first.remove(pair));
    if (pair.reply === 0) this.start(slot, pair.sentAt);
    else pairs.timers.set(slot, pair.graceUntil);
    return slot;
  }

  /** The latest SYN of the pair left at `sentAt`. */
  start(slot: number, sentAt: Nanos): void {
    const { pairs, policy } = this.#parts;
    pairs.timers.set(slot, sentAt + Math.min(FIRST_LOOK, policy.timeout(slot)));
  }

  /** Handles time-outs that are due at `now`, a bounded number of them; more may be due afterwards. */
  expire(now: Nanos): void {
    const { first, pairs, rto, pacer, endings, hops, stats } = this.#parts;
    const done = stats.pairsDone + MAX_ENDINGS;
    hops.absent.review(now, pairs.table, (slot) => {
      if (stats.pairsDone < done) endings.finish(slot, Errno.EHOSTUNREACH);
      return stats.pairsDone < done;
    });
    for (let silent = first.expireInFlight(now - rto.typical()); silent > 0; silent--) pacer.onSilence();
    this.#expireGrace(now, done);
    this.#expireFirst(now, done);
    for (let slot = -1; stats.pairsDone < done && (slot = pairs.timers.expire(now)) >= 0;) this.#onTimer(slot, now);
  }

  #expireGrace(now: Nanos, done: number): void {
    const { first, endings, stats } = this.#parts;
    for (let pair = first.endGrace(now); pair !== null && stats.pairsDone < done; pair = first.endGrace(now)) {
      first.remove(pair);
      endings.finishReset(pair);
    }
  }

  /**
   * Silent pairs of the fast tier, oldest first. A pair that gets no other SYN ends there when its time is
   * up. Any other moves to the table: at once while there is room, else when its time is up.
   */
  #expireFirst(now: Nanos, done: number): void {
    const { first, stats, policy, pairs } = this.#parts;
    const { table } = pairs;
    const { getsOneSyn, captureLossAt } = policy;
    for (let pair = first.expire(now - FIRST_LOOK); pair !== null; pair = first.expire(now - FIRST_LOOK)) {
      if (stats.pairsDone >= done || table.active >= FULL) return;
      const due = pair.sentAt + policy.firstTimeout(pair.target);
      const isLast = getsOneSyn && pair.sentAt > captureLossAt;
      if (due > now && (isLast || table.active >= ROOMY)) {
        this.#firstDue = due;
        return;
      }
      if (isLast) this.#endSilently(pair, now);
      else this.#onTimer(this.promote(pair), now);
    }
  }

  #endSilently(pair: FirstPair, now: Nanos): void {
    const { first, pacer, endings, hops } = this.#parts;
    if (first.remove(pair)) pacer.onSilence();
    endings.finishSilent(pair, hops.failure(pair.target, pair.sentAt, now));
  }

  #onTimer(slot: number, now: Nanos): void {
    const { pairs, policy, endings } = this.#parts;
    const isExhausted = policy.isExhausted(slot) && !policy.grantsAnother(slot);
    const isAnswered = pairs.table.phase[slot] === Phase.answered;
    const isSettled = isAnswered || policy.isSettledSoftly(slot) || this.#isStranded(slot, now);
    if (!isSettled && this.#waitsOn(slot, now)) return;
    this.#leaveFlightSilently(slot);
    if (isSettled || isExhausted) endings.finish(slot, this.#failure(slot, now));
    else pairs.requeue(slot);
  }

  /** Sets the timer again if the time-out, which changes with each RTT, has not passed; else false. */
  #waitsOn(slot: number, now: Nanos): boolean {
    const { pairs, policy, rto } = this.#parts;
    if (pairs.table.phase[slot] === Phase.soft) return false;
    const sentAt = pairs.table.lastSentAt(slot);
    const due = sentAt + policy.timeout(slot);
    if (due <= now) return false;
    const inFlightUntil = sentAt + rto.typical();
    if (inFlightUntil <= now) this.#leaveFlightSilently(slot);
    const nextLook = now + Math.max(FIRST_LOOK, now - sentAt);
    pairs.timers.set(slot, Math.min(due, nextLook, inFlightUntil > now ? inFlightUntil : Infinity));
    return true;
  }

  /** The usual time-out has passed: the pair may wait longer, but its latest SYN no longer fills the path. */
  #leaveFlightSilently(slot: number): void {
    const { pairs, pacer } = this.#parts;
    if (pairs.leaveFlight(slot) && pairs.table.phase[slot] === Phase.waiting) pacer.onSilence();
  }

  /** True for an unanswered pair whose next hop is missing: its other SYNs would not leave either. */
  #isStranded(slot: number, now: Nanos): boolean {
    const { pairs, hops } = this.#parts;
    const { table } = pairs;
    return hops.isOverdue(table.target[slot] as number, table.stampOf(slot, 0), now) && this.#failure(slot, now) !== 0;
  }

  /** Why the SYNs of an unanswered pair, which the kernel took, did not leave this host; 0 if they did. */
  #failure(slot: number, now: Nanos): number {
    const { pairs, hops } = this.#parts;
    const { table } = pairs;
    if (table.answer[slot] !== Answer.none) return 0;
    return hops.failure(table.target[slot] as number, table.stampOf(slot, 0), now);
  }

  /** Gives every pair that was answered its verdict. */
  finishAnswered(): void {
    const { pairs, endings } = this.#parts;
    this.#expireGrace(Infinity, Infinity);
    pairs.table.forEach((slot) => pairs.table.answer[slot] !== Answer.none && endings.finish(slot, 0));
  }
}
