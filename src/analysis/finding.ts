/**
 * `proven`: bytes seen by a third party or an exact protocol fact; `likely`: a signature that ordinary stacks
 * do not produce; `possible`: an absence, or one weak sign.
 */
export type Certainty = 'proven' | 'likely' | 'possible';

/** `forward`: on the path to the target; `reverse`: on the path from it. */
export type Direction = 'forward' | 'reverse' | 'unknown';

/** What one SYN-ACK or unproven reply can show; every code has its line in the findings table. */
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

/** What was found. The other codes come from quotes, comparisons, a whole handshake or the responder. */
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

/** One conclusion about a port. `sent` and `received`: a number, tcpdump text or an option value, or null. */
export interface Finding {
  readonly code: FindingCode;
  readonly option: string | null;
  readonly direction: Direction;
  readonly sent: string | number | null;
  readonly received: string | number | null;
  readonly certainty: Certainty;
  readonly detail: string;
}

/** What a finding is about. */
export type FindingValues = Partial<Pick<Finding, 'option' | 'direction' | 'sent' | 'received'>>;

/** A finding; values that are left out are null, and the direction unknown. */
export function finding(code: FindingCode, certainty: Certainty, detail: string, values: FindingValues = {}): Finding {
  const { option = null, direction = 'unknown', sent = null, received = null } = values;
  return { code, option, direction, sent, received, certainty, detail };
}
