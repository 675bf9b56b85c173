import type { Evidence } from '../../analysis/evidence.ts';
import { isOrdinaryReset, type ResetShape } from '../../analysis/findings/rst-injected.ts';
import { findFindings } from '../../analysis/find-findings.ts';
import type { HostFacts } from '../../analysis/host-facts.ts';
import { hopDistance } from '../../analysis/hop-distance.ts';
import { HostLedger, usualDistance } from '../../analysis/host-ledger.ts';
import { synAckOf } from '../../analysis/syn-ack.ts';
import type { PairOrder } from '../../probe/scan/pair-order.ts';
import type { TargetSet } from '../../probe/targets/target-set.ts';
import type { Verdict } from '../../probe/verdict.ts';
import { type Expectations, judge } from './expectations.ts';
import { plainReplyOf, portRecordOf, replyOf, type TargetName } from './build.ts';
import type { PortRecord } from './records.ts';
import { formatAddress } from '../../wire/address.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { PacketView } from '../../wire/packet-view.ts';
import { OpenPairs } from './open-pairs.ts';
import { leastRtt, PlainResetEvidence, VerdictEvidence, withHost } from './evidence.ts';
import { MAX_WAITING, type WaitingRecord, WaitingRecords } from './waiting-records.ts';

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
 * Turns verdicts into records with findings. A SYN-ACK is only conspicuous beside the target's others, a reset beside its SYN-ACKs; so that no order of probes
 * and answers decides what is found, such a record waits for the last verdict about its target. Not a SYN-ACK like most of them, once those lead by four, nor a reset
 * as the host itself would send it: these, and every other record, go out at once. In a run with more pairs than records may wait the others wait until that lead, and
 * two seconds at most, unless it is a reset unlike most of its target's.
 */
export class PortRecorder {
  readonly #options: RecorderOptions;
  readonly #openOnly: boolean;
  readonly #ledger: HostLedger = new HostLedger();
  readonly #waiting: WaitingRecords = new WaitingRecords();
  /** Null in a large run. */
  readonly #openPairs: OpenPairs | null;
  #name: TargetName | null = null;

  constructor(options: RecorderOptions) {
    const { order, ports } = options;
    this.#options = options;
    this.#openOnly = options.openOnly;
    this.#openPairs = order.length <= MAX_WAITING ? new OpenPairs(order, ports) : null;
  }

  /** Takes a verdict reached at `now`; copies what it keeps. */
  add(verdict: Verdict, now: Nanos): void {
    this.#record(verdict, now);
    const { targetIndex } = verdict;
    if (this.#openPairs?.close(targetIndex) === true) this.#releaseTarget(targetIndex);
  }

  #record(verdict: Verdict, now: Nanos): void {
    if (this.#openOnly && verdict.state !== 'open') return this.#pass(verdict);
    if (verdict.state === 'closed' && verdict.conflict === null) this.#addClosed(verdict, now);
    else if (verdict.state === 'closed' || verdict.reason === 'syn-ack') this.#addAnswered(verdict, now);
    else this.#addOther(verdict, this.#ledger.facts(verdict.targetIndex));
  }

  #pass(verdict: Verdict): void {
    if (verdict.conflict !== null) this.#learn(verdict.targetIndex, new VerdictEvidence(verdict, null, false));
    this.#options.pass(verdict);
  }

  #addClosed(verdict: Verdict, now: Nanos): void {
    const host = this.#ledger.facts(verdict.targetIndex);
    const reset = plainReset(verdict);
    if (reset !== null && host !== null && isOrdinaryReset(reset, host, leastRtt(verdict))) this.#addOrdinary(verdict, reset);
    else if (this.#waits(host) || (reset !== null && this.#makesRoom(verdict.targetIndex, host, reset)))
      this.#wait(verdict, reset, now);
    else if (reset !== null && host === null) this.#addOrdinary(verdict, reset);
    else this.#addOther(verdict, host);
  }

