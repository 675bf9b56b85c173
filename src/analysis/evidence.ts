import type { HostFacts } from './host-ledger.ts';
import type { DecodedPacket } from '../wire/decoded.ts';
import type { Finding } from './finding.ts';

/** Everything that the findings of one port are drawn from: pure data without a session. */
export interface Evidence {
  /** The SYN as it left this host; null when none was sent. */
  readonly sent: DecodedPacket | null;
  /** The deciding reply; null when silent. */
  readonly reply: DecodedPacket | null;
  /** A later, different, proven answer to the same SYN. */
  readonly conflict: DecodedPacket | null;
  /** The first reply on the tuple whose numbers did not prove it, and the number of such replies. */
  readonly rejected: DecodedPacket | null;
  readonly rejectedCount: number;
  /** Smallest RTT of this port in milliseconds, or null. */
  readonly rttMs: number | null;
  /** The target's other answers; null while no other SYN-ACK is known. */
  readonly host: HostFacts | null;
}

/** One line of the findings table. */
export interface FindingRule {
  /** One sentence for the documentation: what the code means. */
  readonly description: string;
  /** Total: an empty list when the evidence shows nothing. */
  find(evidence: Evidence): readonly Finding[];
}
