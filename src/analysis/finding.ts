/** How strong the evidence is. `proven`: bytes seen by a third party or an exact protocol fact; `likely`: a signature that ordinary stacks do not produce; `possible`: an absence. */
export type Certainty = 'proven' | 'likely' | 'possible';

/** `forward`: on the way to the target; `reverse`: on the way back. */
export type Direction = 'forward' | 'reverse' | 'unknown';

/** What one SYN-ACK, or a reply that was not believed, can show; every code has its line in the findings table. */
export type PortFindingCode =
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

/** What was found. Those that no single SYN-ACK can show come of quotes, of comparisons, of a whole handshake or of the responder. */
export type FindingCode =
  | PortFindingCode
  | 'option-stripped'
  | 'option-rewritten'
  | 'option-blocked'
  | 'bare-syn-blocked'
  | 'ecn-blocked'
  | 'ecn-reflected'
  | 'payload-blocked'
  | 'every-port-open'
  | 'sequence-rewritten'
  | 'window-rewritten'
  | 'ecn-cleared'
  | 'dscp-changed'
  | 'syn-cookies'
  | 'syn-proxy'
  | 'accept-queue-full'
  | 'pmtu-black-hole'
  | 'syn-rate-limited'
  | 'checksum-not-verified'
  | 'fast-open-blocked'
  | 'field-rewritten'
  | 'syn-dropped'
  | 'reply-dropped';

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
