import type { Evidence } from '../analysis/evidence.ts';
import { isOrdinaryReset } from '../analysis/findings/rst-injected.ts';
import { findFindings } from '../analysis/find-findings.ts';
import type { HostFacts } from '../analysis/host-facts.ts';
import { HostLedger } from '../analysis/host-ledger.ts';
import type { TargetSet } from '../probe/target-set.ts';
import type { Verdict } from '../probe/verdict.ts';
import { type Expectations, judge } from '../report/expectations.ts';
import { plainReplyOf, portRecordOf, replyOf } from '../report/port-record.ts';
import type { PortRecord } from '../report/records.ts';
import type { DecodedPacket } from '../wire/decoded.ts';
import { NANOS_PER_SECOND, type Nanos } from '../wire/numbers.ts';
import { PacketView } from '../wire/packet-view.ts';
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
  readonly #view: PacketView = new PacketView();
  #waiting: WaitingRecord[] = [];

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Takes a verdict reached at `now`; copies what it keeps. */
  add(verdict: Verdict, now: Nanos): void {
    const { targetIndex } = verdict;
    const host = this.#ledger.facts(targetIndex);
    const waits = verdict.reason === 'rst' && host === null && this.#waiting.length < MAX_WAITING;
    const hostname = this.#options.targets.hostname(targetIndex);
    if (!waits && this.#isOrdinaryReset(verdict, host)) {
      this.#judge(portRecordOf(verdict, hostname, plainReplyOf(this.#view)));
      return;
    }
    const evidence = new VerdictEvidence(verdict, host, waits);
    const record = portRecordOf(verdict, hostname, replyOf(evidence.reply));
    if (verdict.reason === 'syn-ack' && evidence.reply !== null) {
      this.#ledger.learn(targetIndex, evidence.reply, evidence.rttMs);
      if (host === null) this.#releaseTarget(targetIndex);
    }
    if (waits) this.#waiting.push({ targetIndex, record, evidence, since: now });
    else this.#emit(record, evidence);
  }

  /** A scan's most common answer, in which there is nothing to find: recognised in place, without decoding it into objects. Leaves the reply in `#view`. */
  #isOrdinaryReset(verdict: Verdict, host: HostFacts | null): boolean {
    const { reply } = verdict;
    if (verdict.reason !== 'rst' || reply === null || verdict.conflict !== null || verdict.rejected > 0) return false;
    if (!this.#view.load(reply, 0, reply.length) || this.#view.optionsLength > 0) return false;
    return host === null || isOrdinaryReset(this.#view, host, verdict.rttSamples[0] ?? null);
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
    const findings = findFindings(evidence);
    this.#judge(findings.length === 0 ? record : { ...record, findings });
  }

  #judge(found: PortRecord): void {
    const { expectations } = this.#options;
    this.#options.emit(expectations === null ? found : { ...found, expectation: judge(found, expectations) });
  }
}

/** Evidence of one verdict. What a lasting one holds stays true when the verdict is reused; any other is good until then, and cheaper. */
class VerdictEvidence implements Evidence {
  readonly reply: DecodedPacket | null;
  readonly conflict: DecodedPacket | null;
  readonly rejected: DecodedPacket | null;
  readonly rejectedCount: number;
  readonly rttMs: number | null;
  readonly host: HostFacts | null;
  readonly #sentBytes: Uint8Array | null;
  readonly #verdict: Verdict | null;

  constructor(verdict: Verdict, host: HostFacts | null, lasts: boolean) {
    this.host = host;
    this.#verdict = lasts ? null : verdict;
    this.#sentBytes = lasts ? verdict.sent : null;
    this.reply = decoded(verdict.reply, lasts);
    this.conflict = decoded(verdict.conflict, lasts);
    this.rejected = decoded(verdict.rejectedReply, lasts);
    this.rejectedCount = verdict.rejected;
    this.rttMs = verdict.rttSamples.length === 0 ? null : Math.min(...verdict.rttSamples);
  }

  /** Decoded when a finding asks for it: few do. */
  get sent(): DecodedPacket | null {
    return decoded(this.#verdict === null ? this.#sentBytes : this.#verdict.sent, false);
  }
}

function plain(evidence: Evidence): Evidence {
  const { sent, reply, conflict, rejected, rejectedCount, rttMs, host } = evidence;
  return { sent, reply, conflict, rejected, rejectedCount, rttMs, host };
}

/** `copied`: the bytes are the verdict's, which reuses them. */
function decoded(bytes: Uint8Array | null, copied: boolean): DecodedPacket | null {
  if (bytes === null) return null;
  const result = decodePacket(copied ? bytes.slice() : bytes);
  return result.ok ? result.value : null;
}
