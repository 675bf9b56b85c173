import { Errno } from '../../transport/errno.ts';
import type { SendBatch } from '../../transport/transport.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { RtoTable } from '../rto-table.ts';
import type { DrivenSession } from '../session/driven-session.ts';
import { ActivePairs } from './active-pairs.ts';
import { BlockStore } from './block-store.ts';
import { FirstTransmissions } from './first-transmissions.ts';
import { NextHops } from './next-hops.ts';
import { Pacer } from './pacer.ts';
import { PairAnswers } from './pair-answers.ts';
import { PairEndings } from './pair-endings.ts';
import { PairTimeouts, type TimeoutParts } from './pair-timeouts.ts';
import { ReplyReader } from './reply-reader.ts';
import { RetransmitPolicy } from './retransmit-policy.ts';
import type { SessionPlan, SessionStats } from './session-plan.ts';
import { SynSequence } from './syn-sequence.ts';
import { SynWriter } from './syn-writer.ts';

/** How long nothing is sent after the kernel said that its queue is full. */
const STALL_PAUSE: Nanos = NANOS_PER_MS;
/** Tries of a SYN while the kernel's queue is full; after that the refusal counts. */
const MAX_STALLS = 2000;
/** How soon a held session is polled again. */
const HOLD_PAUSE: Nanos = NANOS_PER_MS;
/** Pairs without a route that get their verdict in one poll, since no packet limits their number. */
const MAX_UNROUTED = 1024;

/**
 * One run over all pairs: each ends in exactly one verdict. Allocates nothing for a packet; memory follows
 * the pairs under way. docs/internals/scan.md shows a pair's life.
 */
export class ProbeSession implements DrivenSession {
  /** Running totals. */
  readonly stats: SessionStats = { probesSent: 0, repliesReceived: 0, repliesRejected: 0, pairsDone: 0, open: 0 };
  readonly #parts: TimeoutParts;
  readonly #writer: SynWriter;
  readonly #timeouts: PairTimeouts;
  readonly #answers: PairAnswers;
  #stalledUntil: Nanos = 0;
  #held = false;
  #drops = 0;
  #stopped = false;
  /** True when the batch that was filled last holds retries. */
  #retries = false;

  constructor(plan: SessionPlan) {
    const { timing, targets } = plan;
    const { stats } = this;
    const pairs = new ActivePairs();
    const blocks = new BlockStore();
    const pacer = new Pacer(timing.rate, timing.maxInFlight);
    const rto = new RtoTable(targets.size, timing.timeoutMs * NANOS_PER_MS);
    const policy = new RetransmitPolicy(pairs.table, rto, plan);
    const syns = new SynSequence(plan);
    const writer = new SynWriter(plan, syns);
    const endings = new PairEndings(plan, { pairs, blocks, writer, stats });
    const hops = new NextHops(plan, rto);
    const first = new FirstTransmissions(plan, writer, hops);
    const reader = new ReplyReader(plan, { first, pairs: pairs.table, syns });
    this.#parts = { first, pairs, rto, policy, pacer, endings, hops, stats };
    this.#writer = writer;
    this.#timeouts = new PairTimeouts(this.#parts);
    this.#answers = new PairAnswers({ ...this.#parts, blocks, reader, timeouts: this.#timeouts }, timing.count);
  }

  get finished(): boolean {
    const { pairs, first } = this.#parts;
    return this.#stopped || (pairs.table.active === 0 && first.isOver);
  }

  /**
   * A first SYN is known by its position in the run, whatever becomes of its pair; a retry by its slot, which
   * may belong to another pair by the time that `flushed` is called.
   */
  get runsAhead(): boolean {
    return !this.#retries;
  }

