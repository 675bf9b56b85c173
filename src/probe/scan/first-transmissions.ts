import type { SendBatch } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { PacketView } from '../../wire/packet-view.ts';
import { InFlightRing } from './in-flight-ring.ts';
import type { NextHops } from './next-hops.ts';
import { type FirstReset, ResetGrace } from './reset-grace.ts';
import { CLOSED_GRACE } from './retransmit-policy.ts';
import type { SessionPlan } from './session-plan.ts';
import { SynBlocks } from './syn-blocks.ts';
import { NO_SYNS, type PairSyns, type Reused } from './syn-sequence.ts';
import type { SynWriter } from './syn-writer.ts';

/** First SYNs that may be in flight when as many are sent as this host can. */
const FULL_SPEED = 2 ** 21;
/** Pairs looked up at a time. */
const FOUND = 64;

/** A pair that has had its first SYN and no other: one object, valid until the next call that returns it. */
export interface FirstPair extends PairSyns, FirstReset {
  /** Where it stands in the ring, until the next `add`. */
  readonly place: number;
  /** When its SYN left. */
  readonly sentAt: Nanos;
  /** 0 while nothing has been heard of it; else the RST, and `rtt` and `graceUntil` are known. */
  readonly reply: number;
  /** Until when it waits for an answer that contradicts the RST. */
  readonly graceUntil: Nanos;
}

/**
 * The fast tier: pairs that have had their first SYN and no other, in the run's order. The caller decides
 * what becomes of the pairs that it is given and takes them out with `remove`. First SYNs have negative tags.
 */
export class FirstTransmissions {
  readonly #ring: InFlightRing;
  readonly #grace: ResetGrace = new ResetGrace(CLOSED_GRACE);
  readonly #plan: SessionPlan;
  readonly #blocks: SynBlocks;
  readonly #writer: SynWriter;
  readonly #hops: NextHops;
  /** Pairs of the positions from `#foundFrom` on. */
  readonly #found: Float64Array = new Float64Array(FOUND);
  #foundFrom = -FOUND;
  /** The position that tag -1 stands for in each batch: several may be under way. */
  readonly #bases: Map<SendBatch, number> = new Map();
  /** NaN makes V8 keep times as doubles from the start. */
  readonly #pair: Reused<FirstPair> = { ...NO_SYNS, place: 0, sentAt: NaN, reply: 0, rtt: NaN, graceUntil: NaN };

  constructor(plan: SessionPlan, writer: SynWriter, hops: NextHops) {
    // Nothing but time-outs makes room at full speed: a second or more of a million SYNs each.
    this.#ring = new InFlightRing(plan.timing.rate === Infinity ? Math.min(plan.order.length, FULL_SPEED) : 0);
    this.#plan = plan;
    this.#blocks = new SynBlocks(plan, hops);
    this.#writer = writer;
    this.#hops = hops;
  }

  /** True when another pair may be begun: one is left, and the ring has room. */
  get mayBegin(): boolean {
    return this.#ring.head < this.#plan.order.length && this.#ring.room > 0;
  }

  /** True once every pair has been begun and has left. */
  get isOver(): boolean {
    return this.#ring.head >= this.#plan.order.length && this.#grace.size === 0 && this.#ring.oldest() < 0;
  }

  /** SYNs that count as in flight. */
  get inFlight(): number {
    return this.#ring.inFlight;
  }

  /** When the oldest SYN that counts as in flight left; Infinity when none does. */
  get oldestInFlight(): Nanos {
    return this.#ring.oldestInFlight;
  }

  /** When the oldest SYN without an answer left; Infinity when there is none. */
  get oldestSilent(): Nanos {
    const place = this.#ring.oldest();
    return place < 0 ? Infinity : this.#ring.sentAt(place);
  }

  /** When `endGrace` has a pair; Infinity when none waits. */
  get graceDue(): Nanos {
    return this.#grace.nextDue;
  }

  /** To be called before the first `add` to a batch. */
  beginBatch(batch: SendBatch): void {
    this.#bases.set(batch, this.#ring.head);
  }

  /**
   * Adds the SYNs of up to `most` next pairs, which leave at `now`, to `batch`; returns how many. They end
   * before a pair with another source. 0: the next pair has no route, so `skip` it. Not without `mayBegin`.
   */
  add(now: Nanos, batch: SendBatch, most: number): number {
    const { head, room } = this.#ring;
    const block = this.#blocks.at(head, Math.min(most, room));
    if (block.count === 0) return 0;
    this.#writer.writeBlock(batch, block, (this.#bases.get(batch) as number) - head - 1);
    this.#ring.pushMany(block.nonces, block.count, now);
    return block.count;
  }

  /** Passes over the next pair, which has no route, at `now`: its `source` is `-errno`. */
  skip(now: Nanos): FirstPair {
    const pair = this.#identify(this.#ring.skip(now));
    pair.sent = 0;
    pair.source = this.#hops.routeOfNew(pair.target);
    return pair;
  }

