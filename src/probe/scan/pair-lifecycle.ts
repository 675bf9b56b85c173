import { Errno } from '../../transport/errno.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { BlockStore } from './block-store.ts';
import { FIRST_LOOK, FirstExpiry } from './first-expiry.ts';
import { FirstResets } from './first-resets.ts';
import { FirstTransmissions } from './first-transmissions.ts';
import { Inflight } from './inflight.ts';
import type { Pacer } from './pacer.ts';
import { Answer, PairTable, Phase } from './pair-table.ts';
import { PairEndings } from './pair-endings.ts';
import { ReplyReader } from './reply-reader.ts';
import { RetransmitPolicy } from './retransmit-policy.ts';
import type { RetryPolicy } from './retry-policy.ts';
import { RouteCache } from './route-cache.ts';
import { RtoTable } from '../rto-table.ts';
import type { SessionPlan, SessionStats } from './session-plan.ts';
import { SlotQueue } from './slot-queue.ts';
import { SynSequence } from './syn-sequence.ts';
import { TimerWheel } from './timer-wheel.ts';

const INITIAL_SLOTS = 1024;
const MAX_ENDINGS = 1024;
/** A kernel queue that stays full for so many tries in a row is not full for a moment. */
const MAX_STALLS = 2000;

/**
 * What becomes of each pair between its first SYN and its verdict: answers, time-outs, retries, samples, failures to send. Knows nothing of
 * batches and windows beyond counting what is in flight.
 */
export class PairLifecycle {
  readonly stats: SessionStats = { probesSent: 0, repliesReceived: 0, repliesRejected: 0, pairsDone: 0, open: 0 };
  readonly pairs: PairTable = new PairTable(INITIAL_SLOTS);
  readonly syns: SynSequence;
  readonly rto: RtoTable;
  /** Slots whose next SYN is due; entries may be stale, so the phase decides. */
  readonly retries: SlotQueue = new SlotQueue();
  readonly first: FirstTransmissions;
  readonly #plan: SessionPlan;
  readonly #pacer: Pacer;
  readonly #retransmitPolicy: RetransmitPolicy;
  readonly #timers: TimerWheel = new TimerWheel(INITIAL_SLOTS);
  readonly #blocks: BlockStore = new BlockStore();
  readonly #reader: ReplyReader;
  readonly #inflight: Inflight;
  readonly #endings: PairEndings;
  readonly #firstExpiry: FirstExpiry;
  readonly #resets: FirstResets;

