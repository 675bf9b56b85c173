import type { ProbeRecord } from './records.ts';

/** How a report may look. */
export interface ReportStyle {
  /** ANSI colours. */
  readonly color: boolean;
  /** Terminal columns; Infinity when not a terminal. */
  readonly columns: number;
  /** List every port instead of folding what many ports share. */
  readonly verbose: boolean;
  /** Only open ports. */
  readonly openOnly: boolean;
}

/** Turns records into text, one at a time: what is ready is returned at once, the rest at the summary record. Pure. */
export interface Reporter {
  write(record: ProbeRecord): string;
}
