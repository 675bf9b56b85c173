import { Errno } from '../../transport/errno.ts';
import type { SendBatch } from '../../transport/transport.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { PacketView } from '../../wire/packet-view.ts';
import { RtoTable } from '../rto-table.ts';
import { ActivePairs } from './active-pairs.ts';
import { BlockStore } from './block-store.ts';
import { type FirstPair, FirstTransmissions } from './first-transmissions.ts';
import { NextHops } from './next-hops.ts';
import type { Pacer } from './pacer.ts';
import { type Captured, PairAnswers } from './pair-answers.ts';
import { PairEndings } from './pair-endings.ts';
import { Answer, Phase } from './pair-table.ts';
import { ReplyReader } from './reply-reader.ts';
import { RetransmitPolicy, type RetryPolicy } from './retransmit-policy.ts';
import type { SessionPlan, SessionStats } from './session-plan.ts';
import type { FirstReset } from './session-verdict.ts';
import { type Reused, SynSequence } from './syn-sequence.ts';
import { SynWriter } from './syn-writer.ts';

/** Verdicts told before the loop may look at other things. */
const MAX_ENDINGS = 1024;
/** A kernel queue that stays full for so many tries in a row is not full for a moment. */
const MAX_STALLS = 2000;
/** A time-out is looked at after this, and again whenever the time waited has doubled. */
const FIRST_LOOK: Nanos = 100 * NANOS_PER_MS;
/** Silent pairs wait for their time-out in the table, each for its own, while it holds fewer than this; beyond, in the fast tier, in order. */
const ROOMY = 16_384;
/** Silent pairs stay in the fast tier while the table holds so many. */
const FULL = 524_288;

/**
 * What becomes of each pair between its first SYN and its verdict: answers, time-outs, retries, samples, failures to send. Moves pairs from the fast tier
 * (FirstTransmissions) to the table (ActivePairs). Knows nothing of windows and rates beyond counting what is in flight.
 */
export class PairLifecycle {
  readonly stats: SessionStats = { probesSent: 0, repliesReceived: 0, repliesRejected: 0, pairsDone: 0, open: 0 };
  readonly rto: RtoTable;
  readonly first: FirstTransmissions;
  readonly #count: number;
  readonly #pacer: Pacer;
  readonly #policy: RetransmitPolicy;
  readonly #pairs: ActivePairs = new ActivePairs();
  readonly #blocks: BlockStore = new BlockStore();
  readonly #hops: NextHops;
  readonly #writer: SynWriter;
  readonly #reader: ReplyReader;
  readonly #answers: PairAnswers;
  readonly #endings: PairEndings;
  readonly #view: PacketView = new PacketView();
  /** Used again for each packet. */
  readonly #captured: Reused<Captured> = { bytes: new Uint8Array(0), offset: 0, length: 0, at: 0 };
  readonly #reset: Reused<FirstReset> = { reply: 0, rtt: 0 };
  /** Until when the oldest silent pair of the fast tier is waited for. */
  #firstDue: Nanos = 0;

