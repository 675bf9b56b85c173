import type { Evidence } from '../../analysis/evidence.ts';
import { isOrdinaryReset } from '../../analysis/findings/rst-injected.ts';
import { findFindings } from '../../analysis/find-findings.ts';
import { type HostFacts, HostLedger, usualDistance } from '../../analysis/host-ledger.ts';
import { hopDistance, synAckOf } from '../../analysis/reply.ts';
import type { PairOrder } from '../../probe/scan/pair-order.ts';
import type { TargetSet } from '../../probe/targets/targets.ts';
import type { Verdict } from '../../probe/verdict.ts';
import { type Expectations, judge } from './expectations.ts';
import { plainReplyOf, portRecordOf, replyOf, type TargetName } from './build.ts';
import type { PortRecord } from './records.ts';
import { formatAddress } from '../../wire/address.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { PacketView } from '../../wire/packet-view.ts';
import { leastRtt, PlainResetEvidence, VerdictEvidence, withHost } from './evidence.ts';
import { Fact, waitsFor } from './wait-rule.ts';
import { MAX_WAITING, OpenPairs, type WaitingRecord, WaitingRecords } from './waiting.ts';

/** Where records go, and what they are judged by. */
export interface RecorderOptions {
  readonly targets: TargetSet;
  /** Ports of each target. */
  readonly ports: number;
  readonly order: PairOrder;
  readonly expectations: Expectations | null;
  /** Makes records of open ports alone; the verdicts of the others go to `pass`. */
  readonly openOnly: boolean;
  readonly emit: (record: PortRecord) => void;
  readonly pass: (verdict: Verdict) => void;
}

/**
 * Turns verdicts into records with findings. WAIT_RULES says which records wait until more is known of their
 * target; the others go out at once.
 */
export class PortRecorder {
  readonly #options: RecorderOptions;
  readonly #ledger: HostLedger = new HostLedger();
  readonly #waiting: WaitingRecords = new WaitingRecords();
  /** Null in a large run. */
  readonly #openPairs: OpenPairs | null;
  readonly #runFacts: number;
  #name: TargetName | null = null;

  constructor(options: RecorderOptions) {
    const { order, ports } = options;
    this.#options = options;
    this.#openPairs = order.length <= MAX_WAITING ? new OpenPairs(order, ports) : null;
    this.#runFacts = (ports === 1 ? Fact.ONE_PORT : 0) | (this.#openPairs === null ? 0 : Fact.SMALL_RUN);
  }

  /** Takes a verdict reached at `now`; copies what it keeps. */
  add(verdict: Verdict, now: Nanos): void {
    const { targetIndex, state } = verdict;
    if (this.#options.openOnly && state !== 'open') this.#pass(verdict);
    else this.#record(verdict, now);
    if (this.#openPairs?.close(targetIndex) === true) this.#releaseAll(this.#waiting.takeTarget(targetIndex));
  }

  /** Emits records that have waited long enough. */
  tick(now: Nanos): void {
    if (this.#openPairs === null) this.#releaseAll(this.#waiting.takeRipe(now));
  }

  /** Emits everything that still waits. */
  end(): void {
    this.#releaseAll(this.#waiting.takeRipe(Infinity));
  }

  #pass(verdict: Verdict): void {
    if (verdict.conflict !== null) this.#learn(verdict.targetIndex, new VerdictEvidence(verdict, null, false));
    this.#options.pass(verdict);
  }

  #record(verdict: Verdict, now: Nanos): void {
    const host = this.#ledger.facts(verdict.targetIndex);
    const reset = plainReset(verdict);
    // The rule `usual`, without the table: most answers of a scan are such resets.
    if (reset !== null && host !== null && isOrdinaryReset(reset, host, leastRtt(verdict)))
      return this.#takeReset(verdict, reset, null);
    const facts = this.#factsOf(verdict, host, reset);
    const waits = waitsFor(facts) !== 'nothing';
    if (reset !== null && (waits || host === null)) return this.#takeReset(verdict, reset, waits ? now : null);
    const evidence = new VerdictEvidence(verdict, host, waits);
    this.#takeOther(verdict, evidence, waits ? now : null);
    if ((facts & Fact.SYN_ACK) !== 0) this.#learn(verdict.targetIndex, evidence);
  }

  /** A set of `Fact` about a verdict that is no ordinary reset. */
  #factsOf(verdict: Verdict, host: HostFacts | null, reset: PacketView | null): number {
    const answer = answerOf(verdict);
    if (answer === 0) return answer;
    if (host !== null && verdict.reason === 'syn-ack' && isUsualTtl(verdict.ttl, host)) return answer | Fact.LIKE_HOST;
    const settled = host !== null && usualDistance(host) !== null ? Fact.SETTLED : 0;
    if (!this.#waiting.isFull) return answer | this.#runFacts | settled;
    const rare = this.#waiting.isRare({ targetIndex: verdict.targetIndex, shape: reset }) ? Fact.RARE : 0;
    return answer | this.#runFacts | settled | Fact.FULL | rare;
  }

  /** A plain reset, recorded without decoding it into objects. `since` is null where it does not wait. */
  #takeReset(verdict: Verdict, reset: PacketView, since: Nanos | null): void {
    const { targetIndex } = verdict;
    const record = portRecordOf(verdict, this.#nameOf(verdict), plainReplyOf(reset));
    if (since === null) return this.#judge(record);
    const usual = this.#waiting.isFull ? this.#waiting.takeUsual(targetIndex) : null;
    if (usual !== null) this.#release(usual);
    const { ttl, ipId, window } = reset;
    this.#waiting.add({ targetIndex, record, evidence: new PlainResetEvidence(verdict), shape: { ttl, ipId, window }, since });
  }

  #takeOther(verdict: Verdict, evidence: VerdictEvidence, since: Nanos | null): void {
    const record = portRecordOf(verdict, this.#nameOf(verdict), replyOf(evidence.reply));
    if (since === null) this.#emit(record, evidence);
    else this.#waiting.add({ targetIndex: verdict.targetIndex, record, evidence, shape: null, since });
  }

  #learn(targetIndex: number, evidence: Evidence): void {
    const { reply, rttMs } = evidence;
    const synAck = synAckIn(evidence);
    if (synAck === null) return;
    const known = this.#ledger.facts(targetIndex);
    this.#ledger.learn(targetIndex, synAck, synAck === reply ? rttMs : null);
    const learnt = this.#ledger.facts(targetIndex);
    if (learnt === null) return;
    const becameUsual = (known === null ? null : usualDistance(known)) !== usualDistance(learnt);
    if (becameUsual && this.#openPairs === null) this.#releaseAll(this.#waiting.takeTarget(targetIndex));
    else if (becameUsual || learnt.hopGroups.length !== known?.hopGroups.length) this.#releaseSettled(targetIndex, learnt);
  }

  #releaseAll(taken: readonly WaitingRecord[]): void {
    for (const waiting of taken) this.#release(waiting);
  }