  constructor(plan: SessionPlan, pacer: Pacer, policy: RetryPolicy) {
    const { timing, targets } = plan;
    this.#plan = plan;
    this.#pacer = pacer;
    this.syns = new SynSequence(plan, this.pairs, new RouteCache(targets, plan.routes));
    this.rto = new RtoTable(targets.size, timing.timeoutMs * NANOS_PER_MS);
    this.#retransmitPolicy = new RetransmitPolicy(this.pairs, this.rto, { policy, count: timing.count });
    const { pairs, syns, rto, stats } = this;
    this.#endings = new PairEndings(plan, { pairs, blocks: this.#blocks, syns, rto, stats });
    this.first = new FirstTransmissions(plan, this, {
      enter: (target, port) => this.#enter(target, port),
      entered: (slot) => this.#entered(slot),
      returned: (slot, link) => this.#timers.set(slot, this.#resets.restore(slot, link)),
      isAbsent: (target) => this.#endings.isAbsent(target),
      unroutable: (target, port, errno) => this.#endings.finishUnroutable(target, port, errno),
    });
    this.#inflight = new Inflight(this.pairs, this.first.ring, pacer);
    const { first } = this;
    const parts = { first, pairs, rto, stats, pacer, retransmitPolicy: this.#retransmitPolicy, endings: this.#endings };
    this.#firstExpiry = new FirstExpiry(parts);
    this.#resets = new FirstResets(parts);
    this.#reader = new ReplyReader(plan, { pairs, syns, blocks: this.#blocks, first });
  }

  /** SYNs that may fill the path. */
  get inFlight(): number {
    return this.#inflight.count;
  }

  /** True once every pair has its verdict. */
  get isOver(): boolean {
    return this.pairs.active === 0 && this.#resets.waiting === 0 && this.first.isOver;
  }

  /** When the next time-out may be due; Infinity when nothing waits. */
  get nextDue(): Nanos {
    const landing = this.first.ring.oldestFlight + this.rto.typical();
    // In a fast scan somebody's time is up every microsecond: they are looked at together.
    const soonest = Math.min(this.#firstExpiry.nextLook, landing, this.#resets.nextDue);
    const look = Math.ceil(soonest / NANOS_PER_MS) * NANOS_PER_MS;
    return Math.min(this.#timers.nextDue(), look);
  }

  /** SYN number `pairs.sent[slot]` (from 0) of the pair leaves at `now`. */
  onSending(slot: number, now: Nanos): void {
    const { pairs } = this;
    const attempt = pairs.sent[slot] as number;
    pairs.sent[slot] = attempt + 1;
    pairs.nonce[slot] = this.syns.lastNonce;
    pairs.stamp(slot, attempt, now);
    pairs.phase[slot] = pairs.phase[slot] === Phase.sampleQueued ? Phase.sampling : Phase.waiting;
    this.#inflight.launch(slot);
    this.#timers.set(slot, now + Math.min(FIRST_LOOK, this.#retransmitPolicy.timeout(slot)));
  }

  /** The kernel took the SYN at `at`. */
  onSent(slot: number, at: Nanos): void {
    this.stats.probesSent++;
    this.pairs.stalls[slot] = 0;
    this.pairs.stamp(slot, (this.pairs.sent[slot] as number) - 1, at);
  }

  /** Takes one captured packet. */
  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void {
    const reader = this.#reader;
    if (!reader.read(bytes, offset, length, at)) return;
    if (reader.slot < 0 && this.#resets.take(reader, at)) return;
    if (reader.answer === Answer.none) this.#onRejected();
    else this.#onAnswer(at);
  }

  /** The kernel refused the SYN. True when its queue was full, so that the SYN is tried again later. */
  onSendError(slot: number, errno: number): boolean {
    const { pairs } = this;
    const stalls = pairs.stalls[slot] as number;
    this.#inflight.land(slot);
    if ((errno !== Errno.EAGAIN && errno !== Errno.ENOBUFS) || stalls >= MAX_STALLS) {
      this.#finish(slot, errno);
      return false;
    }
    pairs.stalls[slot] = stalls + 1;
    pairs.sent[slot] = (pairs.sent[slot] as number) - 1;
    this.#requeue(slot, pairs.phase[slot] === Phase.sampling ? Phase.sampleQueued : Phase.queued);
    return true;
  }

  /** Handles time-outs that are due, so many at most that verdicts do not pile up; more may be due afterwards. */
  expire(now: Nanos): void {
    const done = this.stats.pairsDone + MAX_ENDINGS;
    this.#endings.neighbours.now = now;
    this.#endings.absent.review(now, this.pairs, (slot) => {
      if (this.stats.pairsDone < done) this.#finish(slot, Errno.EHOSTUNREACH);
      return this.stats.pairsDone < done;
    });
    this.#inflight.landRing(now - this.rto.typical());
    this.#resets.end(now, done);
    this.#firstExpiry.expire(now, done, (slot) => this.#onTimer(slot, now));
    for (let slot = -1; this.stats.pairsDone < done && (slot = this.#timers.expire(now)) >= 0;) this.#onTimer(slot, now);
  }

  /** The capture lost packets at some time up to `now`. */
  onCaptureLoss(now: Nanos): void {
    this.#retransmitPolicy.deafAt = now;
    this.#pacer.onLocalCongestion();
  }

  /** Gives every pair that was answered its verdict. */
  finishAnswered(): void {
    this.#resets.end(Infinity, Infinity);
    const { answer } = this.pairs;
    this.pairs.forEach((slot) => answer[slot] !== Answer.none && this.#finish(slot, 0));
  }

  #onTimer(slot: number, now: Nanos): void {
    const { pairs } = this;
    const phase = pairs.phase[slot] as number;
    const exhausted = this.#retransmitPolicy.isExhausted(slot) && !this.#retransmitPolicy.grantsAnother(slot);
    const settled = phase === Phase.answered || this.#retransmitPolicy.isSettledSoftly(slot) || this.#endings.isStranded(slot);
    if (!settled && this.#waitsOn(slot, now)) return;
    this.#inflight.landSilently(slot);
    if (settled || exhausted) this.#finish(slot, 0);
    else this.#requeue(slot, phase === Phase.sampling ? Phase.sampleQueued : Phase.queued);
  }

  /** Looks again when the time-out has not passed: it shrinks when the target's first answer comes, and grows with slow ones. */
  #waitsOn(slot: number, now: Nanos): boolean {
    if (this.pairs.phase[slot] === Phase.soft) return false;
    const sentAt = this.pairs.stampOf(slot, (this.pairs.sent[slot] as number) - 1);
    const due = sentAt + this.#retransmitPolicy.timeout(slot);
    if (due <= now) return false;
    const landing = sentAt + this.rto.typical();
    if (landing <= now) this.#inflight.landSilently(slot);
    const nextLook = now + Math.max(FIRST_LOOK, now - sentAt);
    this.#timers.set(slot, Math.min(due, nextLook, landing > now ? landing : Infinity));
    return true;
  }

  /** A fresh slot. */
  #enter(target: number, port: number): number {
    if (this.pairs.full) {
      this.pairs.grow();
      this.#timers.grow(this.pairs.capacity);
    }
    return this.pairs.add(target, port);
  }

  #entered(slot: number): void {
    this.#inflight.takeOver(slot);
    const sentAt = this.pairs.stampOf(slot, 0);
    this.#timers.set(slot, sentAt + Math.min(FIRST_LOOK, this.#retransmitPolicy.timeout(slot)));
  }

  #requeue(slot: number, phase: number): void {
    this.pairs.phase[slot] = phase;
    this.#timers.cancel(slot);
    this.retries.push(slot);
  }

  /** A proven answer of any strength. */
  #onAnswer(at: Nanos): void {
    const { slot, attempt } = this.#reader;
    this.stats.repliesReceived++;
    const sentAt = this.pairs.stampOf(slot, attempt);
    if (this.#reader.answer === Answer.localIcmp) this.#endings.noteLocalFailure(slot, sentAt, at);
    const rtt = at - sentAt;
    if ((this.pairs.phase[slot] as number) >= Phase.answered) this.#onLaterAnswer(rtt);
    else this.#onEarlyAnswer(rtt, at);
  }

  #onEarlyAnswer(rtt: Nanos, at: Nanos): void {
    const { slot, attempt, answer } = this.#reader;
    const { pairs } = this;
    const isFinal = answer >= Answer.rst;
    const isCurrent = attempt === (pairs.sent[slot] as number) - 1;
    const lost = isFinal ? pairs.lostBefore(slot, attempt) : 0;
    this.#pacer.onAnswer(at - rtt, lost, pairs.stampOf(slot, Math.max(0, attempt - 1)));
    if (answer > (pairs.answer[slot] as number)) this.#keep(slot, attempt, rtt);
    if (pairs.phase[slot] === Phase.waiting && (isCurrent || isFinal)) this.#inflight.land(slot);
    if (isFinal) this.#onFinalAnswer(slot, rtt, at);
    else if (isCurrent) this.#onSoftAnswer(slot, at);
  }

