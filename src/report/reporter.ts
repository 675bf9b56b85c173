/** How text may look. */
export interface TextStyle {
  /** ANSI colors. */
  readonly color: boolean;
  /** Terminal columns; Infinity when not a terminal. */
  readonly columns: number;
  /** Every port or packet instead of what many share. */
  readonly verbose: boolean;
}

/** How a report may look. */
export interface ReportStyle extends TextStyle {
  /** Only open ports. */
  readonly openOnly: boolean;
}

/** How many targets and ports a run has. */
export interface RunSize {
  readonly targets: number;
  readonly ports: number;
}

/** Turns records into text, one at a time: what is ready at once, the rest at the summary record. Pure. */
export interface Reporter<R> {
  readonly write: (record: R) => string;
  /** Whether a report of open ports, in a run of that size, needs no others' records. Absent: always. */
  readonly needsOpenAlone?: (run: RunSize) => boolean;
}
