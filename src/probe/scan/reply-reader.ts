import type { PacketView } from '../../wire/packet-view.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import type { FirstPair, FirstTransmissions } from './first-transmissions.ts';
import { Answer, type PairTable } from './pair-table.ts';
import type { SessionPlan } from './session-plan.ts';
import { type PairSyns, type Reused, type SynSequence, UNPROVEN } from './syn-sequence.ts';

const { SYN, RST, ACK } = TcpFlag;
const ICMP_REDIRECT = 5;
const ICMP_UNREACHABLE = 3;

/** A packet that names a pair under way. There is one such object: it is valid until the next `read`. */
export interface Reply {
  /** The pair's slot in the table, or -1 when it is in the fast tier: then it is `first`. */
  readonly slot: number;
  readonly first: FirstPair | null;
  /** What it says in answer to SYN number `attempt` (from 0); `Answer.none` if its numbers prove nothing. */
  readonly answer: number;
  readonly attempt: number;
  /** A bare ACK that acknowledges something else: an older connection still holds the tuple (RFC 5961, 4). */
  readonly isChallenge: boolean;
}

/** What is read and where the pairs are. */
export interface ReaderParts {
  readonly first: FirstTransmissions;
  readonly pairs: PairTable;
  readonly syns: SynSequence;
}

/** Decides whose answer a captured packet is and what it says. Changes nothing but our SYNs' send times. */
export class ReplyReader {
  readonly #plan: SessionPlan;
  readonly #first: FirstTransmissions;
  readonly #pairs: PairTable;
  readonly #syns: SynSequence;
  readonly #reply: Reused<Reply> = { slot: -1, first: null, answer: Answer.none, attempt: 0, isChallenge: false };

  constructor(plan: SessionPlan, { first, pairs, syns }: ReaderParts) {
    this.#plan = plan;
    this.#first = first;
    this.#pairs = pairs;
    this.#syns = syns;
  }

  /** Notes `at` as the time when the captured SYN left; false when it is none of ours. */
  stampOwnSyn(view: PacketView, at: number): boolean {
    if (!view.isTcp || (view.flags & (SYN | ACK | RST)) !== SYN || !this.#syns.isOurs(view.sourcePort)) return false;
    if (this.#first.stampNext(view.seq, at)) return true;
    const target = this.#plan.targets.indexOf(view.destination);
    if (target < 0) return false;
    const slot = this.#pairs.find(target, view.destinationPort);
    if (slot < 0) return view.sourcePort === this.#syns.sourcePort(0) && this.#first.stampCaptured(target, view, at);
    const pair = this.#pairs.synsOf(slot);
    const attempt = pair.sent - 1;
    if (view.seq !== this.#syns.isn(pair, attempt) || view.sourcePort !== this.#syns.sourcePort(attempt)) return false;
    this.#pairs.stamp(slot, attempt, at);
    return true;
  }

  /** What the packet says about a pair under way; null when it names none. */
  read(view: PacketView): Reply | null {
    if (view.isTcp) return this.#syns.isOurs(view.destinationPort) ? this.#readTcp(view) : null;
    return view.icmpType === ICMP_REDIRECT ? null : this.#readIcmp(view);
  }

  #readTcp(view: PacketView): Reply | null {
    const pair = this.#find(view.source, view.sourcePort);
    if (pair === null || view.destination !== this.#syns.sourceAddress(pair)) return null;
    const syns = this.#syns;
    const { flags, destinationPort } = view;
    if ((flags & RST) !== 0) {
      const isProvable = (flags & ACK) !== 0;
      return this.#says(Answer.rst, isProvable ? syns.attemptOfTcp(pair, view, true) : UNPROVEN);
    }
    if ((flags & SYN) !== 0) {
      const isSynAck = (flags & ACK) !== 0;
      if (isSynAck) return this.#says(Answer.synAck, syns.attemptOfTcp(pair, view, false));
      return this.#says(Answer.syn, syns.latestFrom(pair, destinationPort));
    }
    const reply = this.#says(Answer.none, UNPROVEN);
    this.#reply.isChallenge = syns.latestFrom(pair, destinationPort) === pair.sent - 1;
    return reply;
  }

  #readIcmp(view: PacketView): Reply | null {
    const pair = this.#find(view.quoteDestination, view.quoteDestinationPort);
    return pair === null ? null : this.#says(this.#icmpAnswer(view), this.#syns.attemptOfQuote(pair, view));
  }

  /** An unreachable that this host sends to itself is a local failure, unless this host is the target. */
  #icmpAnswer(view: PacketView): number {
    const { routes } = this.#plan;
    const isLocal = view.icmpType === ICMP_UNREACHABLE && routes.isLocal(view.source) && !routes.isLocal(view.quoteDestination);
    return isLocal ? Answer.localIcmp : Answer.icmp;
  }

  /** Finds the pair, in the table or in the fast tier, and notes where; null when it is not under way. */
  #find(address: PacketView['source'], port: number): PairSyns | null {
    const target = this.#plan.targets.indexOf(address);
    if (target < 0) return null;
    const reply = this.#reply;
    reply.slot = this.#pairs.find(target, port);
    if (reply.slot >= 0) {
      reply.first = null;
      return this.#pairs.synsOf(reply.slot);
    }
    reply.first = this.#first.match(target, port);
    return reply.first;
  }

  /** Completes the reply about the pair that was found. */
  #says(answer: number, attempt: number): Reply {
    const reply = this.#reply;
    reply.answer = attempt === UNPROVEN ? Answer.none : answer;
    reply.attempt = Math.max(0, attempt);
    reply.isChallenge = false;
    return reply;
  }
}
