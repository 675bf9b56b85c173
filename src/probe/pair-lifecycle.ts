import { Errno } from '../transport/errno.ts';
import { NANOS_PER_MS, type Nanos } from '../wire/numbers.ts';
import { BlockStore } from './block-store.ts';
import type { Pacer } from './pacer.ts';
import { Answer, PairTable, Phase } from './pair-table.ts';
import { ReplyReader } from './reply-reader.ts';
import { Patience } from './patience.ts';
import type { RetryPolicy } from './retry-policy.ts';
import { RouteCache } from './route-cache.ts';
import { RtoTable } from './rto-table.ts';
import type { SessionPlan, SessionStats } from './session-plan.ts';
import { SessionVerdict } from './session-verdict.ts';
import { SlotQueue } from './slot-queue.ts';
import { SynSequence } from './syn-sequence.ts';
import { TimerWheel } from './timer-wheel.ts';

const INITIAL_SLOTS = 1024;
/** A kernel queue that stays full for so many tries in a row is not full for a moment. */
const MAX_STALLS = 2000;
/** A time-out is looked at after this, and again whenever the time waited has doubled. */
const FIRST_LOOK: Nanos = 100 * NANOS_PER_MS;

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
  /** SYNs that are out and may still be answered. */
  inFlight = 0;
  readonly #plan: SessionPlan;
  readonly #pacer: Pacer;
  readonly #patience: Patience;
  readonly #timers: TimerWheel = new TimerWheel(INITIAL_SLOTS);
  readonly #blocks: BlockStore = new BlockStore();
  readonly #reader: ReplyReader;
  readonly #verdict: SessionVerdict;
  readonly #samples: Map<number, number[]> = new Map();

  constructor(plan: SessionPlan, pacer: Pacer, policy: RetryPolicy) {
    const { timing, targets } = plan;
    this.#plan = plan;
    this.#pacer = pacer;
    this.syns = new SynSequence(plan, this.pairs, new RouteCache(targets, plan.routes));
    this.rto = new RtoTable(targets.size, timing.timeoutMs * NANOS_PER_MS);
    this.#patience = new Patience(this.pairs, this.rto, { policy, count: timing.count });
    this.#verdict = new SessionVerdict(this.pairs, this.#blocks, this.syns, targets);
    this.#reader = new ReplyReader(plan, this.pairs, this.syns, this.#blocks);
  }

  /** When the next timer may be due; Infinity when none is set. */
  get nextDue(): Nanos {
    return this.#timers.nextDue();
  }

  /** Enters a pair into the table; -1 when no SYN can be made for it, which is its verdict. */
  begin(pair: number): number {
    const { ports } = this.#plan;
    const target = Math.floor(pair / ports.size);
    const port = ports.at(pair % ports.size);
    const route = this.syns.route(target);
    if (route < 0) {
      this.stats.pairsDone++;
      this.#plan.onVerdict(this.#verdict.unroutable(target, port, -route));
      return -1;
    }
    if (this.pairs.full) {
      this.pairs.grow();
      this.#timers.grow(this.pairs.capacity);
    }
    const slot = this.pairs.add(target, port);
    this.pairs.source[slot] = route;
    return slot;
  }

  /** SYN number `pairs.sent[slot]` (from 0) of the pair leaves at `now`. */
  onSending(slot: number, now: Nanos): void {
    const { pairs } = this;
    const attempt = pairs.sent[slot] as number;
    pairs.sent[slot] = attempt + 1;
    pairs.isn[slot] = this.syns.lastIsn;
    pairs.stamp(slot, attempt, now);
    pairs.phase[slot] = pairs.phase[slot] === Phase.sampleQueued ? Phase.sampling : Phase.waiting;
    this.inFlight++;
    this.#timers.set(slot, now + Math.min(FIRST_LOOK, this.#patience.timeout(slot)));
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
    if (reader.answer === Answer.none) this.#onRejected();
    else this.#onAnswer(at);
  }

  /** The kernel refused the SYN. True when its queue was full, so that the SYN is tried again later. */
  onSendError(slot: number, errno: number): boolean {
    const { pairs } = this;
    const stalls = pairs.stalls[slot] as number;
    this.inFlight--;
    if ((errno !== Errno.EAGAIN && errno !== Errno.ENOBUFS) || stalls >= MAX_STALLS) {
      this.#finish(slot, errno);
      return false;
    }
    pairs.stalls[slot] = stalls + 1;
    pairs.sent[slot] = (pairs.sent[slot] as number) - 1;
    this.#requeue(slot, pairs.phase[slot] === Phase.sampling ? Phase.sampleQueued : Phase.queued);
    return true;
  }

  /** Handles every timer that is due. */
  expire(now: Nanos): void {
    for (let slot = this.#timers.expire(now); slot >= 0; slot = this.#timers.expire(now)) this.#onTimer(slot, now);
  }

  /** Gives every pair that was answered its verdict. */
  finishAnswered(): void {
    this.pairs.forEach((slot) => {
      if (this.pairs.answer[slot] !== Answer.none) this.#finish(slot, 0);
    });
  }

  #onTimer(slot: number, now: Nanos): void {
    const { pairs } = this;
    const phase = pairs.phase[slot] as number;
    const exhausted = this.#patience.isExhausted(slot);
    const settled = phase === Phase.answered || this.#isSettledSoftly(slot);
    if (!settled && this.#waitsOn(slot, now)) return;
    if (phase === Phase.waiting || phase === Phase.sampling) this.inFlight--;
    if (phase === Phase.waiting) this.#pacer.onSilence();
    if (settled || exhausted) this.#finish(slot, 0);
    else this.#requeue(slot, phase === Phase.sampling ? Phase.sampleQueued : Phase.queued);
  }

  /** A failure of this host, or an ICMP error for the last SYN: nothing more to wait for than a late SYN-ACK. */
  #isSettledSoftly(slot: number): boolean {
    const { pairs } = this;
    if (pairs.answer[slot] === Answer.localIcmp) return true;
    return pairs.phase[slot] === Phase.soft && this.#patience.isExhausted(slot);
  }

  /** Looks again when the time-out has not passed: it shrinks when the target's first answer comes, and grows with slow ones. */
  #waitsOn(slot: number, now: Nanos): boolean {
    if (this.pairs.phase[slot] === Phase.soft) return false;
    const sentAt = this.pairs.stampOf(slot, (this.pairs.sent[slot] as number) - 1);
    const due = sentAt + this.#patience.timeout(slot);
    if (due <= now) return false;
    this.#timers.set(slot, Math.min(due, now + Math.max(FIRST_LOOK, now - sentAt)));
    return true;
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
    const rtt = at - this.pairs.stampOf(slot, attempt);
    if ((this.pairs.phase[slot] as number) >= Phase.answered) this.#onLaterAnswer(rtt);
    else this.#onEarlyAnswer(rtt, at);
  }

  #onEarlyAnswer(rtt: Nanos, at: Nanos): void {
    const { slot, attempt, answer } = this.#reader;
    const { pairs } = this;
    const isFinal = answer >= Answer.rst;
    const isCurrent = attempt === (pairs.sent[slot] as number) - 1;
    const lost = isFinal ? this.#lostBefore(slot, attempt) : 0;
    this.#pacer.onAnswer(at - rtt, lost, pairs.stampOf(slot, Math.max(0, attempt - 1)));
    if (answer > (pairs.answer[slot] as number)) this.#keep(slot, attempt, rtt);
    if (pairs.phase[slot] === Phase.waiting && (isCurrent || isFinal)) this.inFlight--;
    if (isFinal) this.#onFinalAnswer(slot, rtt, at);
    else if (isCurrent) this.#onSoftAnswer(slot, at);
  }

  /** SYNs known lost by the first final answer. Senders of ICMP errors limit their rate, and a challenge ACK is an answer: retries after those tell nothing. */
  #lostBefore(slot: number, attempt: number): number {
    return this.pairs.answer[slot] === Answer.none && this.pairs.bonus[slot] === 0 ? attempt : 0;
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
    const exhausted = this.#patience.isExhausted(slot);
    const settled = exhausted || pairs.answer[slot] === Answer.localIcmp;
    this.#timers.set(slot, at + (settled ? this.#patience.linger(slot) : this.#patience.softRetry(slot)));
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
    this.inFlight--;
    pairs.phase[slot] = Phase.answered;
    if (rtt >= 0) this.rto.sample(pairs.target[slot] as number, rtt);
    this.#sampled(slot, rtt, at);
  }

  /** Notes an RTT sample, and asks for the next one while `count` wants more. */
  #sampled(slot: number, rtt: Nanos, at: Nanos): void {
    const { count } = this.#plan.timing;
    if (count > 1) {
      const samples = this.#samples.get(slot) ?? [];
      if (rtt >= 0) samples.push(rtt);
      this.#samples.set(slot, samples);
      if (samples.length < count && !this.#patience.isExhausted(slot)) return this.#requeue(slot, Phase.sampleQueued);
    }
    this.#timers.set(slot, at + this.#patience.linger(slot));
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
    this.inFlight--;
    this.#requeue(slot, Phase.queued);
  }

  /** A SYN that the kernel took may still wait for a neighbour that is not there: it never left, and silence says nothing about the target. */
  #lateErrno(slot: number): number {
    const target = this.pairs.target[slot] as number;
    if (this.pairs.answer[slot] !== Answer.none || this.rto.srtt(target) !== 0) return 0;
    return this.#plan.routes.isUnresolved(this.#plan.targets.at(target)) ? Errno.EHOSTUNREACH : 0;
  }

  #finish(slot: number, errno: number): void {
    const { pairs } = this;
    const verdict = this.#verdict.of(slot, errno === 0 ? this.#lateErrno(slot) : errno, this.#samples.get(slot));
    this.stats.pairsDone++;
    if (verdict.state === 'open') this.stats.open++;
    this.#plan.onVerdict(verdict);
    this.#timers.cancel(slot);
    this.#blocks.release(pairs.reply[slot] as number);
    this.#blocks.release(pairs.conflict[slot] as number);
    this.#blocks.release(pairs.rejectedReply[slot] as number);
    if (this.#plan.timing.count > 1) this.#samples.delete(slot);
    pairs.remove(slot);
  }
}
