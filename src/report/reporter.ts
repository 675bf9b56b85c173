import type { ProbeRecord } from '../records/probe/records.ts';

/** How a report may look. */
export interface TextStyle {
  /** ANSI colours. */
  readonly color: boolean;
  /** Terminal columns; Infinity when not a terminal. */
  readonly columns: number;
  /** Every port or packet instead of what many share. */
  readonly verbose: boolean;
}

/** How a report of `probe` may look. */
export interface ReportStyle extends TextStyle {
  /** Only open ports. */
  readonly openOnly: boolean;
}

/** Turns records into text, one at a time: what is ready is returned at once, the rest at the summary record. Pure. */
export interface Reporter<R = ProbeRecord> {
  write(record: R): string;
}
