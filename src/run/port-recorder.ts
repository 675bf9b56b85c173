import type { Evidence } from '../analysis/evidence.ts';
import { findFindings } from '../analysis/find-findings.ts';
import type { HostFacts } from '../analysis/host-facts.ts';
import { HostLedger } from '../analysis/host-ledger.ts';
import type { TargetSet } from '../probe/target-set.ts';
import type { Verdict } from '../probe/verdict.ts';
import { type Expectations, judge } from '../report/expectations.ts';
import { portRecordOf } from '../report/port-record.ts';
import type { PortRecord } from '../report/records.ts';
import type { DecodedPacket } from '../wire/decoded.ts';
import { NANOS_PER_SECOND, type Nanos } from '../wire/numbers.ts';
import { decodePacket } from '../wire/packet.ts';

/** How long the record of an RST waits for a SYN-ACK of the same target to be measured by. */
const MAX_WAIT: Nanos = 2 * NANOS_PER_SECOND;
/** Records that may wait at once. */
const MAX_WAITING = 4096;

interface WaitingRecord {
  readonly targetIndex: number;
  readonly record: PortRecord;
  readonly evidence: Evidence;
  readonly since: Nanos;
}

/** Where records go, and what they are judged by. */
export interface RecorderOptions {
  readonly targets: TargetSet;
  readonly expectations: Expectations | null;
  readonly emit: (record: PortRecord) => void;
}

/**
 * Turns verdicts into records with findings. An RST is only conspicuous beside the target's SYN-ACKs, so its record waits until one is known,
 * two seconds have passed or the run ends; every other record goes out at once.
 */
export class PortRecorder {
  readonly #options: RecorderOptions;
  readonly #ledger: HostLedger = new HostLedger();
  #waiting: WaitingRecord[] = [];

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Takes a verdict reached at `now`; copies what it keeps. */
  add(verdict: Verdict, now: Nanos): void {
    const { targetIndex } = verdict;
    const evidence = new VerdictEvidence(verdict);
    const record = portRecordOf(verdict, this.#options.targets.hostname(targetIndex), evidence.reply);
    const before = this.#ledger.facts(targetIndex);
    evidence.host = before;
    if (verdict.reason === 'syn-ack' && evidence.reply !== null) {
      this.#ledger.learn(targetIndex, evidence.reply, evidence.rttMs);
      if (before === null) this.#releaseTarget(targetIndex);
    }
    if (verdict.reason === 'rst' && before === null && this.#waiting.length < MAX_WAITING) {
      evidence.detach();
      this.#waiting.push({ targetIndex, record, evidence, since: now });
    } else this.#emit(record, evidence);
  }

  /** Lets go of records that have waited long enough. */
  tick(now: Nanos): void {
    const ripe = this.#waiting.findIndex(({ since }) => now - since < MAX_WAIT);
    if (ripe === 0 || this.#waiting.length === 0) return;
    for (const { record, evidence } of this.#waiting.splice(0, ripe < 0 ? this.#waiting.length : ripe))
      this.#emit(record, evidence);
  }

  /** Emits everything that still waits. */
  end(): void {
    for (const { record, evidence } of this.#waiting.splice(0)) this.#emit(record, evidence);
  }

  #releaseTarget(targetIndex: number): void {
    if (this.#waiting.length === 0) return;
    const host = this.#ledger.facts(targetIndex);
    const released = this.#waiting.filter((waiting) => waiting.targetIndex === targetIndex);
    this.#waiting = this.#waiting.filter((waiting) => waiting.targetIndex !== targetIndex);
    for (const { record, evidence } of released) this.#emit(record, { ...plain(evidence), host });
  }

  #emit(record: PortRecord, evidence: Evidence): void {
    const found = { ...record, findings: findFindings(evidence) };
    const { expectations } = this.#options;
    this.#options.emit(expectations === null ? found : { ...found, expectation: judge(found, expectations) });
  }
}

/** Evidence of one verdict; the SYN is decoded only when a finding asks for it. */
class VerdictEvidence implements Evidence {
  readonly reply: DecodedPacket | null;
  readonly conflict: DecodedPacket | null;
  readonly rejected: DecodedPacket | null;
  readonly rejectedCount: number;
  readonly rttMs: number | null;
  host: HostFacts | null = null;
  /** Null once detached. */
  #verdict: Verdict | null;
  #sent: DecodedPacket | null = null;

  constructor(verdict: Verdict) {
    this.#verdict = verdict;
    this.reply = decoded(verdict.reply);
    this.conflict = decoded(verdict.conflict);
    this.rejected = decoded(verdict.rejectedReply);
    this.rejectedCount = verdict.rejected;
    this.rttMs = verdict.rttSamples.length === 0 ? null : Math.min(...verdict.rttSamples);
  }

  get sent(): DecodedPacket | null {
    if (this.#verdict !== null) this.#sent ??= decoded(this.#verdict.sent);
    return this.#sent;
  }

  /** Takes what it still needs from the verdict, so that it may outlive it. */
  detach(): void {
    this.#sent = this.sent;
    this.#verdict = null;
  }
}

function plain(evidence: Evidence): Evidence {
  const { sent, reply, conflict, rejected, rejectedCount, rttMs, host } = evidence;
  return { sent, reply, conflict, rejected, rejectedCount, rttMs, host };
}

/** Decodes a copy: the verdict's bytes are reused. */
function decoded(bytes: Uint8Array | null): DecodedPacket | null {
  if (bytes === null) return null;
  const result = decodePacket(bytes.slice());
  return result.ok ? result.value : null;
}
