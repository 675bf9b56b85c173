import type { Source } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import { seq, seqDiff } from '../../wire/numbers.ts';
import type { PacketView } from '../../wire/packet-view.ts';
import type { ProbeColumns } from '../../wire/syn-template.ts';
import { type CookieNumbers, ProbeCookie } from '../craft/cookie.ts';
import type { SessionPlan } from './session-plan.ts';

/** No SYN of ours: the numbers do not fit. */
export const UNPROVEN = -1;

/** All that tells the SYNs of one pair from those of another. */
export interface PairSyns {
  readonly target: number;
  readonly port: number;
  /** Index into `routes.sources` of the source that they leave by; `-errno` where the target has no route. */
  readonly source: number;
  /** How many have left. */
  readonly sent: number;
  /** Nonce of the first, and of the latest (ProbeCookie). */
  readonly firstNonce: number;
  readonly nonce: number;
}

/** No pair yet. */
export const NO_SYNS: PairSyns = { target: 0, port: 0, source: 0, sent: 0, firstNonce: 0, nonce: 0 };

/** An object that its one owner sets anew for each result, so that none is allocated. */
export type Reused<Result> = { -readonly [Key in keyof Result]: Result[Key] };

/**
 * The numbers of each pair's SYNs: SYN number n (from 0) leaves from source port n, in turn, with an ISN that
 * is a word of the run's keystream for the first and a keyed hash of the 4-tuple and n for the others. Every
 * SYN can be made again from the first nonce, and a reply's acknowledgement names the SYN that it answers.
 */
export class SynSequence {
  readonly #plan: SessionPlan;
  readonly #cookie: ProbeCookie;
  readonly #isOurs: Uint8Array = new Uint8Array(65_536);

  constructor(plan: SessionPlan) {
    this.#plan = plan;
    this.#cookie = new ProbeCookie(plan.key);
    for (const port of plan.sourcePorts) this.#isOurs[port] = 1;
  }

  /** True for a port that our SYNs leave from. */
  isOurs(port: number): boolean {
    return this.#isOurs[port] === 1;
  }

  /** The port that SYN number `attempt` of every pair leaves from. */
  sourcePort(attempt: number): number {
    return this.#plan.sourcePorts[attempt % this.#plan.sourcePorts.length] as number;
  }

  /** The address that the pair's SYNs leave from. */
  sourceAddress({ source }: PairSyns): Address {
    return (this.#plan.routes.sources[source] as Source).address;
  }

  /** What SYN number `attempt` of the pair was made from. */
  numbers(pair: PairSyns, attempt: number): CookieNumbers {
    if (attempt === 0) return this.#cookie.expand(pair.firstNonce);
    const ports = (this.sourcePort(attempt) << 16) | pair.port;
    return this.#cookie.compute(this.sourceAddress(pair), this.#plan.targets.at(pair.target), ports, attempt);
  }

  /** Sets ISNs, timestamps and IP IDs of `count` first SYNs, made from those nonces. */
  fillFirst(columns: ProbeColumns, nonces: Int32Array, count: number): void {
    const { seq: isn, ipId } = this.#plan;
    this.#cookie.expandMany(nonces, columns, count);
    if (isn === null) columns.seqs.set(nonces);
    else columns.seqs.fill(isn);
    if (ipId !== null) columns.ipIds.fill(ipId);
  }

  /** ISN of SYN number `attempt` of the pair. */
  isn(pair: PairSyns, attempt: number): number {
    if (this.#plan.seq !== null) return this.#plan.seq;
    return (attempt === pair.sent - 1 ? pair.nonce : this.numbers(pair, attempt).nonce) >>> 0;
  }

  /**
   * Which SYN of the pair a TCP reply acknowledges, latest first, or UNPROVEN. A SYN-ACK must acknowledge the
   * SYN (and may acknowledge its data); an RST may also leave the SYN or the data out (RFC 9293, 3.10.7.3).
   */
  attemptOfTcp(pair: PairSyns, view: PacketView, isReset: boolean): number {
    const payload = this.#plan.payloadLength;
    for (let attempt = pair.sent - 1; attempt >= 0; attempt--) {
      if (this.sourcePort(attempt) !== view.destinationPort) continue;
      const acknowledged = seqDiff(seq(view.ack), seq(this.isn(pair, attempt)));
      const fits = isReset ? endsSyn(acknowledged, payload) : acknowledged >= 1 && acknowledged <= payload + 1;
      if (fits && (this.#plan.seq === null || this.#echoFits(pair, attempt, view))) return attempt;
    }
    return UNPROVEN;
  }

  /** Which SYN an ICMP error quotes, by its ISN, and its source unless a NAT left its own in the quote. */
  attemptOfQuote(pair: PairSyns, view: PacketView): number {
    const untranslated = view.quoteSource === this.sourceAddress(pair);
    for (let attempt = pair.sent - 1; attempt >= 0; attempt--) {
      if (untranslated && this.sourcePort(attempt) !== view.quoteSourcePort) continue;
      if (view.quoteSeq === this.isn(pair, attempt)) return attempt;
    }
    return UNPROVEN;
  }

  /** The latest SYN of the pair that left from `port`, or UNPROVEN. */
  latestFrom(pair: PairSyns, port: number): number {
    for (let attempt = pair.sent - 1; attempt >= 0; attempt--) if (this.sourcePort(attempt) === port) return attempt;
    return UNPROVEN;
  }

  /** With one fixed ISN on one source port only the timestamp tells SYNs apart. */
  #echoFits(pair: PairSyns, attempt: number, view: PacketView): boolean {
    const echo = view.timestampEcho();
    if (echo <= 0 || this.#plan.sourcePorts.length > attempt) return true;
    return echo === this.numbers(pair, attempt).tsval;
  }
}

/** What an RST in answer to a SYN may acknowledge, counted from the ISN: the SYN or not, its data or not. */
function endsSyn(acknowledged: number, payload: number): boolean {
  return acknowledged === 0 || acknowledged === 1 || acknowledged === payload || acknowledged === payload + 1;
}
