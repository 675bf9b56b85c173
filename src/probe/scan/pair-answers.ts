import type { Nanos } from '../../wire/numbers.ts';
import { PacketView } from '../../wire/packet-view.ts';
import type { BlockStore } from './block-store.ts';
import type { FirstPair } from './first-transmissions.ts';
import { Answer, Phase } from './pair-table.ts';
import type { PairTimeouts, TimeoutParts } from './pair-timeouts.ts';
import type { Reply, ReplyReader } from './reply-reader.ts';
import type { FirstReset } from './reset-grace.ts';
import type { Reused } from './syn-sequence.ts';

/** Where counting stops: the column has 16 bits. */
const MAX_REJECTED = 65_535;
/** Challenge ACKs to a pair that are answered with another SYN. */
const MAX_CHALLENGES = 2;

/** A captured packet where it stands: valid during `receive` only. */
interface Captured {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly at: Nanos;
}

/** What an answer changes. */
export interface AnswerParts extends TimeoutParts {
  readonly blocks: BlockStore;
  readonly reader: ReplyReader;
  readonly timeouts: PairTimeouts;
}

/** What replies do to pairs: state, RTT samples, contradictions, and how long each still waits. */
export class PairAnswers {
  readonly #parts: AnswerParts;
  /** RTT samples wanted from each pair. */
  readonly #count: number;
  readonly #view: PacketView = new PacketView();
  /** Used again for each packet; NaN makes V8 keep times as doubles from the start. */
  readonly #captured: Reused<Captured> = { bytes: new Uint8Array(0), offset: 0, length: 0, at: NaN };
  readonly #reset: Reused<FirstReset> = { reply: 0, rtt: NaN };

  constructor(parts: AnswerParts, count: number) {
    this.#parts = parts;
    this.#count = count;
  }

  /** Takes one captured packet. */
  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void {
    const { reader, timeouts } = this.#parts;
    const view = this.#view;
    if (!view.load(bytes, offset, length) || reader.stampOwnSyn(view, at)) return;
    const reply = reader.read(view);
    if (reply === null) return;
    const captured = this.#captured;
    captured.bytes = bytes;
    captured.offset = offset;
    captured.length = length;
    captured.at = at;
    const { first } = reply;
    if (first === null) this.#take(reply.slot, reply, captured);
    else if (reply.answer === Answer.rst && this.#isDecidedBy(first, at)) this.#onFirstReset(first, captured);
    else this.#take(timeouts.promote(first), reply, captured);
  }

  /**
   * True if the RST at `at` is the first that was heard of the pair, and the equal wait of all pairs in grace
   * is long enough for it.
   */
  #isDecidedBy({ reply, target, sentAt }: FirstPair, at: Nanos): boolean {
    return reply === 0 && this.#count === 1 && this.#parts.policy.fitsClosedGrace(target, at - sentAt);
  }

