import type { ProofCarrier } from '../../probe/responder/proof.ts';
import type { AttemptFate } from '../../probe/responder/report.ts';
import type { ClockName, EngineName, SendPath } from '../../transport/transport.ts';
import type { Reply } from '../records.ts';

/** First record of a responder. */
export interface RespondRunRecord {
  readonly type: 'run';
  readonly schema: 1;
  readonly version: string;
  readonly command: 'respond';
  readonly engine: EngineName;
  readonly clock: ClockName;
  readonly sendPath: SendPath;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly source: { readonly address: null; readonly interface: string | null };
  readonly listen: { readonly ports: readonly number[]; readonly forSeconds: number | null; readonly count: number | null };
}

/** One proven SYN, once its fate is final. */
export interface AttemptRecord {
  readonly type: 'attempt';
  /** ISO 8601, when the SYN arrived. */
  readonly at: string;
  /** Who sent it, and where to, as it arrived. */
  readonly from: string;
  readonly fromPort: number;
  readonly to: string;
  readonly port: number;
  readonly ttl: number;
  readonly fate: AttemptFate;
  /** The fields by which it proved itself. */
  readonly proof: readonly ProofCarrier[];
  /** From its arrival until the SYN-ACK left; null when none did. */
  readonly answeredAfterMs: number | null;
  readonly synCopies: number;
  readonly synAckCopies: number;
  readonly syn: Reply;
  /** Both packets from their IP headers on. */
  readonly synHex: string;
  readonly synAckHex: string | null;
}

/** Last record of a responder. */
export interface RespondSummaryRecord {
  readonly type: 'summary';
  readonly attempts: number;
  readonly answered: number;
  readonly reported: number;
  /** SYNs without a proof, none of which was answered. */
  readonly strangers: number;
  readonly rateLimited: number;
  readonly kernelDrops: number | null;
  readonly durationMs: number;
  readonly interrupted: boolean;
}

/** Everything that `respond` yields. */
export type RespondRecord = RespondRunRecord | AttemptRecord | RespondSummaryRecord;
