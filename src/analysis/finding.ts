/** How strong the evidence is. `proven`: bytes seen by a third party or an exact protocol fact; `likely`: a signature that ordinary stacks do not produce; `possible`: an absence. */
export type Certainty = 'proven' | 'likely' | 'possible';

/** `forward`: on the way to the target; `reverse`: on the way back. */
export type Direction = 'forward' | 'reverse' | 'unknown';

/** What was found; every code has its line in the findings table. */
export type FindingCode =
  | 'mss-clamped'
  | 'option-missing'
  | 'option-added'
  | 'option-malformed'
  | 'option-padded'
  | 'timestamp-echo-wrong'
  | 'ttl-mismatch'
  | 'rst-injected'
  | 'unexpected-ack'
  | 'payload-in-syn-ack';

/** One thing that evidence shows about a port. `sent` and `received` are what the evidence shows: a number, tcpdump text, an option value, or null. */
export interface Finding {
  readonly code: FindingCode;
  readonly option: string | null;
  readonly direction: Direction;
  readonly sent: string | number | null;
  readonly received: string | number | null;
  readonly certainty: Certainty;
  readonly detail: string;
}
