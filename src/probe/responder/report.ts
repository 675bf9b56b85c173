import type { ProofCarrier } from './proof.ts';

/** What has become of an attempt at the responder. */
export type AttemptFate =
  /** The SYN-ACK has left, and nothing has come back. */
  | 'answered'
  /** The acknowledgement of the SYN-ACK came. */
  | 'established'
  /** The report was fetched over this connection. */
  | 'reported'
  /** A reset came. */
  | 'reset'
  /** Not answered: more SYNs a second, or more connections, than the responder takes on. */
  | 'rate-limited'
  /** Not answered: its TCP checksum was wrong, and no host answers that. */
  | 'bad-checksum'
  /** Not answered: its proof was made for another time. */
  | 'stale-proof';

/** Every fate, in the order of the numbers that messages name them by. */
export const ATTEMPT_FATES: readonly AttemptFate[] = [
  'answered',
  'established',
  'reported',
  'reset',
  'rate-limited',
  'bad-checksum',
  'stale-proof',
];

/** One proven SYN as the responder saw it, and its answer. */
export interface AttemptReport {
  /** When the SYN arrived, by the responder's clock: epoch microseconds. */
  readonly arrivedUs: number;
  /** Microseconds from there until the SYN-ACK left; null when none did. */
  readonly answeredAfterUs: number | null;
  readonly fate: AttemptFate;
  /** How often the SYN came, and how often the SYN-ACK left. */
  readonly synCopies: number;
  readonly synAckCopies: number;
  readonly carriers: readonly ProofCarrier[];
  /** The SYN from its IP header on, byte for byte; of earlier attempts without its data. */
  readonly syn: Uint8Array;
  /** Bytes that the SYN had. */
  readonly synLength: number;
  /** The SYN-ACK as it left, or null. */
  readonly synAck: Uint8Array | null;
}

/** A listening port that SYNs without a proof have reached. */
export interface StrangerReport {
  readonly port: number;
  /** Milliseconds since the last of them. */
  readonly ageMs: number;
}

/** What the responder says over one connection. */
export interface ResponderReport {
  /** The responder's clock when it wrote this: epoch microseconds. */
  readonly nowUs: number;
  /** How long the responder has been listening, in milliseconds. */
  readonly upMs: number;
  /** The attempt that this connection began with. */
  readonly own: AttemptReport;
  /** Other attempts of the time that was asked about, latest first, as many as one message has room for. */
  readonly others: readonly AttemptReport[];
  /** How many others there are behind those. */
  readonly more: number;
  /** True when older ones of the time that was asked about have been forgotten. */
  readonly forgotten: boolean;
  /** Ports that SYNs without a proof came to in that time. Such a SYN may have been one of the asker's whose every proof was rewritten. */
  readonly strangers: readonly StrangerReport[];
  /** The ports that the responder listens on, in runs. What was sent to others it has not seen. */
  readonly listening: readonly PortRun[];
}

/** Consecutive ports. */
export type PortRun = readonly [first: number, last: number];

/** What the client asks of the responder. */
export interface ReportRequest {
  /** Other attempts, and strangers' SYNs, of so many milliseconds; 0 for none. */
  readonly sinceMs: number;
  /** How many of the latest others to leave out: they were in an earlier answer. */
  readonly skip: number;
}
