import type { Answers } from '../../analysis/handshake/diagnose.ts';
import type { PeerState } from '../../analysis/handshake/peer-states.ts';
import type { SynAckSchedule, ClosedBy } from '../../analysis/handshake/exchange.ts';
import type { Finding } from '../../analysis/finding.ts';
import type { TcpState } from '../../probe/connection/connection-state.ts';
import type { Purpose } from '../../probe/handshake/investigation.ts';
import type { PortState } from '../../probe/verdict.ts';
import type { Expectation, RunRecord, SummaryRecord } from '../records.ts';

/** One packet of a connection, in the order of time. */
export interface SegmentRecord {
  readonly type: 'segment';
  readonly target: string;
  readonly port: number;
  /** Number of the connection, from 1, and why it was made. */
  readonly connection: number;
  readonly purpose: Purpose;
  readonly direction: 'out' | 'in';
  /** Since the first SYN of this port, by the capture's clock. */
  readonly atMs: number;
  /** Null for an ICMP error, as are the fields up to `length`. */
  readonly flags: string | null;
  readonly seq: number | null;
  readonly ack: number | null;
  /** As it stands in the header. */
  readonly window: number | null;
  readonly optionsText: string | null;
  /** Payload bytes. */
  readonly length: number | null;
  /** Counted from the ISNs, as tcpdump does. */
  readonly relativeSeq: number | null;
  readonly relativeAck: number | null;
  readonly windowBytes: number | null;
  readonly ttl: number;
  /** States of both ends behind it; the server's is what a client can tell. */
  readonly clientState: TcpState;
  readonly serverState: PeerState | null;
  readonly note: string | null;
}

/** What was found out about one port. */
export interface HandshakeRecord extends Omit<Answers, 'resetAfterAck'> {
  readonly type: 'handshake';
  readonly target: string;
  readonly hostname: string | null;
  readonly port: number;
  readonly established: boolean;
  readonly state: PortState;
  readonly reason: string;
  readonly synRttMs: number | null;
  readonly synAckRetransmits: SynAckSchedule['retransmits'] | null;
  readonly synAckIntervalsMs: SynAckSchedule['intervalsMs'] | null;
  readonly resetAfterAck: boolean | null;
  readonly closedBy: ClosedBy | null;
  /** Connections that were made for it. */
  readonly connections: number;
  readonly findings: readonly Finding[];
  /** What else is worth saying, in sentences. */
  readonly remarks: readonly string[];
  readonly expectation: Expectation | null;
}

/** Everything that `handshake` yields. */
export type HandshakeRunRecord = RunRecord | SegmentRecord | HandshakeRecord | SummaryRecord;