  /** Emits records of which nothing that may yet be learnt makes a finding. */
  #releaseSettled(targetIndex: number, host: HostFacts): void {
    const isSettled = ({ shape, evidence: { reply, rttMs } }: WaitingRecord): boolean =>
      shape === null
        ? reply !== null && synAckOf(reply) !== null && isUsualTtl(reply.ip.ttl, host)
        : isOrdinaryReset(shape, host, rttMs);
    this.#releaseAll(this.#waiting.takeTarget(targetIndex, isSettled));
  }

  #release({ targetIndex, record, evidence, shape }: WaitingRecord): void {
    const own = shape === null ? synAckIn(evidence) : null;
    const host = own === null ? this.#ledger.facts(targetIndex) : this.#ledger.factsBeside(targetIndex, own.ip.ttl);
    if (shape !== null && (host === null || isOrdinaryReset(shape, host, evidence.rttMs))) this.#judge(record);
    else this.#emit(record, host === null ? evidence : withHost(evidence, host));
  }

  /** Verdicts of one target often follow each other. */
  #nameOf({ target, targetIndex }: Verdict): TargetName {
    const known = this.#name;
    if (known !== null && known.address === target) return known;
    this.#name = { address: target, text: formatAddress(target), hostname: this.#options.targets.hostname(targetIndex) };
    return this.#name;
  }

  #emit(record: PortRecord, evidence: Evidence): void {
    const findings = findFindings(evidence);
    this.#judge(findings.length === 0 ? record : { ...record, findings });
  }

  #judge(found: PortRecord): void {
    const { expectations } = this.#options;
    this.#options.emit(expectations === null ? found : { ...found, expectation: judge(found, expectations) });
  }
}

/** What kind of answer it is, as a `Fact`; 0 for none that is compared with others. */
function answerOf({ state, reason, conflict }: Verdict): number {
  if (state === 'closed') return conflict === null ? Fact.RESET : Fact.SYN_ACK;
  return reason === 'syn-ack' ? Fact.SYN_ACK : 0;
}

/** The deciding packet where it is a reset without options and nothing else was heard, else null. */
function plainReset({ state, conflict, rejected, view }: Verdict): PacketView | null {
  if (state !== 'closed' || conflict !== null || rejected > 0) return null;
  return view === null || view.optionsLength > 0 ? null : view;
}

/** Whether a packet came as far as most SYN-ACKs. */
function isUsualTtl(ttl: number | null, host: HostFacts): boolean {
  return ttl !== null && usualDistance(host) === hopDistance(ttl);
}

function synAckIn({ reply, conflict }: Evidence): DecodedPacket | null {
  if (synAckOf(reply) !== null) return reply;
  return synAckOf(conflict) === null ? null : conflict;
}
