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
import { Answer } from './pair-table.ts';
import { PairTimeouts } from './pair-timeouts.ts';
import { ReplyReader } from './reply-reader.ts';
import { RetransmitPolicy, type RetryPolicy } from './retransmit-policy.ts';
import type { SessionPlan, SessionStats } from './session-plan.ts';
import type { FirstReset } from './session-verdict.ts';
import { type Reused, SynSequence } from './syn-sequence.ts';
import { SynWriter } from './syn-writer.ts';

/** Tries of a SYN while the kernel's queue is full; after that the refusal counts. */
const MAX_STALLS = 2000;

/**
 * What becomes of each pair between its first SYN and its verdict, event by event: sent, refused, answered,
 * time passed. Joins the fast tier (FirstTransmissions) and the table (ActivePairs), which do not know each
 * other.
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
  readonly #writer: SynWriter;
  readonly #reader: ReplyReader;
  readonly #answers: PairAnswers;
  readonly #timeouts: PairTimeouts;
  readonly #endings: PairEndings;
  readonly #view: PacketView = new PacketView();
  /** Used again for each packet; NaN makes V8 keep times as doubles from the start. */
  readonly #captured: Reused<Captured> = { bytes: new Uint8Array(0), offset: 0, length: 0, at: NaN };
  readonly #reset: Reused<FirstReset> = { reply: 0, rtt: NaN };

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
    const hops = new NextHops({ targets, routes, rto });
    const first = new FirstTransmissions(plan, writer, hops);
    const parts = { first, pairs, blocks, rto, policy, pacer, endings, hops, stats };
    this.#count = timing.count;
    this.#pacer = pacer;
    this.#policy = policy;
    this.#writer = writer;
    this.#endings = endings;
    this.rto = rto;
    this.first = first;
    this.#reader = new ReplyReader(plan, { first, pairs: pairs.table, syns });
    this.#answers = new PairAnswers(parts, timing.count);
    this.#timeouts = new PairTimeouts(parts);
  }

  /** SYNs that count as in flight. */
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
    return this.#timeouts.nextDue;
  }

  /** Writes the next retry that is due into `batch`, which leaves at `now`; false when there is none. */
  writeRetry(now: Nanos, batch: SendBatch): boolean {
    const pairs = this.#pairs;
    const slot = pairs.nextRetry();
    if (slot < 0) return false;
    const nonce = this.#writer.writeNext(batch, pairs.table.synsOf(slot), slot);
    pairs.onSending(slot, nonce, now);
    this.#timeouts.start(slot, now);
    return true;
  }

  /** Gives the next pair of the run, which has no route, its verdict at `now`. */
  skipUnrouted(now: Nanos): void {
    const pair = this.first.skip(now);
    this.#endings.finishSilent(pair, -pair.source);
  }

  /**
   * Learns when the first SYNs in `batch` from slot `from` on left, up to one that was refused: returns the
   * slot of that one, else `batch.count`.
   */
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

  /**
   * The kernel refused the latest SYN of the pair in `slot`. True when its queue was full, so that the SYN is
   * tried again later.
   */
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
    return this.onRefused(this.#timeouts.promote(pair), errno);
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
      this.#answers.take(this.#timeouts.promote(first), reply, captured);
    else this.#onFirstReset(first, captured);
  }

  /**
   * True if the RST at `at` is the first that was heard of the pair, and the equal wait of all pairs in grace
   * is long enough for it.
   */
  #isDecidedBy({ reply, target, sentAt }: FirstPair, at: Nanos): boolean {
    return reply === 0 && this.#count === 1 && this.#policy.fitsClosedGrace(target, at - sentAt);
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

  /** Handles time-outs that are due at `now`, a bounded number of them; more may be due afterwards. */
  expire(now: Nanos): void {
    this.#timeouts.expire(now);
  }

  /** The capture lost packets at some time up to `now`. */
  onCaptureLoss(now: Nanos): void {
    this.#policy.captureLossAt = now;
    this.#pacer.onLocalCongestion();
  }

  /** Gives every pair that was answered its verdict. */
  finishAnswered(): void {
    this.#timeouts.finishAnswered();
  }
}