  /**
   * While held, nothing is sent and no verdict is told but by `stop`; packets are still taken. Nothing
   * announces the end of a hold, so `poll` asks to be called again soon.
   */
  hold(held: boolean): void {
    this.#held = held;
  }

  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void {
    if (!this.#stopped) this.#answers.receive(bytes, offset, length, at);
  }

  /** Ports whose answers may be among the lost packets are probed again before they are called silent. */
  noteDrops(now: Nanos, drops: number | null): void {
    if (drops === null || drops === this.#drops) return;
    this.#drops = drops;
    this.#parts.policy.captureLossAt = now;
    this.#parts.pacer.onLocalCongestion();
  }

  poll(now: Nanos, batch: SendBatch): Nanos {
    batch.count = 0;
    if (this.finished) return Infinity;
    if (this.#held) return now + HOLD_PAUSE;
    const { pacer, policy, rto } = this.#parts;
    this.#timeouts.expire(now);
    pacer.review(now, rto.typicalFate());
    policy.retries.learn(pacer.lossRatio, pacer.fatesKnown);
    const limitedUntil = now < this.#stalledUntil ? this.#stalledUntil : this.#fill(now, batch);
    if (this.finished) return Infinity;
    return Math.min(limitedUntil, this.#timeouts.nextDue);
  }

  /** Retries stand first in a batch, and their tags are their slots; first SYNs have negative tags. */
  flushed(now: Nanos, batch: SendBatch): Nanos {
    const { first } = this.#parts;
    const { count, tags, errors } = batch;
    let slot = 0;
    for (; slot < count && (tags[slot] as number) >= 0; slot++) this.#onRetryFlushed(slot, now, batch);
    while (slot < count) {
      const refused = first.stampSent(batch, slot);
      this.stats.probesSent += refused - slot;
      const pair = refused < count ? first.pairAt(batch, refused) : null;
      if (pair !== null) this.#onRefused(this.#timeouts.promote(pair), errors[refused] as number, now);
      slot = refused + 1;
    }
    return this.#stalledUntil > now ? this.#stalledUntil : Infinity;
  }

  #onRetryFlushed(index: number, now: Nanos, batch: SendBatch): void {
    const slot = batch.tags[index] as number;
    const errno = batch.errors[index] as number;
    if (errno !== 0) return this.#onRefused(slot, errno, now);
    const { table } = this.#parts.pairs;
    this.stats.probesSent++;
    table.stalls[slot] = 0;
    table.stamp(slot, (table.sent[slot] as number) - 1, batch.sentAt[index] as number);
  }

  /** The kernel refused the latest SYN of the pair in `slot`; if its queue was full, it is tried again. */
  #onRefused(slot: number, errno: number, now: Nanos): void {
    const { pairs, endings, pacer } = this.#parts;
    const { table } = pairs;
    const stalls = table.stalls[slot] as number;
    pairs.leaveFlight(slot);
    if ((errno !== Errno.EAGAIN && errno !== Errno.ENOBUFS) || stalls >= MAX_STALLS) return endings.finish(slot, errno);
    table.stalls[slot] = stalls + 1;
    table.sent[slot] = (table.sent[slot] as number) - 1;
    pairs.requeue(slot);
    pacer.onLocalCongestion();
    this.#stalledUntil = now + STALL_PAUSE;
  }

  /** Pairs with an answer get their verdict, the others get none. */
  stop(): void {
    if (this.#stopped) return;
    this.#timeouts.finishAnswered();
    this.#stopped = true;
  }

  /** Nothing to send: the kernel resets what is half open, since its resets are not suppressed. */
  drainOnClose(batch: SendBatch): void {
    batch.count = 0;
  }

  get #inFlight(): number {
    return this.#parts.pairs.inFlight + this.#parts.first.inFlight;
  }

  /** Retries first, then first SYNs. */
  #fill(now: Nanos, batch: SendBatch): Nanos {
    const { first, pairs, pacer, endings } = this.#parts;
    const room = Math.min(batch.capacity, pacer.allowance(now), pacer.window - this.#inFlight);
    while (batch.count < room && this.#writeRetry(now, batch)) pacer.onSent(now, 1);
    this.#retries = batch.count > 0;
    first.beginBatch(batch);
    for (let unrouted = 0; batch.count < room && first.mayBegin && unrouted < MAX_UNROUTED;) {
      const added = first.add(now, batch, room - batch.count);
      pacer.onSent(now, added);
      if (added > 0) continue;
      const pair = first.skip(now);
      endings.finishSilent(pair, -pair.source);
      unrouted++;
    }
    const hasMore = pairs.mayRetry || first.mayBegin;
    return hasMore && this.#inFlight < pacer.window ? pacer.nextAllowance(now) : Infinity;
  }

  /** Writes the next retry that is due into `batch`; false when there is none. */
  #writeRetry(now: Nanos, batch: SendBatch): boolean {
    const { pairs } = this.#parts;
    const slot = pairs.nextRetry();
    if (slot < 0) return false;
    const nonce = this.#writer.writeNext(batch, pairs.table.synsOf(slot), slot);
    pairs.onSending(slot, nonce, now);
    this.#timeouts.start(slot, now);
    return true;
  }
}
