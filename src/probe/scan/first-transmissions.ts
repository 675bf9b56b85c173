import { Errno } from '../../transport/errno.ts';
import type { SendBatch } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { PacketView } from '../../wire/packet-view.ts';
import { InFlightRing } from './in-flight-ring.ts';
import { type PairTable, Phase } from './pair-table.ts';
import type { SessionPlan, SessionStats } from './session-plan.ts';
import { SynBlock } from './syn-block.ts';
import type { SynSequence } from './syn-sequence.ts';

/** First SYNs that may be in flight when as many are sent as this host can. */
const FULL_SPEED = 2 ** 21;
/** Nonces are taken from the keystream so many at a time. */
const NONCES = 4096;
/** So many pairs are looked up at once. */
const FOUND = 64;

/** What happens to pairs that leave the first round. */
export interface FirstTransmissionExits {
  /** Takes a fresh slot for a pair. */
  readonly enter: (target: number, port: number) => number;
  /** The slot holds all that was known of the pair: its time-out runs on from when its SYN left. */
  readonly entered: (slot: number) => void;
  /** The same for a pair that lingered, under that number. */
  readonly returned: (slot: number, link: number) => void;
  /** True for a target whose next hop is not there: its pairs are as unroutable. */
  readonly isAbsent: (target: number) => boolean;
  /** The kernel has no way to the target: that is the verdict. */
  readonly unroutable: (target: number, port: number, errno: number) => void;
}

/** What a first round shares with its session. */
export interface FirstTransmissionParts {
  readonly pairs: PairTable;
  readonly syns: SynSequence;
  readonly stats: SessionStats;
}

/**
 * The first SYN of every pair, in the run's order. A pair that has had no more than that is a few numbers in a ring; the first packet that names it,
 * or its first time-out, moves it to the table. Batches carry such SYNs under negative tags.
 */
export class FirstTransmissions {
  readonly ring: InFlightRing;
  /** The pair at hand. */
  target = 0;
  port = 0;
  readonly #plan: SessionPlan;
  readonly #pairs: PairTable;
  readonly #syns: SynSequence;
  readonly #stats: SessionStats;
  readonly #exits: FirstTransmissionExits;
  readonly #nonces: Int32Array = new Int32Array(NONCES);
  #usedNonces = NONCES;
  readonly #block: SynBlock = new SynBlock();
  /** Pairs of the positions from `#foundFrom` on. */
  readonly #found: Float64Array = new Float64Array(FOUND);
  #foundFrom = -FOUND;
  /** Position that tag -1 stands for in each batch: the last of some may still be under way. */
  readonly #bases: Map<SendBatch, number> = new Map();
  /** That of the batch at hand. */
  #base = 0;

  constructor(plan: SessionPlan, { pairs, syns, stats }: FirstTransmissionParts, exits: FirstTransmissionExits) {
    // Nothing but time-outs makes room at full speed: a second or more of a million SYNs each.
    this.ring = new InFlightRing(plan.timing.rate === Infinity ? Math.min(plan.order.length, FULL_SPEED) : 0);
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
    this.#base = this.ring.head;
    this.#bases.set(batch, this.#base);
    this.#syns.beginBatch(batch);
  }

  /**
   * Adds the SYNs of the next pairs to `batch`, `most` at most, which leave at `now`; returns how many. They end before a pair that leaves by another way, or
   * has none: 0 when that is the next one. Not without `hasMore`.
   */
  writeMany(now: Nanos, batch: SendBatch, most: number): number {
    const block = this.#block;
    const { head } = this.ring;
    const count = Math.min(most, SynBlock.LARGEST, this.ring.room, this.#plan.order.length - head);
    this.#plan.order.fill(block.pairs, head, count);
    this.#aimMany(count);
    if (block.count === 0) return 0;
    this.#takeNonces(block.nonces, block.count);
    this.#syns.addMany(batch, block, this.#base - head - 1);
    this.ring.pushMany(block.nonces, block.count, now);
    return block.count;
  }

  /** Finds out where the first `count` pairs of the block are, and by which way they leave. */
  #aimMany(count: number): void {
    const block = this.#block;
    const { ports, targets } = this.#plan;
    const { pairs, destinations, destinationPorts } = block;
    const { size } = ports;
    let target = -1;
    let destination = 0;
    block.count = 0;
    for (let index = 0; index < count; index++) {
      const pair = pairs[index] as number;
      const itsTarget = Math.floor(pair / size);
      if (itsTarget !== target) {
        target = itsTarget;
        destination = targets.at(target);
        const source = this.#wayTo(target);
        if (source < 0 || (index > 0 && source !== block.source)) return;
        block.source = source;
      }
      destinations[index] = destination;
      destinationPorts[index] = ports.at(pair - target * size);
      block.count = index + 1;
    }
  }

  /** Adds the SYN of the next pair to `batch`, which leaves at `now`; false when the pair has no route, which is its verdict. Not without `hasMore`. */
  write(now: Nanos, batch: SendBatch): boolean {
    const { ports, order } = this.#plan;
    const position = this.ring.head;
    const pair = order.at(position);
    const target = Math.floor(pair / ports.size);
    const port = ports.at(pair - target * ports.size);
    const source = this.#wayTo(target);
    if (source < 0) {
      this.ring.skip(now);
      this.#exits.unroutable(target, port, -source);
      return false;
    }
    this.#syns.aim(target, port, source);
    const nonce = this.#nextNonce();
    this.#syns.addFirst(batch, nonce, this.#base - position - 1);
    this.ring.push(nonce, now);
    return true;
  }

