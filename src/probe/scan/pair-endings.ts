import { errnoName } from '../../transport/errno.ts';
import type { Address } from '../../wire/address.ts';
import { formatIcmpReason } from '../../wire/icmp.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { PacketView } from '../../wire/packet-view.ts';
import type { PortState, Verdict } from '../verdict.ts';
import type { ActivePairs } from './active-pairs.ts';
import type { BlockStore } from './block-store.ts';
import type { FirstPair } from './first-transmissions.ts';
import { Answer } from './pair-table.ts';
import type { FirstReset } from './reset-grace.ts';
import type { SessionPlan, SessionStats } from './session-plan.ts';
import { NO_SYNS, type PairSyns } from './syn-sequence.ts';
import type { SynWriter } from './syn-writer.ts';

const NO_SAMPLES: readonly number[] = [];

/** The state that each answer stands for, in the order of `Answer`. */
const STATES: readonly PortState[] = ['filtered', 'filtered', 'open', 'error', 'closed', 'open'];

/** What an ending reads and frees. */
export interface EndingParts {
  readonly pairs: ActivePairs;
  readonly blocks: BlockStore;
  readonly writer: SynWriter;
  readonly stats: SessionStats;
}

/** The end of each pair: tells its verdict and frees what was kept for it. */
export class PairEndings {
  /** RTTs of each slot, where more than one was asked for. */
  readonly #samples: Map<number, number[]> = new Map();
  readonly #plan: SessionPlan;
  readonly #parts: EndingParts;
  readonly #verdict: SessionVerdict;

  constructor(plan: SessionPlan, parts: EndingParts) {
    this.#plan = plan;
    this.#parts = parts;
    this.#verdict = new SessionVerdict(plan, parts);
  }

  /** Ends a pair of the table. `errno`: why its last SYN did not leave this host; 0 if it did. */
  finish(slot: number, errno: number): void {
    const { pairs, blocks } = this.#parts;
    const { reply, conflict, rejectedReply } = pairs.table;
    const samples = this.#samples.size === 0 ? undefined : this.#samples.get(slot);
    this.#tell(this.#verdict.of(slot, errno, samples));
    blocks.release(reply[slot] as number);
    blocks.release(conflict[slot] as number);
    blocks.release(rejectedReply[slot] as number);
    if (samples !== undefined) this.#samples.delete(slot);
    pairs.remove(slot);
  }

  /** Ends a pair of the fast tier without an answer, or one without a route. `errno` as for `finish`. */
  finishSilent(pair: PairSyns, errno: number): void {
    this.#tell(this.#verdict.silent(pair, errno));
  }

  /** Ends a pair of the fast tier that an RST decides. */
  finishReset(pair: FirstPair): void {
    this.#tell(this.#verdict.silent(pair, 0).answered(Answer.rst, pair));
    this.#parts.blocks.release(pair.reply);
  }

  /** Keeps an RTT; returns how many the slot has now. */
  keepSample(slot: number, rtt: Nanos): number {
    const samples = this.#samples.get(slot) ?? [];
    if (rtt >= 0) samples.push(rtt);
    this.#samples.set(slot, samples);
    return samples.length;
  }

  #tell(verdict: SessionVerdict): void {
    const { stats } = this.#parts;
    stats.pairsDone++;
    if (verdict.state === 'open') stats.open++;
    this.#plan.onVerdict(verdict);
  }
}

/**
 * The one verdict object of a session, set anew for each pair. Packets are read and made when they are asked
 * for, so that a verdict which is only counted costs little.
 */
class SessionVerdict implements Verdict {
  targetIndex = 0;
  port = 0;
  state: PortState = 'filtered';
  attempts = 0;
  rejected = 0;
  readonly #plan: SessionPlan;
  readonly #parts: EndingParts;
  readonly #view: PacketView = new PacketView();
  #pair: PairSyns = NO_SYNS;
  #answer: number = Answer.none;
  #errno = 0;
  /** Handles in the BlockStore; 0 for none. */
  #reply = 0;
  #conflict = 0;
  #rejectedReply = 0;
  #rtt: Nanos = NaN;
  #samples: readonly Nanos[] | undefined = undefined;
  /** Used again for the one RTT of most pairs. */
  readonly #single: number[] = [0];
  #isLoaded = false;

  constructor(plan: SessionPlan, parts: EndingParts) {
    this.#plan = plan;
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

  /** A pair of the table; `errno` as for `silent`, `samples`: its RTTs where more than one was asked for. */
  of(slot: number, errno: number, samples: readonly Nanos[] | undefined): this {
    const { table } = this.#parts.pairs;
    const answer = table.answer[slot] as number;
    this.silent(table.synsOf(slot), errno);
    this.#conflict = table.conflict[slot] as number;
    this.#rejectedReply = table.rejectedReply[slot] as number;
    this.rejected = table.rejected[slot] as number;
    this.#samples = samples;
    if (answer === Answer.none) return this;
    this.attempts = table.answeredBy[slot] as number;
    return this.answered(answer, { reply: table.reply[slot] as number, rtt: table.rtt[slot] as number });
  }

  /** That answer decides. */
  answered(answer: number, { reply, rtt }: FirstReset): this {
    this.#answer = answer;
    this.#reply = reply;
    this.#rtt = rtt;
    this.#isLoaded = false;
    this.state = STATES[answer] as PortState;
    return this;
  }

  get target(): Address {
    return this.#plan.targets.at(this.targetIndex);
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

  /** An ICMP error's round trip counts too: it is the sender's. A stamp not known any more gives none. */
  get rttSamples(): readonly number[] {
    if (this.#samples !== undefined) return this.#samples.map((sample) => sample / NANOS_PER_MS);
    if (!(this.#rtt >= 0)) return NO_SAMPLES;
    this.#single[0] = this.#rtt / NANOS_PER_MS;
    return this.#single;
  }

  get mtu(): number | null {
    return this.#plan.routes.sources[this.#pair.source]?.mtu ?? null;
  }

  get sent(): Uint8Array | null {
    return this.recall();
  }

  /** Every SYN can be made again from a few numbers. */
  get recall(): () => Uint8Array | null {
    const { attempts } = this;
    const { writer } = this.#parts;
    const { target, port, source, sent, firstNonce, nonce } = this.#pair;
    const pair = { target, port, source, sent, firstNonce, nonce };
    return () => (attempts === 0 ? null : writer.packet(pair, attempts - 1));
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
