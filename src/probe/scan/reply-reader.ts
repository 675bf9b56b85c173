import type { Nanos } from '../../wire/numbers.ts';
import { PacketView } from '../../wire/packet-view.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import type { BlockStore } from './block-store.ts';
import type { FirstTransmissions } from './first-transmissions.ts';
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
  readonly first: FirstTransmissions;
}

/**
 * Decides whose answer a captured packet is and what it says, in place. After `read` returned true, the fields name the pair, the SYN that is
 * answered and the answer; `Answer.none` there means that the packet names our tuple and proves nothing.
 */
export class ReplyReader {
  /** The pair's, or -1 for an RST in answer to a first SYN of which nothing else has been heard: then `place` is the pair's in the first round, which has it at hand. */
  slot = -1;
  place = -1;
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
  readonly #first: FirstTransmissions;
  /** With more than one sample to take, an RST is not the last that a pair has to do with. */
  readonly #keepsResets: boolean;
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #length = 0;

  constructor(plan: SessionPlan, { pairs, syns, blocks, first }: ReaderParts) {
    this.#plan = plan;
    this.#pairs = pairs;
    this.#syns = syns;
    this.#blocks = blocks;
    this.#first = first;
    this.#keepsResets = plan.timing.count === 1;
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

  /** Moves the pair of a first reset to the table, where the reset is its answer. */
  enter(): void {
    this.#judge(0, Answer.rst);
    this.isChallenge = false;
    this.#inTable();
  }

  /** Copies the packet just read; returns its handle. Only during `receive`. */
  keep(): number {
    return this.#blocks.put(this.#bytes, this.#offset, this.#length);
  }

  #readTcp(): boolean {
    const view = this.#view;
    if ((view.flags & (SYN | ACK | RST)) === SYN && this.#syns.isOurs(view.sourcePort) && this.#isOwnSyn()) return false;
    if (!this.#syns.isOurs(view.destinationPort)) return false;
    if (!this.#find(view.source, view.sourcePort)) return false;
    if (this.slot < 0 && this.#isFirstReset()) return true;
    const slot = this.#inTable();
    if (view.destination !== this.#syns.sourceAddress(slot)) return false;
    this.isChallenge = false;
    this.#classify(slot);
    return true;
  }

  #isFirstReset(): boolean {
    const view = this.#view;
    const { ring, target } = this.#first;
    if ((view.flags & (RST | ACK)) !== (RST | ACK) || !this.#keepsResets || !ring.isOpen(this.place)) return false;
    return this.#syns.isResetOfFirst(target, ring.nonce(this.place), view);
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
    if (!this.#find(view.quoteDestination, view.quoteDestinationPort)) return false;
    const slot = this.#inTable();
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

  /** Finds the pair, in the table or in the first round; false when it is not under way. */
  #find(address: PacketView['source'], port: number): boolean {
    const target = this.#plan.targets.indexOf(address);
    if (target < 0) return false;
    this.slot = this.#pairs.find(target, port);
    if (this.slot < 0) this.place = this.#first.find(target, port);
    return this.slot >= 0 || this.place >= 0;
  }

  /** The slot of the pair, which moves to the table for it if it is in the first round. */
  #inTable(): number {
    if (this.slot < 0) this.slot = this.#first.move(this.place);
    return this.slot;
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
