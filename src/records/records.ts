import type { Finding } from '../analysis/finding.ts';
import type { ClockName, EngineName, SendPath } from '../transport/transport.ts';
import type { TcpOption } from '../wire/decoded.ts';
import type { ResponderRecord } from './responder-record.ts';
import type { PortState } from '../probe/verdict.ts';

/** First record of every run. */
export interface RunRecord {
  readonly type: 'run';
  readonly schema: 1;
  readonly version: string;
  readonly command: string;
  readonly engine: EngineName;
  readonly clock: ClockName;
  /** How packets are handed to the kernel, and why this way. */
  readonly sendPath: SendPath;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly source: { readonly address: string | null; readonly interface: string | null };
  readonly probe: ProbeSummary;
}

/** What the SYNs look like and how many pairs are asked for. */
export interface ProbeSummary {
  readonly options: string;
  readonly optionsHex: string;
  readonly ttl: number;
  readonly window: number;
  readonly retries: number;
  readonly count: number;
  readonly rate: number | 'max' | null;
  readonly seed: string;
  readonly shard: string | null;
  readonly sourcePorts: readonly number[];
  readonly targets: number;
  readonly ports: number;
}

/** Round trips in milliseconds; all null without samples. */
export interface Rtt {
  readonly min: number | null;
  readonly avg: number | null;
  readonly max: number | null;
  readonly stddev: number | null;
  readonly samples: number;
}

/** The TCP reply that decided. `window` is the raw header field, not scaled. */
export interface Reply {
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly options: readonly TcpOption[];
  readonly optionsText: string;
  readonly optionsHex: string;
  readonly payloadLength: number;
}

/** Whether the expectations of `--expect...` were met, and if not, why. */
export interface Expectation {
  readonly met: boolean;
  readonly why: string | null;
}

/** One (target, port) pair, final. */
export interface PortRecord {
  readonly type: 'port';
  readonly target: string;
  readonly hostname: string | null;
  readonly port: number;
  readonly state: PortState;
  readonly reason: string;
  readonly from: string | null;
  readonly ttl: number | null;
  readonly attempts: number;
  readonly rttMs: Rtt;
  readonly reply: Reply | null;
  readonly findings: readonly Finding[];
  readonly expectation: Expectation | null;
  /** What the responder saw; only there when one was asked. */
  readonly responder?: ResponderRecord;
}

/** Last record of every run. */
export interface SummaryRecord {
  readonly type: 'summary';
  readonly targets: number;
  readonly ports: number;
  readonly open: number;
  readonly closed: number;
  readonly filtered: number;
  readonly error: number;
  readonly probesSent: number;
  readonly repliesReceived: number;
  /** Replies that named our ports but failed the proof: counted, never believed. */
  readonly repliesRejected: number;
  readonly kernelDrops: number | null;
  readonly durationMs: number;
  readonly interrupted: boolean;
}

/** One line of `--dry-run`. */
export interface PacketRecord {
  readonly type: 'packet';
  readonly target: string;
  readonly port: number;
  readonly sourcePort: number;
  readonly seq: number;
  readonly ttl: number;
  readonly window: number;
  readonly optionsText: string;
  readonly hex: string;
}

/** Everything that `probe` yields. */
export type ProbeRecord = RunRecord | PortRecord | SummaryRecord | PacketRecord;