  constructor(plan: SessionPlan, pacer: Pacer, retries: RetryPolicy) {
    const { timing, targets, routes } = plan;
    const pairs = this.#pairs;
    const blocks = this.#blocks;
    const { stats } = this;
    const rto = new RtoTable(targets.size, timing.timeoutMs * NANOS_PER_MS);
    const policy = new RetransmitPolicy(pairs.table, rto, { policy: retries, count: timing.count });
    const syns = new SynSequence(plan);
    const writer = new SynWriter(plan, syns);
    const endings = new PairEndings(plan, { pairs, blocks, writer, stats });
    this.#count = timing.count;
    this.#pacer = pacer;
    this.rto = rto;
    this.#policy = policy;
    this.#hops = new NextHops({ targets, routes, rto });
    this.#writer = writer;
    this.#endings = endings;
    this.first = new FirstTransmissions(plan, writer, this.#hops);
    this.#reader = new ReplyReader(plan, { first: this.first, pairs: pairs.table, syns });
    this.#answers = new PairAnswers({ pairs, blocks, rto, policy, pacer, endings, hops: this.#hops, stats }, timing.count);
  }

  /** SYNs that may fill the path. */
  get inFlight(): number {
    return this.#pairs.inFlight + this.first.inFlight;
  }

  /** True once every pair has its verdict. */
  get isOver(): boolean {
    return this.#pairs.table.active === 0 && this.first.isOver;
  }

  /** False when no pair of the table waits for its next SYN to be sent. */
  get mayRetry(): boolean {
    return this.#pairs.mayRetry;
  }

  /** When the next time-out may be due; Infinity when nothing waits. */
  get nextDue(): Nanos {
    const { first } = this;
    const look = Math.max(first.oldestSilent + FIRST_LOOK, this.#firstDue);
    const soonest = Math.min(look, first.oldestInFlight + this.rto.typical(), first.graceDue);
    // In a fast scan a pair's time is up every microsecond: those of a millisecond are looked at together.
    return Math.min(this.#pairs.nextDue, Math.ceil(soonest / NANOS_PER_MS) * NANOS_PER_MS);
  }

  /** Writes the next retry that is due into `batch`, which leaves at `now`; false when there is none. */
  writeRetry(now: Nanos, batch: SendBatch): boolean {
    const pairs = this.#pairs;
    const slot = pairs.nextRetry();
    if (slot < 0) return false;
    const nonce = this.#writer.writeNext(batch, pairs.table.synsOf(slot), slot);
    pairs.onSending(slot, nonce, now);
    pairs.waitUntil(slot, now + Math.min(FIRST_LOOK, this.#policy.timeout(slot)));
    return true;
  }

  /** Gives the next pair of the run, which has no route, its verdict at `now`. */
  skipUnrouted(now: Nanos): void {
    const pair = this.first.skip(now);
    this.#endings.finishSilent(pair, -pair.source);
  }

  /** Learns when the first SYNs in `batch` from slot `from` on left, up to one that was refused: returns the slot of that one, else `batch.count`. */
  onFirstSent(batch: SendBatch, from: number): number {
    const to = this.first.stampSent(batch, from);
    this.stats.probesSent += to - from;
    return to;
  }

  /** The kernel took the latest SYN of the pair in `slot` at `at`. */
  onSent(slot: number, at: Nanos): void {
    const { table } = this.#pairs;
    this.stats.probesSent++;
    table.stalls[slot] = 0;
    table.stamp(slot, (table.sent[slot] as number) - 1, at);
  }

  /** The kernel refused the latest SYN of the pair in `slot`. True when its queue was full, so that the SYN is tried again later. */
  onRefused(slot: number, errno: number): boolean {
    const { table } = this.#pairs;
    const stalls = table.stalls[slot] as number;
    this.#pairs.leaveFlight(slot);
    if ((errno !== Errno.EAGAIN && errno !== Errno.ENOBUFS) || stalls >= MAX_STALLS) {
      this.#endings.finish(slot, errno);
      return false;
    }
    table.stalls[slot] = stalls + 1;
    table.sent[slot] = (table.sent[slot] as number) - 1;
    this.#pairs.requeue(slot);
    return true;
  }

  /** The same for a pair of the fast tier. */
  onFirstRefused(pair: FirstPair, errno: number): boolean {
    return this.onRefused(this.#promote(pair), errno);
  }

  /** Takes one captured packet. */
  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void {
    const view = this.#view;
    if (!view.load(bytes, offset, length) || this.#reader.stampOwnSyn(view, at)) return;
    const reply = this.#reader.read(view);
    if (reply === null) return;
    const captured = this.#captured;
    captured.bytes = bytes;
    captured.offset = offset;
    captured.length = length;
    captured.at = at;
    const { first } = reply;
    if (first === null) this.#answers.take(reply.slot, reply, captured);
    else if (reply.answer !== Answer.rst || !this.#isDecidedBy(first, at))
      this.#answers.take(this.#promote(first), reply, captured);
    else this.#onFirstReset(first, captured);
  }

  /** True when an RST at `at` is all that was heard of the pair and may decide it in the fast tier, where each waits equally long for a contradiction. */
  #isDecidedBy({ reply, target, sentAt }: FirstPair, at: Nanos): boolean {
    return reply === 0 && this.#count === 1 && this.#policy.lingersShortly(target, at - sentAt);
  }

  #onFirstReset(pair: FirstPair, { bytes, offset, length, at }: Captured): void {
    const reset = this.#reset;
    reset.rtt = at - pair.sentAt;
    reset.reply = this.#blocks.put(bytes, offset, length);
    this.stats.repliesReceived++;
    this.#pacer.onAnswer(pair.sentAt, 0, pair.sentAt);
    if (reset.rtt >= 0) this.rto.sample(pair.target, reset.rtt);
    this.first.beginGrace(pair, at, reset);
  }

  /** Moves a pair of the fast tier to the table, where its time-out runs on; returns its slot. */
  #promote(pair: FirstPair): number {
    const slot = this.#pairs.add(pair, this.first.remove(pair));
    const due = pair.reply === 0 ? pair.sentAt + Math.min(FIRST_LOOK, this.#policy.timeout(slot)) : pair.graceUntil;
    this.#pairs.waitUntil(slot, due);
    return slot;
  }

  /** Handles time-outs that are due at `now`, so many at most that verdicts do not pile up; more may be due afterwards. */
  expire(now: Nanos): void {
    const done = this.stats.pairsDone + MAX_ENDINGS;
    this.#hops.absent.review(now, this.#pairs.table, (slot) => {
      if (this.stats.pairsDone < done) this.#endings.finish(slot, Errno.EHOSTUNREACH);
      return this.stats.pairsDone < done;
    });
    for (let silent = this.first.expireInFlight(now - this.rto.typical()); silent > 0; silent--) this.#pacer.onSilence();
    this.#expireGrace(now, done);
    this.#expireFirst(now, done);
    for (let slot = -1; this.stats.pairsDone < done && (slot = this.#pairs.expire(now)) >= 0;) this.#onTimer(slot, now);
  }

  #expireGrace(now: Nanos, done: number): void {
    const { first, stats } = this;
    for (let pair = first.endGrace(now); pair !== null && stats.pairsDone < done; pair = first.endGrace(now)) {
      first.remove(pair);
      this.#endings.finishReset(pair);
    }
  }

  /**
   * Silent pairs of the fast tier, oldest first. One whose only SYN that was ends there when its time is up. Any other moves to the table then or, while there is
   * room, when it has been looked at.
   */
  #expireFirst(now: Nanos, done: number): void {
    const { first, stats } = this;
    const { table } = this.#pairs;
    const { onlyOne, deafAt } = this.#policy;
    for (let pair = first.expire(now - FIRST_LOOK); pair !== null; pair = first.expire(now - FIRST_LOOK)) {
      if (stats.pairsDone >= done || table.active >= FULL) return;
      const due = pair.sentAt + this.#policy.firstTimeout(pair.target);
      const isLast = onlyOne && pair.sentAt > deafAt;
      if (due > now && (isLast || table.active >= ROOMY)) {
        this.#firstDue = due;
        return;
      }
      if (isLast) this.#endSilently(pair, now);
      else this.#onTimer(this.#promote(pair), now);
    }
  }

  #endSilently(pair: FirstPair, now: Nanos): void {
    if (this.first.remove(pair)) this.#pacer.onSilence();
    this.#endings.finishSilent(pair, this.#hops.failure(pair.target, pair.sentAt, now));
  }

  #onTimer(slot: number, now: Nanos): void {
    const pairs = this.#pairs;
    const { phase } = pairs.table;
    const isExhausted = this.#policy.isExhausted(slot) && !this.#policy.grantsAnother(slot);
    const isSettled = phase[slot] === Phase.answered || this.#policy.isSettledSoftly(slot) || this.#isStranded(slot, now);
    if (!isSettled && this.#waitsOn(slot, now)) return;
    this.#leaveFlightSilently(slot);
    if (isSettled || isExhausted) this.#endings.finish(slot, this.#failure(slot, now));
    else pairs.requeue(slot);
  }

  /** Looks again when the time-out has not passed: it shrinks when the target's first answer comes, and grows with slow ones. */
  #waitsOn(slot: number, now: Nanos): boolean {
    const { table } = this.#pairs;
    if (table.phase[slot] === Phase.soft) return false;
    const sentAt = table.lastSentAt(slot);
    const due = sentAt + this.#policy.timeout(slot);
    if (due <= now) return false;
    const inFlightUntil = sentAt + this.rto.typical();
    if (inFlightUntil <= now) this.#leaveFlightSilently(slot);
    const nextLook = now + Math.max(FIRST_LOOK, now - sentAt);
    this.#pairs.waitUntil(slot, Math.min(due, nextLook, inFlightUntil > now ? inFlightUntil : Infinity));
    return true;
  }

  /** The usual time-out has passed without an answer to the latest SYN. A silent one is waited for much longer, but by then the path has forgotten it. */
  #leaveFlightSilently(slot: number): void {
    if (this.#pairs.leaveFlight(slot) && this.#pairs.table.phase[slot] === Phase.waiting) this.#pacer.onSilence();
  }

  /** True for an unanswered pair whose next hop must be missing: its other SYNs would only wait in their turn. */
  #isStranded(slot: number, now: Nanos): boolean {
    const { table } = this.#pairs;
    return this.#hops.isOverdue(table.target[slot] as number, table.stampOf(slot, 0), now) && this.#failure(slot, now) !== 0;
  }

  /** Why the SYNs of an unanswered pair did not leave this host, though the kernel took them; 0 if they did. */
  #failure(slot: number, now: Nanos): number {
    const { table } = this.#pairs;
    if (table.answer[slot] !== Answer.none) return 0;
    return this.#hops.failure(table.target[slot] as number, table.stampOf(slot, 0), now);
  }

  /** The capture lost packets at some time up to `now`. */
  onCaptureLoss(now: Nanos): void {
    this.#policy.deafAt = now;
    this.#pacer.onLocalCongestion();
  }

  /** Gives every pair that was answered its verdict. */
  finishAnswered(): void {
    this.#expireGrace(Infinity, Infinity);
    const { table } = this.#pairs;
    table.forEach((slot) => table.answer[slot] !== Answer.none && this.#endings.finish(slot, 0));
  }
}
