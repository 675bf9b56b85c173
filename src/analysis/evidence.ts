import type { HostFacts } from './host-ledger.ts';
import type { DecodedPacket } from '../wire/decoded.ts';
import type { Finding } from './finding.ts';

/** All that a finding may be drawn from for one port: pure data, no session behind it. */
export interface Evidence {
  /** The SYN as it left this host, decoded; null when nothing was sent. */
  readonly sent: DecodedPacket | null;
  /** The deciding reply, decoded; null when silent. */
  readonly reply: DecodedPacket | null;
  /** A later, different, proven final answer to the same SYN. */
  readonly conflict: DecodedPacket | null;
  /** The first reply on the tuple whose numbers did not prove it, and how many there were. */
  readonly rejected: DecodedPacket | null;
  readonly rejectedCount: number;
  /** Smallest RTT of this port in milliseconds, or null. */
  readonly rttMs: number | null;
  /** What the target's other answers look like, this port's own left out; null while no SYN-ACK of it is known. */
  readonly host: HostFacts | null;
}

/** How one kind of finding is drawn: a line of the findings table. */
export interface FindingRule {
  /** One sentence for documentation: what the code means. */
  readonly description: string;
  /** Total: any evidence gives a list, empty when there is nothing to say. */
  find(evidence: Evidence): readonly Finding[];
}