  #onFirstReset(pair: FirstPair, captured: Captured): void {
    const { stats, pacer, rto, first } = this.#parts;
    const reset = this.#reset;
    reset.rtt = captured.at - pair.sentAt;
    reset.reply = this.#keep(captured);
    stats.repliesReceived++;
    pacer.onAnswer(pair.sentAt, 0, pair.sentAt);
    if (reset.rtt >= 0) rto.sample(pair.target, reset.rtt);
    first.beginGrace(pair, captured.at, reset);
  }

  /** A reply to the pair in `slot`. */
  #take(slot: number, reply: Reply, packet: Captured): void {
    const { pairs, hops, stats } = this.#parts;
    const { table } = pairs;
    if (reply.answer === Answer.none) return this.#onRejected(slot, reply, packet);
    stats.repliesReceived++;
    const sentAt = table.stampOf(slot, reply.attempt);
    // A local rule may have refused this port alone; the kernel knows whether the next hop is there.
    if (reply.answer === Answer.localIcmp) hops.failure(table.target[slot] as number, sentAt, packet.at);
    if ((table.phase[slot] as number) >= Phase.answered) this.#onLaterAnswer(slot, reply, packet);
    else this.#onEarlyAnswer(slot, reply, packet);
  }

  #onEarlyAnswer(slot: number, { answer, attempt }: Reply, packet: Captured): void {
    const { pairs, pacer, blocks } = this.#parts;
    const { table } = pairs;
    const isFinal = answer >= Answer.rst;
    const isCurrent = attempt === (table.sent[slot] as number) - 1;
    const sentAt = table.stampOf(slot, attempt);
    const lost = isFinal ? table.lostBefore(slot, attempt) : 0;
    pacer.onAnswer(sentAt, lost, table.stampOf(slot, Math.max(0, attempt - 1)));
    if (answer > (table.answer[slot] as number)) {
      blocks.release(table.reply[slot] as number);
      table.reply[slot] = this.#keep(packet);
      table.answer[slot] = answer;
      table.answeredBy[slot] = attempt + 1;
      table.rtt[slot] = packet.at - sentAt;
    }
    if (table.phase[slot] === Phase.waiting && (isCurrent || isFinal)) pairs.leaveFlight(slot);
    if (isFinal) this.#addSample(slot, sentAt, packet.at);
    else if (isCurrent) this.#onSoftAnswer(slot, packet.at);
  }

  /** The pair has an answer that a SYN-ACK to one of its other SYNs would overrule. */
  #onSoftAnswer(slot: number, at: Nanos): void {
    const { pairs, policy } = this.#parts;
    const { phase, answer } = pairs.table;
    if (phase[slot] !== Phase.waiting) return;
    phase[slot] = Phase.soft;
    const isSettled = policy.isExhausted(slot) || answer[slot] === Answer.localIcmp;
    pairs.timers.set(slot, at + (isSettled ? policy.grace(slot) : policy.softRetry(slot)));
  }

  /** Another answer to a decided pair: an RTT sample, a contradiction, or a duplicate. */
  #onLaterAnswer(slot: number, { answer, attempt }: Reply, packet: Captured): void {
    const { pairs } = this.#parts;
    const { table } = pairs;
    if (answer < Answer.rst) return;
    if (answer !== table.answer[slot]) {
      const isFirstConflict = attempt + 1 === table.answeredBy[slot] && table.conflict[slot] === 0;
      if (isFirstConflict) table.conflict[slot] = this.#keep(packet);
      return;
    }
    if (table.phase[slot] !== Phase.sampling || attempt !== (table.sent[slot] as number) - 1) return;
    pairs.leaveFlight(slot);
    this.#addSample(slot, table.stampOf(slot, attempt), packet.at);
  }

  /** Notes an RTT, unless the send time is not known any more, and asks for another if one is wanted. */
  #addSample(slot: number, sentAt: Nanos, at: Nanos): void {
    const { pairs, rto, policy, endings } = this.#parts;
    const rtt = at - sentAt;
    pairs.table.phase[slot] = Phase.answered;
    if (rtt >= 0) rto.sample(pairs.table.target[slot] as number, rtt);
    if (this.#count > 1) {
      const samples = endings.keepSample(slot, rtt);
      if (samples < this.#count && !policy.isExhausted(slot)) return pairs.requeue(slot);
    }
    pairs.timers.set(slot, at + policy.grace(slot));
  }

  #onRejected(slot: number, { isChallenge }: Reply, packet: Captured): void {
    const { pairs, stats } = this.#parts;
    const { table } = pairs;
    stats.repliesRejected++;
    if ((table.rejected[slot] as number) < MAX_REJECTED) table.rejected[slot] = (table.rejected[slot] as number) + 1;
    if (table.rejectedReply[slot] === 0) table.rejectedReply[slot] = this.#keep(packet);
    if (!isChallenge || table.phase[slot] !== Phase.waiting || (table.bonus[slot] as number) >= MAX_CHALLENGES) return;
    // An older connection holds the tuple: the next SYN leaves from another port, and is no retry.
    table.bonus[slot] = (table.bonus[slot] as number) + 1;
    pairs.leaveFlight(slot);
    pairs.requeue(slot);
  }

  /** Copies the packet; returns its handle. */
  #keep({ bytes, offset, length }: Captured): number {
    return this.#parts.blocks.put(bytes, offset, length);
  }
}