  /** Index of the way out, or `-errno`. */
  #wayTo(target: number): number {
    return this.#exits.isAbsent(target) ? -Errno.EHOSTUNREACH : this.#syns.route(target);
  }

  #takeNonces(into: Int32Array, count: number): void {
    if (this.#usedNonces + count > NONCES) {
      this.#plan.keystream(this.#nonces);
      this.#usedNonces = 0;
    }
    const nonces = this.#nonces;
    const from = this.#usedNonces;
    for (let index = 0; index < count; index++) into[index] = nonces[from + index] as number;
    this.#usedNonces = from + count;
  }

  #nextNonce(): number {
    if (this.#usedNonces === NONCES) {
      this.#plan.keystream(this.#nonces);
      this.#usedNonces = 0;
    }
    return this.#nonces[this.#usedNonces++] as number;
  }

  /** The kernel took the first slots of `batch`: those that hold first SYNs, in the order of the run, without an error. Returns how many they are. */
  sentMany(batch: SendBatch): number {
    const { tags, errors, count } = batch;
    const tag = tags[0] as number;
    let sent = 0;
    if (tag < 0) while (sent < count && errors[sent] === 0 && tags[sent] === tag - sent) sent++;
    this.ring.stampMany(this.#positionOf(batch, tag), batch.sentAt, sent);
    this.#stats.probesSent += sent;
    return sent;
  }

  /** The kernel took the SYN of the slot of `batch` with that tag at `at`. */
  sent(batch: SendBatch, tag: number, at: Nanos): void {
    this.#stats.probesSent++;
    const place = this.ring.placeOf(this.#positionOf(batch, tag));
    if (place >= 0) this.ring.stamp(place, at);
  }

  /** The kernel refused the SYN of `batch` with that tag: its pair's slot from now on, or -1 when it has already left. */
  refused(batch: SendBatch, tag: number): number {
    const place = this.ring.placeOf(this.#positionOf(batch, tag));
    if (place < 0) return -1;
    this.identify(place);
    return this.move(place);
  }

  /** The place of a pair that something was heard of, which is the pair at hand then; -1 when it is not in the first round. */
  find(target: number, port: number): number {
    this.target = target;
    this.port = port;
    return this.ring.keptPlaceOf(this.#positionFor(target, port));
  }

  /** Notes `at` as the time when the captured SYN left; false when it is none of ours. */
  stamp(target: number, view: PacketView, at: Nanos): boolean {
    const place = this.ring.placeOf(this.#positionFor(target, view.destinationPort));
    if (place < 0 || this.#syns.firstIsn(this.ring.nonce(place)) !== view.seq) return false;
    this.ring.stampSeen(place, at);
    return true;
  }

  /** The same for the SYN that is expected next, by its ISN alone; false for any other, and where ISNs do not tell SYNs apart. */
  stampNext(isn: number, at: Nanos): boolean {
    return this.#plan.seq === null && this.ring.stampNext(isn | 0, at);
  }

  /** Sets `target` and `port` to those of the pair at `place`. Who is asked for one after the other is found in blocks. */
  identify(place: number): void {
    const { ports, order } = this.#plan;
    const position = this.ring.positionOf(place);
    if (position < this.#foundFrom || position >= this.#foundFrom + FOUND) {
      order.fill(this.#found, position, Math.min(FOUND, order.length - position));
      this.#foundFrom = position;
    }
    const pair = this.#found[position - this.#foundFrom] as number;
    this.target = Math.floor(pair / ports.size);
    this.port = ports.at(pair - this.target * ports.size);
  }

  /** Moves the pair at `place`, which is `target` and `port`, to a slot, where it waits for an answer to its first SYN. */
  move(place: number): number {
    const { ring } = this;
    const pairs = this.#pairs;
    const slot = this.#exits.enter(this.target, this.port);
    pairs.source[slot] = this.#syns.route(this.target);
    pairs.sent[slot] = 1;
    pairs.nonce[slot] = ring.nonce(place);
    pairs.firstNonce[slot] = ring.nonce(place);
    pairs.stamp(slot, 0, ring.sentAt(place));
    pairs.phase[slot] = Phase.waiting;
    const lingered = !ring.isOpen(place);
    pairs.inFlight[slot] = ring.take(place) ? 1 : 0;
    if (lingered) this.#exits.returned(slot, ring.linkOf(place));
    else this.#exits.entered(slot);
    return slot;
  }

  #positionOf(batch: SendBatch, tag: number): number {
    return (this.#bases.get(batch) as number) - tag - 1;
  }

  /** The position of a pair in the run, -1 when it is none of it. */
  #positionFor(target: number, port: number): number {
    const { ports, order } = this.#plan;
    const index = ports.indexOf(port);
    return index < 0 ? -1 : order.positionOf(target * ports.size + index);
  }
}