  /** Notes when the SYNs from slot `from` on left, up to a refused one; returns the slot after them. */
  stampSent(batch: SendBatch, from: number): number {
    const { tags, errors, count } = batch;
    let slot = from;
    while (slot < count && errors[slot] === 0) {
      const start = slot;
      const tag = tags[start] as number;
      while (slot < count && errors[slot] === 0 && tags[slot] === tag - (slot - start)) slot++;
      this.#ring.stampMany(this.#positionOf(batch, tag), batch.sentAt, start, slot);
    }
    return slot;
  }

  /** The pair whose SYN stands in that slot of `batch`; null when it was heard of, or has left. */
  pairAt(batch: SendBatch, slot: number): FirstPair | null {
    const place = this.#ring.placeOf(this.#positionOf(batch, batch.tags[slot] as number));
    return place < 0 ? null : this.#identify(place);
  }

  /** Stamps a captured SYN that is expected next, known by its ISN; else, or with a fixed ISN, false. */
  stampNext(isn: number, at: Nanos): boolean {
    return this.#plan.seq === null && this.#ring.stampNext(isn | 0, at);
  }

  /** The same for a SYN that is captured out of turn; false when it is no first SYN of ours. */
  stampCaptured(target: number, view: PacketView, at: Nanos): boolean {
    const place = this.#ring.placeOf(this.#positionFor(target, view.destinationPort));
    if (place < 0 || (this.#plan.seq ?? this.#ring.nonce(place) >>> 0) !== view.seq) return false;
    this.#ring.stampSeen(place, at);
    return true;
  }

  /** The pair if it is in the fast tier, else null. */
  match(target: number, port: number): FirstPair | null {
    const place = this.#ring.keptPlaceOf(this.#positionFor(target, port));
    return place < 0 ? null : this.#describe(place, target, port);
  }

  /** The oldest pair of which nothing has been heard, if its SYN left at `time` or before; else null. */
  expire(time: Nanos): FirstPair | null {
    const place = this.#ring.oldest();
    return place < 0 || this.#ring.sentAt(place) > time ? null : this.#identify(place);
  }

  /** SYNs that left at `time` or before no longer count as in flight; returns how many have no answer. */
  expireInFlight(time: Nanos): number {
    return this.#ring.expire(time);
  }

  /** The SYN of `pair`, an open one, was answered by an RST at `at`: it waits for a contradicting answer. */
  beginGrace(pair: FirstPair, at: Nanos, { reply, rtt }: FirstReset): void {
    const { place, target, port } = pair;
    const number = this.#grace.add({ target, port, position: this.#ring.positionOf(place), at, rtt, reply });
    this.#ring.beginGrace(place, number);
  }

  /** The oldest of the pairs in grace, if its time is up at `now`; else null. */
  endGrace(now: Nanos): FirstPair | null {
    const number = this.#grace.oldestDue(now);
    if (number < 0) return null;
    const place = this.#ring.keptPlaceOf(this.#grace.position(number));
    return this.#describe(place, this.#grace.target(number), this.#grace.port(number));
  }

  /** The pair leaves. Returns whether its SYN still counted as in flight. */
  remove({ place, reply }: FirstPair): boolean {
    if (reply !== 0) this.#grace.remove(this.#ring.graceNumber(place));
    return this.#ring.take(place);
  }

  #describe(place: number, target: number, port: number): Reused<FirstPair> {
    const ring = this.#ring;
    const pair = this.#pair;
    pair.target = target;
    pair.port = port;
    pair.source = this.#hops.route(target);
    pair.sent = 1;
    pair.firstNonce = ring.nonce(place);
    pair.nonce = pair.firstNonce;
    pair.place = place;
    pair.sentAt = ring.sentAt(place);
    pair.reply = 0;
    if (!ring.isInGrace(place)) return pair;
    const number = ring.graceNumber(place);
    pair.reply = this.#grace.reply(number);
    pair.rtt = this.#grace.rtt(number);
    pair.graceUntil = this.#grace.dueAt(number);
    return pair;
  }

  /** The pair at `place`. Pairs that are asked for one after the other are found in blocks. */
  #identify(place: number): Reused<FirstPair> {
    const { ports, order } = this.#plan;
    const position = this.#ring.positionOf(place);
    if (position < this.#foundFrom || position >= this.#foundFrom + FOUND) {
      order.fill(this.#found, position, Math.min(FOUND, order.length - position));
      this.#foundFrom = position;
    }
    const pair = this.#found[position - this.#foundFrom] as number;
    const target = Math.floor(pair / ports.size);
    return this.#describe(place, target, ports.at(pair - target * ports.size));
  }

  #positionOf(batch: SendBatch, tag: number): number {
    return (this.#bases.get(batch) as number) - tag - 1;
  }

  /** The position of a pair in the run; -1 when it is not part of it. */
  #positionFor(target: number, port: number): number {
    const { ports, order } = this.#plan;
    const index = ports.indexOf(port);
    return index < 0 ? -1 : order.positionOf(target * ports.size + index);
  }
}
