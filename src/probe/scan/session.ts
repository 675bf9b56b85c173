import type { SendBatch } from '../../transport/transport.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { DrivenSession } from '../session/driven-session.ts';
import { Pacer } from './pacer.ts';
import { PairLifecycle } from './pair-lifecycle.ts';
import { RetryPolicy } from './retransmit-policy.ts';
import type { SessionPlan, SessionStats } from './session-plan.ts';

/** How long nothing is sent after the kernel said that its queue is full. */
const STALL_PAUSE: Nanos = NANOS_PER_MS;
/** How soon a held session is polled again. */
const HOLD_PAUSE: Nanos = NANOS_PER_MS;
/** Pairs without a route that get their verdict in one poll, since no packet limits their number. */
const MAX_UNROUTED = 1024;

/**
 * One run over all pairs, without I/O: `poll` fills a batch with the SYNs that may leave now, `flushed`
 * learns what became of them, `receive` takes every captured packet. Each pair ends in exactly one verdict.
 * Times are nanoseconds on the transport's clock. Allocates nothing for a packet; memory follows the pairs
 * under way. docs/internals/scan.md shows a pair's life.
 */
export class ProbeSession implements DrivenSession {
  readonly #pacer: Pacer;
  readonly #policy: RetryPolicy;
  readonly #life: PairLifecycle;
  #stalledUntil: Nanos = 0;
  #held = false;
  #drops = 0;
  #stopped = false;
  /** True when the batch that was filled last holds retries. */
  #retries = false;

  constructor(plan: SessionPlan) {
    const { timing } = plan;
    this.#pacer = new Pacer(timing.rate, timing.maxInFlight);
    this.#policy = new RetryPolicy(timing, plan.order.length);
    this.#life = new PairLifecycle(plan, this.#pacer, this.#policy);
  }

  /** Running totals. */
  get stats(): Readonly<SessionStats> {
    return this.#life.stats;
  }

  /** True once every pair has its verdict, or after `stop`. */
  get finished(): boolean {
    return this.#stopped || this.#life.isOver;
  }

  /**
   * A first SYN is known by its position in the run, whatever becomes of its pair. A retry is known by its
   * slot, which may belong to another pair by the time that `flushed` is called.
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

  /** Takes one captured IP packet, own or foreign, of any content. */
  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void {
    if (!this.#stopped) this.#life.receive(bytes, offset, length, at);
  }

  /**
   * Learns how many packets the capture has lost so far; null: not known. Ports whose answers may be among
   * them are probed again before they are called silent.
   */
  noteDrops(now: Nanos, drops: number | null): void {
    if (drops === null || drops === this.#drops) return;
    this.#drops = drops;
    this.#life.onCaptureLoss(now);
  }

  /**
   * Fills `batch` from slot 0 with what may be sent at `now`, and returns when to poll again at the latest:
   * `now` itself when more could be sent at once, Infinity when finished. Packets that arrive are a reason to
   * poll earlier.
   */
  poll(now: Nanos, batch: SendBatch): Nanos {
    batch.count = 0;
    if (this.finished) return Infinity;
    if (this.#held) return now + HOLD_PAUSE;
    this.#life.expire(now);
    this.#pacer.review(now, this.#life.rto.typicalFate());
    this.#policy.learn(this.#pacer.lossRatio, this.#pacer.fatesKnown);
    const limitedUntil = now < this.#stalledUntil ? this.#stalledUntil : this.#fill(now, batch);
    if (this.finished) return Infinity;
    return Math.min(limitedUntil, this.#life.nextDue);
  }

  /**
   * Learns which packets of a batch that `poll` filled were sent and which the kernel refused. Returns when
   * to poll again because of refusals, Infinity when there were none.
   */
  flushed(now: Nanos, batch: SendBatch): Nanos {
    const retries = retriesIn(batch);
    for (let slot = 0; slot < retries; slot++) this.#onRetryFlushed(slot, now, batch);
    let refused = this.#life.onFirstSent(batch, retries);
    while (refused < batch.count) {
      this.#onFirstRefused(refused, now, batch);
      refused = this.#life.onFirstSent(batch, refused + 1);
    }
    return this.#stalledUntil > now ? this.#stalledUntil : Infinity;
  }

  #onRetryFlushed(slot: number, now: Nanos, batch: SendBatch): void {
    const pair = batch.tags[slot] as number;
    const errno = batch.errors[slot] as number;
    if (errno === 0) this.#life.onSent(pair, batch.sentAt[slot] as number);
    else if (this.#life.onRefused(pair, errno)) this.#stall(now);
  }

  #onFirstRefused(slot: number, now: Nanos, batch: SendBatch): void {
    const pair = this.#life.first.pairAt(batch, slot);
    if (pair !== null && this.#life.onFirstRefused(pair, batch.errors[slot] as number)) this.#stall(now);
  }

  /** The kernel's queue is full. */
  #stall(now: Nanos): void {
    this.#pacer.onLocalCongestion();
    this.#stalledUntil = now + STALL_PAUSE;
  }

  /** Ends the run: pairs with an answer get their verdict, the others get none. */
  stop(): void {
    if (this.#stopped) return;
    this.#life.finishAnswered();
    this.#stopped = true;
  }

  /** Nothing to send: the kernel resets what is half open, since its resets are not suppressed. */
  drainOnClose(batch: SendBatch): void {
    batch.count = 0;
  }

  /** Retries first, then first SYNs. */
  #fill(now: Nanos, batch: SendBatch): Nanos {
    const life = this.#life;
    const { first } = life;
    const room = Math.min(batch.capacity, this.#pacer.allowance(now), this.#pacer.window - life.inFlight);
    while (batch.count < room && life.writeRetry(now, batch)) this.#pacer.onSent(now, 1);
    this.#retries = batch.count > 0;
    first.beginBatch(batch);
    for (let unrouted = 0; batch.count < room && first.mayBegin && unrouted < MAX_UNROUTED;) {
      const added = first.add(now, batch, room - batch.count);
      this.#pacer.onSent(now, added);
      if (added > 0) continue;
      life.skipUnrouted(now);
      unrouted++;
    }
    const hasMore = life.mayRetry || first.mayBegin;
    return hasMore && life.inFlight < this.#pacer.window ? this.#pacer.nextAllowance(now) : Infinity;
  }
}

/**
 * How many retries the batch holds. They stand first, and their tags are their slots in the table; first SYNs
 * have negative tags.
 */
function retriesIn({ tags, count }: SendBatch): number {
  let slot = 0;
  while (slot < count && (tags[slot] as number) >= 0) slot++;
  return slot;
}
