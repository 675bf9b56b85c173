import { errnoName } from '../transport/errno.ts';
import type { Address } from '../wire/address.ts';
import { formatIcmpReason } from '../wire/icmp.ts';
import { NANOS_PER_MS, type Nanos } from '../wire/numbers.ts';
import { PacketView } from '../wire/packet-view.ts';
import type { BlockStore } from './block-store.ts';
import { Answer, type PairTable } from './pair-table.ts';
import type { SynSequence } from './syn-sequence.ts';
import type { TargetSet } from './target-set.ts';
import type { PortState, Verdict } from './verdict.ts';

/** The one verdict object of a session: reads the pair's slot when asked, so that a pair nobody asks about costs nothing. */
export class SessionVerdict implements Verdict {
  targetIndex = 0;
  target: Address = 0 as Address;
  port = 0;
  state: PortState = 'filtered';
  reason = '';
  from: Address | null = null;
  ttl: number | null = null;
  attempts = 0;
  rttSamples: number[] = [];
  mtu: number | null = null;
  rejected = 0;
  readonly #view: PacketView = new PacketView();
  readonly #pairs: PairTable;
  readonly #blocks: BlockStore;
  readonly #syns: SynSequence;
  readonly #targets: TargetSet;
  #slot = -1;

  constructor(pairs: PairTable, blocks: BlockStore, syns: SynSequence, targets: TargetSet) {
    this.#pairs = pairs;
    this.#blocks = blocks;
    this.#syns = syns;
    this.#targets = targets;
  }

  /** A pair for which no SYN could be made: the kernel has no route. */
  unroutable(target: number, port: number, errno: number): this {
    this.#slot = -1;
    this.targetIndex = target;
    this.target = this.#targets.at(target);
    this.port = port;
    this.attempts = 0;
    this.rejected = 0;
    this.mtu = null;
    this.rttSamples.length = 0;
    return this.#decide('error', `send-error:${errnoName(errno)}`);
  }

  /** What the slot's state amounts to; `errno` is not 0 when its last SYN could not be sent; `samples` are RTTs where more than one was asked for. */
  of(slot: number, errno: number, samples: readonly Nanos[] | undefined): this {
    const pairs = this.#pairs;
    const answer = pairs.answer[slot] as number;
    this.#slot = slot;
    this.targetIndex = pairs.target[slot] as number;
    this.target = this.#targets.at(this.targetIndex);
    this.port = pairs.port[slot] as number;
    this.attempts = answer === Answer.none ? (pairs.sent[slot] as number) : (pairs.answeredBy[slot] as number);
    this.rejected = pairs.rejected[slot] as number;
    this.mtu = this.#syns.mtu(slot);
    this.#measure(pairs.rtt[slot] as number, samples);
    if (answer === Answer.none)
      return errno === 0 ? this.#decide('filtered', 'no-response') : this.#decide('error', `send-error:${errnoName(errno)}`);
    return this.#answered(slot, answer);
  }

  get sent(): Uint8Array | null {
    if (this.#slot < 0 || this.attempts === 0) return null;
    return this.#syns.packet(this.#slot, this.attempts - 1);
  }

  get reply(): Uint8Array | null {
    return this.#block(this.#pairs.reply);
  }

  get conflict(): Uint8Array | null {
    return this.#block(this.#pairs.conflict);
  }

  get rejectedReply(): Uint8Array | null {
    return this.#block(this.#pairs.rejectedReply);
  }

  #block(handles: Int32Array): Uint8Array | null {
    const handle = this.#slot < 0 ? 0 : (handles[this.#slot] as number);
    return handle === 0 ? null : this.#blocks.view(handle);
  }

  /** An ICMP error's round trip counts too: it is the sender's. A stamp that is no longer known gives none. */
  #measure(rtt: Nanos, samples: readonly Nanos[] | undefined): void {
    this.rttSamples.length = 0;
    if (samples !== undefined) for (const sample of samples) this.rttSamples.push(sample / NANOS_PER_MS);
    else if (rtt >= 0) this.rttSamples.push(rtt / NANOS_PER_MS);
  }

  #answered(slot: number, answer: number): this {
    const bytes = this.#blocks.view(this.#pairs.reply[slot] as number);
    this.#view.load(bytes, 0, bytes.length);
    switch (answer) {
      case Answer.synAck:
        this.#decide('open', 'syn-ack');
        break;
      case Answer.rst:
        this.#decide('closed', 'rst');
        break;
      case Answer.syn:
        this.#decide('open', 'syn');
        break;
      default:
        this.#decide(
          answer === Answer.localIcmp ? 'error' : 'filtered',
          formatIcmpReason(this.#view.icmpType, this.#view.icmpCode),
        );
    }
    this.from = this.#view.source;
    this.ttl = this.#view.ttl;
    return this;
  }

  #decide(state: PortState, reason: string): this {
    this.state = state;
    this.reason = reason;
    this.from = null;
    this.ttl = null;
    return this;
  }
}