  #keep(slot: number, attempt: number, rtt: Nanos): void {
    const { pairs } = this;
    this.#blocks.release(pairs.reply[slot] as number);
    pairs.reply[slot] = this.#reader.keep();
    pairs.answer[slot] = this.#reader.answer;
    pairs.answeredBy[slot] = attempt + 1;
    pairs.rtt[slot] = rtt;
  }

  #onFinalAnswer(slot: number, rtt: Nanos, at: Nanos): void {
    if (rtt >= 0) this.rto.sample(this.pairs.target[slot] as number, rtt);
    this.pairs.phase[slot] = Phase.answered;
    this.#sampled(slot, rtt, at);
  }

  /** The pair is decided for now; should its retries still bring a SYN-ACK, that wins. */
  #onSoftAnswer(slot: number, at: Nanos): void {
    const { pairs } = this;
    if (pairs.phase[slot] !== Phase.waiting) return;
    pairs.phase[slot] = Phase.soft;
    const exhausted = this.#retransmitPolicy.isExhausted(slot);
    const settled = exhausted || pairs.answer[slot] === Answer.localIcmp;
    this.#timers.set(slot, at + (settled ? this.#retransmitPolicy.linger(slot) : this.#retransmitPolicy.softRetry(slot)));
  }

  /** Another answer to a decided pair: an RTT sample, a contradiction, or a duplicate. */
  #onLaterAnswer(rtt: Nanos): void {
    const { slot, attempt, answer, at } = this.#reader;
    const { pairs } = this;
    if (answer < Answer.rst) return;
    if (answer !== pairs.answer[slot]) {
      if (attempt + 1 === pairs.answeredBy[slot] && pairs.conflict[slot] === 0) pairs.conflict[slot] = this.#reader.keep();
      return;
    }
    if (pairs.phase[slot] !== Phase.sampling || attempt !== (pairs.sent[slot] as number) - 1) return;
    this.#inflight.land(slot);
    pairs.phase[slot] = Phase.answered;
    if (rtt >= 0) this.rto.sample(pairs.target[slot] as number, rtt);
    this.#sampled(slot, rtt, at);
  }

  /** Notes an RTT sample, and asks for the next one while `count` wants more. */
  #sampled(slot: number, rtt: Nanos, at: Nanos): void {
    const { count } = this.#plan.timing;
    if (count > 1) {
      const samples = this.#endings.keepSample(slot, rtt);
      if (samples < count && !this.#retransmitPolicy.isExhausted(slot)) return this.#requeue(slot, Phase.sampleQueued);
    }
    this.#timers.set(slot, at + this.#retransmitPolicy.linger(slot));
  }

  #onRejected(): void {
    const { slot, isChallenge } = this.#reader;
    const { pairs } = this;
    this.stats.repliesRejected++;
    if ((pairs.rejected[slot] as number) < 65_535) pairs.rejected[slot] = (pairs.rejected[slot] as number) + 1;
    if (pairs.rejectedReply[slot] === 0) pairs.rejectedReply[slot] = this.#reader.keep();
    if (!isChallenge || pairs.phase[slot] !== Phase.waiting || (pairs.bonus[slot] as number) >= 2) return;
    // A stale connection holds the tuple (RFC 5961, 4): the next SYN leaves from another port, and does not count as a retry.
    pairs.bonus[slot] = (pairs.bonus[slot] as number) + 1;
    this.#inflight.land(slot);
    this.#requeue(slot, Phase.queued);
  }

  #finish(slot: number, errno: number): void {
    this.#inflight.land(slot);
    this.#timers.cancel(slot);
    this.#endings.finish(slot, errno);
  }
}
