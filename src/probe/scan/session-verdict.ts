import { errnoName } from '../../transport/errno.ts';
import type { Address } from '../../wire/address.ts';
import { formatIcmpReason } from '../../wire/icmp.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { PacketView } from '../../wire/packet-view.ts';
import type { TargetSet } from '../targets/targets.ts';
import type { PortState, Verdict } from '../verdict.ts';
import type { BlockStore } from './block-store.ts';
import { Answer, type PairTable } from './pair-table.ts';
import type { PairSyns } from './syn-sequence.ts';
import type { SynWriter } from './syn-writer.ts';

const NO_SAMPLES: readonly number[] = [];

/** The state that each answer stands for, in the order of `Answer`. */
const STATES: readonly PortState[] = ['filtered', 'filtered', 'open', 'error', 'closed', 'open'];

/** What a verdict is made from. */
export interface VerdictParts {
  readonly targets: TargetSet;
  readonly pairs: PairTable;
  readonly blocks: BlockStore;
  readonly writer: SynWriter;
}

/** The RST that decides a pair which had one SYN. */
export interface FirstReset {
  /** Handle in the BlockStore. */
  readonly reply: number;
  readonly rtt: Nanos;
}

/**
 * The one verdict object of a session, set anew for each pair and valid during the call only. Packets are
 * read and made when they are asked for, so that a verdict which is only counted costs little.
 */
export class SessionVerdict implements Verdict {
  targetIndex = 0;
  port = 0;
  state: PortState = 'filtered';
  attempts = 0;
  rejected = 0;
  readonly #parts: VerdictParts;
  readonly #view: PacketView = new PacketView();
  #pair: PairSyns = { target: 0, port: 0, source: -1, sent: 0, firstNonce: 0, nonce: 0 };
  #answer: number = Answer.none;
  /** Why the last SYN did not leave this host; 0 if it did. */
  #errno = 0;
  /** Handles in the BlockStore; 0 for none. */
  #reply = 0;
  #conflict = 0;
  #rejectedReply = 0;
  #rtt: Nanos = NaN;
  /** RTTs, where more than one was asked for. */
  #samples: readonly Nanos[] | undefined = undefined;
  /** Used again for the one RTT of most pairs. */
  readonly #single: number[] = [0];
  #isLoaded = false;

  constructor(parts: VerdictParts) {
    this.#parts = parts;
  }

  /** A pair with no answer; `errno` is not 0 when its last SYN did not leave this host. */
  silent(pair: PairSyns, errno: number): this {
    this.#pair = pair;
    this.#answer = Answer.none;
    this.#errno = errno;
    this.#reply = 0;
    this.#conflict = 0;
    this.#rejectedReply = 0;
    this.#rtt = NaN;
    this.#samples = undefined;
    this.targetIndex = pair.target;
    this.port = pair.port;
    this.state = errno === 0 ? 'filtered' : 'error';
    this.attempts = pair.sent;
    this.rejected = 0;
    return this;
  }

  /** A pair whose first SYN was answered by an RST, and by nothing else. */
  reset(pair: PairSyns, { reply, rtt }: FirstReset): this {
    this.silent(pair, 0);
    this.#answered(Answer.rst, reply, rtt);
    return this;
  }

  /**
   * A pair of the table; `errno` as for `silent`, `samples` are its RTTs where more than one was asked for.
   */
  of(slot: number, errno: number, samples: readonly Nanos[] | undefined): this {
    const { pairs } = this.#parts;
    const answer = pairs.answer[slot] as number;
    this.silent(pairs.synsOf(slot), errno);
    this.#conflict = pairs.conflict[slot] as number;
    this.#rejectedReply = pairs.rejectedReply[slot] as number;
    this.rejected = pairs.rejected[slot] as number;
    this.#samples = samples;
    if (answer === Answer.none) return this;
    this.#answered(answer, pairs.reply[slot] as number, pairs.rtt[slot] as number);
    this.attempts = pairs.answeredBy[slot] as number;
    return this;
  }

  #answered(answer: number, reply: number, rtt: Nanos): void {
    this.#answer = answer;
    this.#reply = reply;
    this.#rtt = rtt;
    this.#isLoaded = false;
    this.state = STATES[answer] as PortState;
  }

  get target(): Address {
    return this.#parts.targets.at(this.targetIndex);
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
    if (!this.#isLoaded) this.#parts.blocks.load(this.#reply, this.#view);
    this.#isLoaded = true;
    return this.#view;
  }

  get from(): Address | null {
    return this.view?.source ?? null;
  }

  get ttl(): number | null {
    return this.view?.ttl ?? null;
  }

  /**
   * An ICMP error's round trip counts too: it is the sender's. A stamp that is no longer known gives none.
   */
  get rttSamples(): readonly number[] {
    if (this.#samples !== undefined) return this.#samples.map((sample) => sample / NANOS_PER_MS);
    if (!(this.#rtt >= 0)) return NO_SAMPLES;
    this.#single[0] = this.#rtt / NANOS_PER_MS;
    return this.#single;
  }

  get mtu(): number | null {
    return this.#parts.writer.mtu(this.#pair);
  }

  get sent(): Uint8Array | null {
    return this.attempts === 0 ? null : this.#parts.writer.packet(this.#pair, this.attempts - 1);
  }

  /** Every SYN can be made again from a few numbers. */
  get recall(): () => Uint8Array | null {
    const { attempts } = this;
    if (attempts === 0) return () => null;
    const { writer } = this.#parts;
    const { target, port, source, sent, firstNonce, nonce } = this.#pair;
    const pair = { target, port, source, sent, firstNonce, nonce };
    return () => writer.packet(pair, attempts - 1);
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
    return handle === 0 ? null : this.#parts.blocks.view(handle);
  }
}
