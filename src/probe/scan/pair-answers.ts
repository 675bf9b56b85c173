import type { Nanos } from '../../wire/numbers.ts';
import type { RtoTable } from '../rto-table.ts';
import type { ActivePairs } from './active-pairs.ts';
import type { BlockStore } from './block-store.ts';
import type { NextHops } from './next-hops.ts';
import type { Pacer } from './pacer.ts';
import type { PairEndings } from './pair-endings.ts';
import { Answer, Phase } from './pair-table.ts';
import type { Reply } from './reply-reader.ts';
import type { RetransmitPolicy } from './retransmit-policy.ts';
import type { SessionStats } from './session-plan.ts';

/** Where counting stops: the column has 16 bits. */
const MAX_REJECTED = 65_535;
/** Challenge ACKs to a pair that are answered with another SYN. */
const MAX_CHALLENGES = 2;

/** A captured packet where it stands: valid during `receive` only. */
export interface Captured {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly at: Nanos;
}

/** What an answer changes. */
export interface AnswerParts {
  readonly pairs: ActivePairs;
  readonly blocks: BlockStore;
  readonly rto: RtoTable;
  readonly policy: RetransmitPolicy;
  readonly pacer: Pacer;
  readonly endings: PairEndings;
  readonly hops: NextHops;
  readonly stats: SessionStats;
}

/**
 * What replies do to pairs of the table: state, RTT samples, contradictions, and how long each still waits.
 */
export class PairAnswers {
  readonly #parts: AnswerParts;
  /** RTT samples wanted from each pair. */
  readonly #count: number;

  constructor(parts: AnswerParts, count: number) {
    this.#parts = parts;
    this.#count = count;
  }

  /** Takes a reply to the pair in `slot`. */
  take(slot: number, reply: Reply, packet: Captured): void {
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
    const { pairs, pacer } = this.#parts;
    const { table } = pairs;
    const isFinal = answer >= Answer.rst;
    const isCurrent = attempt === (table.sent[slot] as number) - 1;
    const sentAt = table.stampOf(slot, attempt);
    const lost = isFinal ? table.lostBefore(slot, attempt) : 0;
    pacer.onAnswer(sentAt, lost, table.stampOf(slot, Math.max(0, attempt - 1)));
    if (answer > (table.answer[slot] as number)) {
      this.#keepAnswer(slot, packet);
      table.answer[slot] = answer;
      table.answeredBy[slot] = attempt + 1;
      table.rtt[slot] = packet.at - sentAt;
    }
    if (table.phase[slot] === Phase.waiting && (isCurrent || isFinal)) pairs.leaveFlight(slot);
    if (isFinal) this.#onFinalAnswer(slot, sentAt, packet.at);
    else if (isCurrent) this.#onSoftAnswer(slot, packet.at);
  }

  #keepAnswer(slot: number, packet: Captured): void {
    const { pairs, blocks } = this.#parts;
    const { reply } = pairs.table;
    blocks.release(reply[slot] as number);
    reply[slot] = this.#keep(packet);
  }

  #onFinalAnswer(slot: number, sentAt: Nanos, at: Nanos): void {
    this.#parts.pairs.table.phase[slot] = Phase.answered;
    this.#addSample(slot, sentAt, at);
  }

  /** The pair has an answer that a SYN-ACK to one of its other SYNs would overrule. */
  #onSoftAnswer(slot: number, at: Nanos): void {
    const { pairs, policy } = this.#parts;
    const { phase, answer } = pairs.table;
    if (phase[slot] !== Phase.waiting) return;
    phase[slot] = Phase.soft;
    const isSettled = policy.isExhausted(slot) || answer[slot] === Answer.localIcmp;
    pairs.waitUntil(slot, at + (isSettled ? policy.grace(slot) : policy.softRetry(slot)));
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
    table.phase[slot] = Phase.answered;
    this.#addSample(slot, table.stampOf(slot, attempt), packet.at);
  }

  /**
   * Notes an RTT sample, unless the send time is no longer known, and asks for the next one while more are
   * wanted.
   */
  #addSample(slot: number, sentAt: Nanos, at: Nanos): void {
    const { pairs, rto, policy, endings } = this.#parts;
    const rtt = at - sentAt;
    if (rtt >= 0) rto.sample(pairs.table.target[slot] as number, rtt);
    if (this.#count > 1) {
      const samples = endings.keepSample(slot, rtt);
      if (samples < this.#count && !policy.isExhausted(slot)) return pairs.requeue(slot);
    }
    pairs.waitUntil(slot, at + policy.grace(slot));
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
