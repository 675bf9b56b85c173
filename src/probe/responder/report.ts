import type { ProofCarrier } from './proof.ts';

/** Every fate of an attempt at the responder, in the order of the numbers in messages. */
export const ATTEMPT_FATES = [
  /** The SYN-ACK left, and nothing came back. */
  'answered',
  /** The SYN-ACK was acknowledged. */
  'established',
  /** The report was fetched over this connection. */
  'reported',
  /** A reset arrived. */
  'reset',
  /** Not answered: more SYNs a second or more connections than the responder accepts. */
  'rate-limited',
  /** Not answered: its TCP checksum was wrong, which no host answers. */
  'bad-checksum',
  /** Not answered: its proof was made for another time. */
  'stale-proof',
] as const;

/** What became of an attempt. */
export type AttemptFate = (typeof ATTEMPT_FATES)[number];

/** A proven SYN as the responder saw it, and its answer. */
export interface AttemptReport {
  /** When the SYN arrived, by the responder's clock: epoch microseconds. */
  readonly arrivedUs: number;
  /** Microseconds until the SYN-ACK left; null when none did. */
  readonly answeredAfterUs: number | null;
  readonly fate: AttemptFate;
  /** How often the SYN arrived, and how often the SYN-ACK left. */
  readonly synCopies: number;
  readonly synAckCopies: number;
  readonly carriers: readonly ProofCarrier[];
  /** The SYN from its IP header on, byte for byte; without its data for earlier attempts. */
  readonly syn: Uint8Array;
  /** Bytes that the SYN had. */
  readonly synLength: number;
  /** The SYN-ACK as it left, or null. */
  readonly synAck: Uint8Array | null;
}

/** What the responder reports over one connection. */
export interface ResponderReport {
  /** The responder's clock when it wrote the report: epoch microseconds. */
  readonly nowUs: number;
  /** Milliseconds since the responder began to listen. */
  readonly upMs: number;
  /** The attempt that began this connection. */
  readonly own: AttemptReport;
  /** Other attempts of the requested time, latest first, as many as fit; `more` counts the rest. */
  readonly others: readonly AttemptReport[];
  readonly more: number;
  /** True when older ones of the requested time were forgotten. */
  readonly forgotten: boolean;
  /**
   * Listening ports that received SYNs without a proof in that time, and milliseconds since the last of them;
   * one may be the client's, rewritten.
   */
  readonly strangers: readonly { readonly port: number; readonly ageMs: number }[];
  /** The responder's listening ports, in runs. It does not see what is sent to others. */
  readonly listening: readonly PortRun[];
}

/** Consecutive ports. */
export type PortRun = readonly [first: number, last: number];

/** What the client asks of the responder. */
export interface ReportRequest {
  /** Milliseconds of the past for which to report other attempts and SYNs without a proof; 0 for none. */
  readonly sinceMs: number;
  /** How many of the latest others to leave out: an earlier report had them. */
  readonly skip: number;
}