  /** A plain reset in which there is nothing to find: that is a scan's most common answer, and recognised without decoding it into objects. */
  #addOrdinary(verdict: Verdict, reset: PacketView): void {
    this.#judge(portRecordOf(verdict, this.#nameOf(verdict), plainReplyOf(reset)));
  }

  #addOther(verdict: Verdict, host: HostFacts | null): void {
    const evidence = new VerdictEvidence(verdict, host, false);
    this.#emit(portRecordOf(verdict, this.#nameOf(verdict), replyOf(evidence.reply)), evidence);
  }

  /** With a SYN-ACK as the answer, or beside it. */
  #addAnswered(verdict: Verdict, now: Nanos): void {
    const { targetIndex } = verdict;
    const host = this.#ledger.facts(targetIndex);
    const isUsual = host !== null && verdict.reason === 'syn-ack' && verdict.ttl !== null && isUsualTtl(verdict.ttl, host);
    const waits = !isUsual && this.#waits(host);
    const evidence = new VerdictEvidence(verdict, host, waits);
    const record = portRecordOf(verdict, this.#nameOf(verdict), replyOf(evidence.reply));
    if (waits) this.#waiting.add({ targetIndex, record, evidence, shape: null, since: now });
    else this.#emit(record, evidence);
    this.#learn(targetIndex, evidence);
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
    if (becameUsual && this.#openPairs === null) this.#releaseTarget(targetIndex);
    else if (becameUsual || learnt.hopGroups.length !== known?.hopGroups.length) this.#releaseSettled(targetIndex, learnt);
  }

  #waits(host: HostFacts | null): boolean {
    return !this.#waiting.isFull && this.#knowsTooLittle(host);
  }

  /** Whether what is known of a target is too little yet to judge one of its answers by. */
  #knowsTooLittle(host: HostFacts | null): boolean {
    if (this.#options.ports === 1) return false;
    return this.#openPairs !== null || host === null || usualDistance(host) === null;
  }

  /** Lets one of the target's resets go for another that is unlike most of them; false where there is no cause. */
  #makesRoom(targetIndex: number, host: HostFacts | null, reset: PacketView): boolean {
    if (!this.#knowsTooLittle(host)) return false;
    const usual = this.#waiting.takeUsual(targetIndex, reset);
    if (usual !== null) this.#release(usual);
    return usual !== null;
  }

  #wait(verdict: Verdict, reset: PacketView | null, since: Nanos): void {
    const name = this.#nameOf(verdict);
    const { targetIndex } = verdict;
    if (reset === null) {
      const evidence = new VerdictEvidence(verdict, null, true);
      const record = portRecordOf(verdict, name, replyOf(evidence.reply));
      return this.#waiting.add({ targetIndex, record, evidence, shape: null, since });
    }
    const record = portRecordOf(verdict, name, plainReplyOf(reset));
    this.#waiting.add({ targetIndex, record, evidence: new PlainResetEvidence(verdict), shape: shapeOf(reset), since });
  }

  /** Lets go of records that have waited long enough. */
  tick(now: Nanos): void {
    if (this.#openPairs === null) this.#releaseRipe(now);
  }

  /** Emits everything that still waits. */
  end(): void {
    this.#releaseRipe(Infinity);
  }

  #releaseRipe(now: Nanos): void {
    for (const waiting of this.#waiting.takeRipe(now)) this.#release(waiting);
  }

  #releaseTarget(targetIndex: number): void {
    for (const waiting of this.#waiting.takeTarget(targetIndex)) this.#release(waiting);
  }

  /** Lets go of what nothing that may yet be learnt makes a finding of. */
  #releaseSettled(targetIndex: number, host: HostFacts): void {
    const isSettled = ({ shape, evidence: { reply, rttMs } }: WaitingRecord): boolean =>
      shape === null
        ? reply !== null && synAckOf(reply) !== null && isUsualTtl(reply.ip.ttl, host)
        : isOrdinaryReset(shape, host, rttMs);
    for (const waiting of this.#waiting.takeTarget(targetIndex, isSettled)) this.#release(waiting);
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
    const name = { address: target, text: formatAddress(target), hostname: this.#options.targets.hostname(targetIndex) };
    this.#name = name;
    return name;
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

/** The verdict's deciding packet where it is a reset without options and nothing else was heard, else null. */
function plainReset(verdict: Verdict): PacketView | null {
  if (verdict.conflict !== null || verdict.rejected > 0) return null;
  const { view } = verdict;
  return view === null || view.optionsLength > 0 ? null : view;
}

function isUsualTtl(ttl: number, host: HostFacts): boolean {
  return usualDistance(host) === hopDistance(ttl);
}

function shapeOf({ ttl, ipId, window }: PacketView): ResetShape {
  return { ttl, ipId, window };
}

/** The SYN-ACK among the answers, or null. */
function synAckIn({ reply, conflict }: Evidence): DecodedPacket | null {
  if (synAckOf(reply) !== null) return reply;
  return synAckOf(conflict) === null ? null : conflict;
}
