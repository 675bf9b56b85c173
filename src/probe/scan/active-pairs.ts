import type { Nanos } from '../../wire/numbers.ts';
import type { FirstPair } from './first-transmissions.ts';
import { Answer, PairTable, Phase } from './pair-table.ts';
import { SlotQueue } from './slot-queue.ts';
import { TimerWheel } from './timer-wheel.ts';

const INITIAL_SLOTS = 1024;

/** The slow tier: the pairs of the table, each with a timer, and the queue of those whose next SYN is due. */
export class ActivePairs {
  readonly table: PairTable = new PairTable(INITIAL_SLOTS);
  /** SYNs that count as in flight. */
  inFlight = 0;
  /** One for each slot. */
  readonly timers: TimerWheel = new TimerWheel(INITIAL_SLOTS);
  /** Entries may be stale, so the phase decides. */
  readonly #due: SlotQueue = new SlotQueue();

  /** False when no pair waits for its next SYN to be sent. */
  get mayRetry(): boolean {
    return this.#due.size > 0;
  }

  /** Takes a pair of the fast tier, whose SYN counts as in flight or not, into a slot. No timer is set. */
  add(pair: FirstPair, isInFlight: boolean): number {
    const { table } = this;
    if (table.full) {
      table.grow();
      this.timers.grow(table.capacity);
    }
    const slot = table.add(pair.target, pair.port);
    table.source[slot] = pair.source;
    table.sent[slot] = 1;
    table.nonce[slot] = pair.nonce;
    table.firstNonce[slot] = pair.nonce;
    table.stamp(slot, 0, pair.sentAt);
    table.phase[slot] = Phase.waiting;
    if (isInFlight) this.#countInFlight(slot);
    if (pair.reply === 0) return slot;
    table.phase[slot] = Phase.answered;
    table.answer[slot] = Answer.rst;
    table.answeredBy[slot] = 1;
    table.reply[slot] = pair.reply;
    table.rtt[slot] = pair.rtt;
    return slot;
  }

  /** The pair has its verdict. */
  remove(slot: number): void {
    this.leaveFlight(slot);
    this.timers.cancel(slot);
    this.table.remove(slot);
  }

  /** The slot whose next SYN is to be sent; -1 when there is none. */
  nextRetry(): number {
    const { phase } = this.table;
    for (let slot = this.#due.shift(); slot >= 0; slot = this.#due.shift()) {
      if (phase[slot] === Phase.queued || phase[slot] === Phase.sampleQueued) return slot;
    }
    return -1;
  }

  /** The pair's next SYN, made with that nonce, leaves at `now`. */
  onSending(slot: number, nonce: number, now: Nanos): void {
    const { table } = this;
    const attempt = table.sent[slot] as number;
    table.sent[slot] = attempt + 1;
    table.nonce[slot] = nonce;
    table.stamp(slot, attempt, now);
    table.phase[slot] = table.phase[slot] === Phase.sampleQueued ? Phase.sampling : Phase.waiting;
    this.#countInFlight(slot);
  }

  /** The pair's next SYN is due: a retry, or one for an RTT sample if the pair is decided. */
  requeue(slot: number): void {
    const { phase } = this.table;
    phase[slot] = (phase[slot] as number) >= Phase.answered ? Phase.sampleQueued : Phase.queued;
    this.timers.cancel(slot);
    this.#due.push(slot);
  }

  #countInFlight(slot: number): void {
    this.table.inFlight[slot] = 1;
    this.inFlight++;
  }

  /** The latest SYN no longer counts as in flight. Returns whether it did. */
  leaveFlight(slot: number): boolean {
    const wasInFlight = this.table.inFlight[slot] === 1;
    this.table.inFlight[slot] = 0;
    if (wasInFlight) this.inFlight--;
    return wasInFlight;
  }
}
