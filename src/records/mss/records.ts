import type { Finding } from '../../analysis/finding.ts';
import type { MssVerdict } from '../../analysis/mss/mss-verdict.ts';
import type { PortState } from '../../probe/verdict.ts';
import type { RunRecord, SummaryRecord } from '../records.ts';

/** One offered MSS and what came of it. */
export interface MssRowRecord {
  /** Null: a SYN without the option. */
  readonly offered: number | null;
  /** In the SYN-ACK; null without the option, or without a SYN-ACK. */
  readonly advertised: number | null;
  /** What the host's full segments hold, option bytes included; null where no full segment came. */
  readonly effective: number | null;
  /** What its largest single segment held, full or not; null where none is known to be single. */
  readonly atLeast: number | null;
  /** Bytes that the host sent. */
  readonly receivedBytes: number;
  /** Window of the SYN-ACK as it stands in the header; null without one. */
  readonly window: number | null;
}

/** What was expected of each direction, as it was written; null where nothing was. */
export interface ExpectedMss {
  readonly forward: string | null;
  readonly reverse: string | null;
}

/** What was found out about one port. */
export interface MssRecord {
  readonly type: 'mss';
  readonly target: string;
  readonly hostname: string | null;
  readonly port: number;
  readonly state: PortState;
  readonly reason: string;
  /** In the order in which they were offered. */
  readonly rows: readonly MssRowRecord[];
  readonly forward: MssVerdict;
  readonly reverse: MssVerdict;
  /** The changes once more in the words that all commands share, and what else showed. */
  readonly findings: readonly Finding[];
  /** Null without expectations, as is `pass`. */
  readonly expected: ExpectedMss | null;
  readonly pass: boolean | null;
  /** What was missed; null when nothing was. */
  readonly why: string | null;
}

/** Everything that `mss` yields. */
export type MssRunRecord = RunRecord | MssRecord | SummaryRecord;
