import type { Evidence } from '../analysis/evidence.ts';
import { isOrdinaryReset } from '../analysis/findings/rst-injected.ts';
import { findFindings } from '../analysis/find-findings.ts';
import type { HostFacts } from '../analysis/host-facts.ts';
import { HostLedger, knowsUsual } from '../analysis/host-ledger.ts';
import type { TargetSet } from '../probe/target-set.ts';
import type { Verdict } from '../probe/verdict.ts';
import { type Expectations, judge } from '../report/expectations.ts';
import { plainReplyOf, portRecordOf, replyOf, type TargetName } from '../report/port-record.ts';
import type { PortRecord } from '../report/records.ts';
import { formatAddress } from '../wire/address.ts';
import type { Nanos } from '../wire/numbers.ts';
import type { PacketView } from '../wire/packet-view.ts';
import { leastRtt, PlainResetEvidence, VerdictEvidence, withHost } from './verdict-evidence.ts';
import { type WaitingRecord, WaitingRecords } from './waiting-records.ts';

/** Where records go, and what they are judged by. */
export interface RecorderOptions {
  readonly targets: TargetSet;
  readonly expectations: Expectations | null;
  /** Makes records of open ports alone; the verdicts of the others go to `pass`. */
  readonly openOnly: boolean;
  /** Ports of each target. */
  readonly ports: number;
  readonly emit: (record: PortRecord) => void;
  readonly pass: (verdict: Verdict) => void;
}

/**
 * Turns verdicts into records with findings. An RST is only conspicuous beside the target's SYN-ACKs, so its record waits until one is known; a SYN-ACK beside
 * others, so the first ones wait until it is known which of them are usual. None waits longer than two seconds, or past the end; every other record goes out at once.
 */
export class PortRecorder {
  readonly #options: RecorderOptions;
  readonly #openOnly: boolean;
  readonly #ledger: HostLedger = new HostLedger();
  readonly #resets: WaitingRecords = new WaitingRecords();
  readonly #synAcks: WaitingRecords = new WaitingRecords();
  #name: TargetName | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#openOnly = options.openOnly;
  }

  /** Takes a verdict reached at `now`; copies what it keeps. */
  add(verdict: Verdict, now: Nanos): void {
    if (this.#openOnly && verdict.state !== 'open') return this.#options.pass(verdict);
    const host = this.#ledger.facts(verdict.targetIndex);
    if (verdict.state === 'closed') this.#addClosed(verdict, host, now);
    else if (verdict.reason === 'syn-ack' && verdict.reply !== null) this.#addSynAck(verdict, host, now);
    else this.#addOther(verdict, host);
  }

  #addClosed(verdict: Verdict, host: HostFacts | null, now: Nanos): void {
    const reset = plainReset(verdict);
    if (host === null && !this.#resets.isFull) this.#wait(verdict, reset, now);
    else if (reset !== null && (host === null || isOrdinaryReset(reset, host, leastRtt(verdict))))
      this.#judge(portRecordOf(verdict, this.#nameOf(verdict), plainReplyOf(reset)));
    else this.#addOther(verdict, host);
  }

  /** Anything but a plain reset in which there is nothing to find: that is a scan's most common answer, and recognised without decoding it into objects. */
  #addOther(verdict: Verdict, host: HostFacts | null): void {
    const evidence = new VerdictEvidence(verdict, host, false);
    this.#emit(portRecordOf(verdict, this.#nameOf(verdict), replyOf(evidence.reply)), evidence);
  }

  #addSynAck(verdict: Verdict, host: HostFacts | null, now: Nanos): void {
    const { targetIndex } = verdict;
    const waits = this.#options.ports > 1 && !this.#synAcks.isFull && (host === null || !knowsUsual(host));
    const evidence = new VerdictEvidence(verdict, host, waits);
    const record = portRecordOf(verdict, this.#nameOf(verdict), replyOf(evidence.reply));
    if (evidence.reply !== null) this.#ledger.learn(targetIndex, evidence.reply, evidence.rttMs);
    if (host === null) this.#releaseResets(targetIndex);
    if (!waits) return this.#emit(record, evidence);
    this.#synAcks.add({ targetIndex, record, evidence, shape: null, since: now });
    const learnt = this.#ledger.facts(targetIndex);
    if (learnt === null || !knowsUsual(learnt)) return;
    for (const waiting of this.#synAcks.takeTarget(targetIndex)) this.#releaseSynAck(waiting);
  }

  #wait(verdict: Verdict, reset: PacketView | null, since: Nanos): void {
    const name = this.#nameOf(verdict);
    const { targetIndex } = verdict;
    if (reset === null) {
      const evidence = new VerdictEvidence(verdict, null, true);
      const record = portRecordOf(verdict, name, replyOf(evidence.reply));
      return this.#resets.add({ targetIndex, record, evidence, shape: null, since });
    }
    const record = portRecordOf(verdict, name, plainReplyOf(reset));
    const shape = { ttl: reset.ttl, ipId: reset.ipId, window: reset.window };
    this.#resets.add({ targetIndex, record, evidence: new PlainResetEvidence(verdict), shape, since });
  }

  /** Lets go of records that have waited long enough. */
  tick(now: Nanos): void {
    for (const waiting of this.#resets.takeRipe(now)) this.#release(waiting, null);
    for (const waiting of this.#synAcks.takeRipe(now)) this.#releaseSynAck(waiting);
  }

  /** Emits everything that still waits. */
  end(): void {
    this.tick(Infinity);
  }

  #releaseResets(targetIndex: number): void {
    const host = this.#ledger.facts(targetIndex);
    for (const waiting of this.#resets.takeTarget(targetIndex)) this.#release(waiting, host);
  }

  #release({ record, evidence, shape }: WaitingRecord, host: HostFacts | null): void {
    if (shape !== null && (host === null || isOrdinaryReset(shape, host, evidence.rttMs))) this.#judge(record);
    else this.#emit(record, host === null ? evidence : withHost(evidence, host));
  }

  #releaseSynAck({ targetIndex, record, evidence }: WaitingRecord): void {
    const host = evidence.reply === null ? null : this.#ledger.factsBeside(targetIndex, evidence.reply.ip.ttl);
    this.#emit(record, host === null ? evidence : withHost(evidence, host));
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
