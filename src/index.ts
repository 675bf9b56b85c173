export { probe } from './run/probe/probe.ts';
export { path, type PathOptions } from './run/path/path.ts';
export type { ProbeOptions, Progress } from './run/probe/prepare.ts';
export { mss } from './run/mss/mss.ts';
export type { MssOptions } from './run/mss/prepare-mss.ts';
export type { ExpectedMss, MssRecord, MssRowRecord, MssRunRecord } from './records/mss/records.ts';
export type { MssEvidenceName, MssVerdict } from './analysis/mss/mss-verdict.ts';
export { handshake } from './run/handshake/handshake.ts';
export type { HandshakeOptions } from './run/handshake/prepare-handshake.ts';
export type { HandshakeRecord, HandshakeRunRecord, SegmentRecord } from './records/handshake/records.ts';
export { firewall, type FirewallOptions } from './run/firewall/firewall.ts';
export { respond, type RespondOptions } from './run/respond/respond.ts';
export { EXIT_CODES, SynscopeError, type ErrorCode } from './errors.ts';
export type {
  Expectation,
  ProbeSummary,
  Reply,
  ResponderRecord,
  ResponderStatus,
  Rtt,
  RunRecord,
  SummaryRecord,
} from './records/records.ts';
export type { PacketRecord, PortRecord, ProbeRecord } from './records/probe/records.ts';
export type { FirewallPortRecord, FirewallRecord, PlaceRecord, TestRecord } from './records/firewall/records.ts';
export type { Policy } from './analysis/firewall/judge-target.ts';
export type { TestKind } from './probe/firewall/battery.ts';
export type { AttemptRecord, RespondRecord, RespondRunRecord, RespondSummaryRecord } from './records/respond/records.ts';
export type { Certainty, Direction, Finding, FindingCode } from './analysis/finding.ts';
export type { PortState } from './probe/verdict.ts';
export type { TcpOption } from './wire/decoded.ts';
export type { HopRecord, PathChange, PathCommandRecord, PathRecord } from './records/path/records.ts';
export type { Change, ChangedField, ChangeManner, ChangeValue, HeaderField } from './analysis/packet-diff/change.ts';
