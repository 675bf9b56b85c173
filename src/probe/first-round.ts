import type { SendBatch } from '../transport/transport.ts';
import type { Nanos } from '../wire/numbers.ts';
import type { PacketView } from '../wire/packet-view.ts';
import { FirstSyns } from './first-syns.ts';
import { type PairTable, Phase } from './pair-table.ts';
import type { SessionPlan, SessionStats } from './session-plan.ts';
import type { SynSequence } from './syn-sequence.ts';

/** Nonces are taken from the keystream so many at a time. */
const NONCES = 4096;

/** What happens to pairs that leave the first round. */
export interface FirstRoundExits {
  /** Takes a fresh slot for a pair. */
  readonly enter: (target: number, port: number) => number;
  /** The slot holds all that was known of the pair: its time-out runs on from when its SYN left. */
  readonly entered: (slot: number) => void;
  /** The kernel has no way to the target: that is the verdict. */
  readonly unroutable: (target: number, port: number, errno: number) => void;
}

/** What a first round shares with its session. */
export interface FirstRoundParts {
  readonly pairs: PairTable;
  readonly syns: SynSequence;
  readonly stats: SessionStats;
}

/**
 * The first SYN of every pair, in the run's order. A pair that has had no more than that is a few numbers in a ring; the first packet that names it,
 * or its first time-out, moves it to the table. Batches carry such SYNs under negative tags.
 */
export class FirstRound {
  readonly ring: FirstSyns = new FirstSyns();
  /** Whom `identify` found. */
  target = 0;
  port = 0;
  readonly #plan: SessionPlan;
  readonly #pairs: PairTable;
  readonly #syns: SynSequence;
  readonly #stats: SessionStats;
  readonly #exits: FirstRoundExits;
  readonly #nonces: Int32Array = new Int32Array(NONCES);
  #usedNonces = NONCES;
  /** Position that tag -1 stands for in the batch at hand. */
  #batchBase = 0;

  constructor(plan: SessionPlan, { pairs, syns, stats }: FirstRoundParts, exits: FirstRoundExits) {
    this.#plan = plan;
    this.#pairs = pairs;
    this.#syns = syns;
    this.#stats = stats;
    this.#exits = exits;
  }

  /** True while there are pairs that have not been begun. */
  get hasMore(): boolean {
    return this.ring.head < this.#plan.order.length;
  }

  /** True once every pair has been begun and has left. */
  get isOver(): boolean {
    return !this.hasMore && this.ring.oldest() < 0;
  }

  /** To be called when `batch` is begun. */
  beginBatch(batch: SendBatch): void {
    this.#batchBase = this.ring.head;
    this.#syns.beginBatch(batch);
  }

  /** Adds the SYN of the next pair to `batch`, which leaves at `now`; false when the pair has no route, which is its verdict. Not without `hasMore`. */
  write(now: Nanos, batch: SendBatch): boolean {
    const { ports, order } = this.#plan;
    const position = this.ring.head;
    const pair = order.at(position);
    const target = Math.floor(pair / ports.size);
    const port = ports.at(pair - target * ports.size);
    const source = this.#syns.route(target);
    if (source < 0) {
      this.ring.skip(now);
      this.#exits.unroutable(target, port, -source);
      return false;
    }
    this.#syns.aim(target, port, source);
    const nonce = this.#nextNonce();
    this.#syns.addFirst(batch, nonce, this.#batchBase - position - 1);
    this.ring.push(nonce, now);
    return true;
  }

  #nextNonce(): number {
    if (this.#usedNonces === NONCES) {
      this.#plan.keystream(this.#nonces);
      this.#usedNonces = 0;
    }
    return this.#nonces[this.#usedNonces++] as number;
  }

  /** The kernel took the SYN of the slot with that tag at `at`. */
  sent(tag: number, at: Nanos): void {
    this.#stats.probesSent++;
    const place = this.ring.placeOf(this.#batchBase - tag - 1);
    if (place >= 0) this.ring.stamp(place, at);
  }

  /** The kernel refused the SYN with that tag: its pair's slot from now on, or -1 when it has already left. */
  refused(tag: number): number {
    const place = this.ring.placeOf(this.#batchBase - tag - 1);
    return place < 0 ? -1 : this.move(place);
  }

  /** The slot of a pair that something was heard of, or -1 when it is not in the first round. */
  claim(target: number, port: number): number {
    const place = this.#placeOf(target, port);
    return place < 0 ? -1 : this.move(place);
  }

  /** Notes `at` as the time when the captured SYN left; false when it is none of ours. */
  stamp(target: number, view: PacketView, at: Nanos): boolean {
    const place = this.#placeOf(target, view.destinationPort);
    if (place < 0 || this.#syns.firstIsn(this.ring.nonce(place)) !== view.seq) return false;
    this.ring.stampSeen(place, at);
    return true;
  }

  /** The same for the SYN that is expected next, by its ISN alone; false for any other, and where ISNs do not tell SYNs apart. */
  stampNext(isn: number, at: Nanos): boolean {
    return this.#plan.seq === null && this.ring.stampNext(isn | 0, at);
  }

  /** Sets `target` and `port` to those of the pair at `place`. */
  identify(place: number): void {
    const { ports, order } = this.#plan;
    const pair = order.at(this.ring.positionOf(place));
    this.target = Math.floor(pair / ports.size);
    this.port = ports.at(pair - this.target * ports.size);
  }

  /** Moves the pair at `place` to a slot, where it waits for an answer to its first SYN. */
  move(place: number): number {
    const { ring } = this;
    const pairs = this.#pairs;
    this.identify(place);
    const slot = this.#exits.enter(this.target, this.port);
    pairs.source[slot] = this.#syns.route(this.target);
    pairs.sent[slot] = 1;
    pairs.nonce[slot] = ring.nonce(place);
    pairs.firstNonce[slot] = ring.nonce(place);
    pairs.stamp(slot, 0, ring.sentAt(place));
    pairs.phase[slot] = Phase.waiting;
    pairs.aloft[slot] = ring.take(place) ? 1 : 0;
    this.#exits.entered(slot);
    return slot;
  }

  #placeOf(target: number, port: number): number {
    const { ports, order } = this.#plan;
    const index = ports.indexOf(port);
    const position = index < 0 ? -1 : order.positionOf(target * ports.size + index);
    return position < 0 ? -1 : this.ring.placeOf(position);
  }
}
