import type { Nanos } from '../wire/numbers.ts';
import { PacketView } from '../wire/packet-view.ts';
import { TcpFlag } from '../wire/tcp-flags.ts';
import type { BlockStore } from './block-store.ts';
import type { FirstRound } from './first-round.ts';
import { Answer, type PairTable } from './pair-table.ts';
import type { SessionPlan } from './session-plan.ts';
import { UNPROVEN, type SynSequence } from './syn-sequence.ts';

const { SYN, RST, ACK } = TcpFlag;
const ICMP_REDIRECT = 5;
const ICMP_UNREACHABLE = 3;

/** Where a session keeps its pairs. */
interface ReaderParts {
  readonly pairs: PairTable;
  readonly syns: SynSequence;
  readonly blocks: BlockStore;
  readonly first: FirstRound;
}

/**
 * Decides whose answer a captured packet is and what it says, in place. After `read` returned true, the fields name the pair, the SYN that is
 * answered and the answer; `Answer.none` there means that the packet names our tuple and proves nothing.
 */
export class ReplyReader {
  slot = -1;
  /** SYN number, from 0. */
  attempt = 0;
  answer: number = Answer.none;
  /** A bare ACK that acknowledges something else: a connection of old still holds the tuple. */
  isChallenge = false;
  at: Nanos = 0;
  readonly #view: PacketView = new PacketView();
  readonly #plan: SessionPlan;
  readonly #pairs: PairTable;
  readonly #syns: SynSequence;
  readonly #blocks: BlockStore;
  readonly #first: FirstRound;
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #length = 0;

  constructor(plan: SessionPlan, { pairs, syns, blocks, first }: ReaderParts) {
    this.#plan = plan;
    this.#pairs = pairs;
    this.#syns = syns;
    this.#blocks = blocks;
    this.#first = first;
  }

  /** False for what concerns no pair under way; our own SYNs seen by the capture are noted as send times. */
  read(bytes: Uint8Array, offset: number, length: number, at: Nanos): boolean {
    this.at = at;
    if (!this.#view.load(bytes, offset, length)) return false;
    this.#bytes = bytes;
    this.#offset = offset;
    this.#length = length;
    return this.#view.isTcp ? this.#readTcp() : this.#readIcmp();
  }

  /** Copies the packet just read; returns its handle. Only during `receive`. */
  keep(): number {
    return this.#blocks.put(this.#bytes, this.#offset, this.#length);
  }

  #readTcp(): boolean {
    const view = this.#view;
    if ((view.flags & (SYN | ACK | RST)) === SYN && this.#syns.isOurs(view.sourcePort) && this.#isOwnSyn()) return false;
    if (!this.#syns.isOurs(view.destinationPort)) return false;
    const slot = this.#find(view.source, view.sourcePort);
    if (slot < 0 || view.destination !== this.#syns.sourceAddress(slot)) return false;
    this.slot = slot;
    this.isChallenge = false;
    this.#classify(slot);
    return true;
  }

  #classify(slot: number): void {
    const { flags } = this.#view;
    const port = this.#view.destinationPort;
    if ((flags & RST) !== 0) {
      const provable = (flags & ACK) !== 0;
      this.#judge(provable ? this.#syns.attemptOfTcp(slot, this.#view, true) : UNPROVEN, Answer.rst);
    } else if ((flags & SYN) === 0) {
      this.#judge(UNPROVEN, Answer.none);
      this.isChallenge = this.#syns.latestFrom(slot, port) === (this.#pairs.sent[slot] as number) - 1;
    } else if ((flags & ACK) === 0) this.#judge(this.#syns.latestFrom(slot, port), Answer.syn);
    else this.#judge(this.#syns.attemptOfTcp(slot, this.#view, false), Answer.synAck);
  }

  #readIcmp(): boolean {
    const view = this.#view;
    if (view.icmpType === ICMP_REDIRECT) return false;
    const slot = this.#find(view.quoteDestination, view.quoteDestinationPort);
    if (slot < 0) return false;
    this.slot = slot;
    this.isChallenge = false;
    this.#judge(this.#syns.attemptOfQuote(slot, view), this.#icmpAnswer());
    return true;
  }

  /** An unreachable that this host sends to itself is a local failure, unless this host is the target. */
  #icmpAnswer(): number {
    const view = this.#view;
    const { routes } = this.#plan;
    const local = view.icmpType === ICMP_UNREACHABLE && routes.isLocal(view.source) && !routes.isLocal(view.quoteDestination);
    return local ? Answer.localIcmp : Answer.icmp;
  }

  #judge(attempt: number, answer: number): void {
    this.attempt = Math.max(0, attempt);
    this.answer = attempt === UNPROVEN ? Answer.none : answer;
  }

  /** Slot of the pair, which moves to the table for it if this is the first that is heard of it; -1 when it is not under way. */
  #find(address: PacketView['source'], port: number): number {
    const target = this.#plan.targets.indexOf(address);
    if (target < 0) return -1;
    const slot = this.#pairs.find(target, port);
    return slot < 0 ? this.#first.claim(target, port) : slot;
  }

  #isOwnSyn(): boolean {
    const view = this.#view;
    if (this.#first.stampNext(view.seq, this.at)) return true;
    const target = this.#plan.targets.indexOf(view.destination);
    if (target < 0) return false;
    const slot = this.#pairs.find(target, view.destinationPort);
    if (slot < 0) return view.sourcePort === this.#syns.sourcePort(0) && this.#first.stamp(target, view, this.at);
    const attempt = (this.#pairs.sent[slot] as number) - 1;
    if (view.seq !== this.#syns.isn(slot, attempt) || view.sourcePort !== this.#syns.sourcePort(attempt)) return false;
    this.#pairs.stamp(slot, attempt, this.at);
    return true;
  }
}
