import { errnoName } from '../../transport/errno.ts';
import type { Address } from '../../wire/address.ts';
import { formatIcmpReason } from '../../wire/icmp.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { PacketView } from '../../wire/packet-view.ts';
import type { BlockStore } from './block-store.ts';
import { Answer, type PairTable } from './pair-table.ts';
import type { SynSequence } from './syn-sequence.ts';
import type { TargetSet } from '../targets/targets.ts';
import type { PortState, Verdict } from '../verdict.ts';

const NO_SAMPLES: readonly number[] = [];

/** What an answer makes of its port, in the order of `Answer`. */
const STATES: readonly PortState[] = ['filtered', 'filtered', 'open', 'error', 'closed', 'open'];

/** The one verdict object of a session: reads the pair's slot when asked, so that what nobody asks about costs nothing. */
export class SessionVerdict implements Verdict {
  targetIndex = 0;
  port = 0;
  state: PortState = 'filtered';
  attempts = 0;
  rejected = 0;
  readonly #view: PacketView = new PacketView();
  readonly #pairs: PairTable;
  readonly #blocks: BlockStore;
  readonly #syns: SynSequence;
  readonly #targets: TargetSet;
  /** The pair's, or -1 where it never had one. */
  #slot = -1;
  /** Of the first SYN, where there is no slot. */
  #nonce = 0;
  /** BlockStore handles. */
  #reply = 0;
  #conflict = 0;
  #rejectedReply = 0;
  #rtt: Nanos = NaN;
  #answer: number = Answer.none;
  #errno = 0;
  #isLoaded = false;
  readonly #single: number[] = [0];
  #samples: readonly Nanos[] | undefined = undefined;

  constructor(pairs: PairTable, blocks: BlockStore, syns: SynSequence, targets: TargetSet) {
    this.#pairs = pairs;
    this.#blocks = blocks;
    this.#syns = syns;
    this.#targets = targets;
  }

  /** A pair for which no SYN could be made: the kernel has no route. */
  unroutable(target: number, port: number, errno: number): this {
    this.#slot = -1;
    this.#answer = Answer.none;
    this.#errno = errno;
    this.targetIndex = target;
    this.port = port;
    this.state = 'error';
    this.attempts = 0;
    this.rejected = 0;
    this.#reply = 0;
    this.#conflict = 0;
    this.#rejectedReply = 0;
    this.#rtt = NaN;
    this.#samples = undefined;
    return this;
  }

  /** A pair that had one SYN, made with that nonce, and no slot; `errno` is not 0 when the SYN never left this host. */
  silent(target: number, port: number, nonce: number, errno: number): this {
    this.unroutable(target, port, errno);
    this.state = errno === 0 ? 'filtered' : 'error';
    this.attempts = 1;
    this.#nonce = nonce;
    return this;
  }

  /** A pair whose one SYN, made with that nonce, was answered by the RST under the handle `reply`, and that had no slot. */
  reset(
    target: number,
    port: number,
    { nonce, rtt, reply }: { readonly nonce: number; readonly rtt: Nanos; readonly reply: number },
  ): this {
    this.silent(target, port, nonce, 0);
    this.#answer = Answer.rst;
    this.#reply = reply;
    this.#rtt = rtt;
    this.#isLoaded = false;
    this.state = STATES[Answer.rst] as PortState;
    return this;
  }

  /** What the slot's state amounts to; `errno` is not 0 when its last SYN could not be sent; `samples` are RTTs where more than one was asked for. */
  of(slot: number, errno: number, samples: readonly Nanos[] | undefined): this {
    const pairs = this.#pairs;
    const answer = pairs.answer[slot] as number;
    this.#slot = slot;
    this.#answer = answer;
    this.#errno = errno;
    this.#isLoaded = false;
    this.#samples = samples;
    this.targetIndex = pairs.target[slot] as number;
    this.port = pairs.port[slot] as number;
    this.state = answer === Answer.none && errno !== 0 ? 'error' : (STATES[answer] as PortState);
    this.attempts = answer === Answer.none ? (pairs.sent[slot] as number) : (pairs.answeredBy[slot] as number);
    this.rejected = pairs.rejected[slot] as number;
    this.#reply = pairs.reply[slot] as number;
    this.#conflict = pairs.conflict[slot] as number;
    this.#rejectedReply = pairs.rejectedReply[slot] as number;
    this.#rtt = pairs.rtt[slot] as number;
    return this;
  }

  get target(): Address {
    return this.#targets.at(this.targetIndex);
  }

  get reason(): string {
    switch (this.#answer) {
      case Answer.none:
        return this.#errno === 0 ? 'no-response' : `send-error:${errnoName(this.#errno)}`;
      case Answer.synAck:
        return 'syn-ack';
      case Answer.rst:
        return 'rst';
      case Answer.syn:
        return 'syn';
      default:
        return formatIcmpReason(this.view?.icmpType ?? 0, this.#view.icmpCode);
    }
  }

  get view(): PacketView | null {
    if (this.#answer === Answer.none) return null;
    if (!this.#isLoaded) this.#blocks.load(this.#reply, this.#view);
    this.#isLoaded = true;
    return this.#view;
  }

  get from(): Address | null {
    return this.view?.source ?? null;
  }

  get ttl(): number | null {
    return this.view?.ttl ?? null;
  }

  /** An ICMP error's round trip counts too: it is the sender's. A stamp that is no longer known gives none. */
  get rttSamples(): readonly number[] {
    if (this.#samples !== undefined) return this.#samples.map((sample) => sample / NANOS_PER_MS);
    if (!(this.#rtt >= 0)) return NO_SAMPLES;
    this.#single[0] = this.#rtt / NANOS_PER_MS;
    return this.#single;
  }

  get mtu(): number | null {
    if (this.attempts === 0 && this.#slot < 0) return null;
    return this.#slot < 0 ? this.#syns.mtuOf(this.targetIndex) : this.#syns.mtu(this.#slot);
  }

  get sent(): Uint8Array | null {
    if (this.attempts === 0) return null;
    if (this.#slot < 0) return this.#syns.firstPacket(this.targetIndex, this.port, this.#nonce);
    return this.#syns.packet(this.#slot, this.attempts - 1);
  }

  /** A first SYN is its nonce until somebody asks; any other is made at once, before its slot changes hands. */
  get recall(): () => Uint8Array | null {
    const sent = this.#slot < 0 ? null : this.sent;
    if (sent !== null || this.attempts === 0) return () => sent;
    const { targetIndex, port } = this;
    const nonce = this.#nonce;
    return () => this.#syns.firstPacket(targetIndex, port, nonce);
  }

  get reply(): Uint8Array | null {
    return this.#block(this.#reply);
  }

  get conflict(): Uint8Array | null {
    return this.#block(this.#conflict);
  }

  get rejectedReply(): Uint8Array | null {
    return this.#block(this.#rejectedReply);
  }

  #block(handle: number): Uint8Array | null {
    return handle === 0 ? null : this.#blocks.view(handle);
  }
}
