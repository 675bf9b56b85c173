export { probe } from './run/probe.ts';
export { path } from './run/path.ts';
export type { PathOptions } from './run/path-options.ts';
export type { ProbeOptions, Progress } from './run/probe-options.ts';
export { mss } from './run/mss.ts';
export type { MssOptions } from './run/mss-options.ts';
export type { ExpectedMss, MssRecord, MssRowRecord, MssRunRecord } from './report/mss-records.ts';
export type { MssEvidenceName, MssVerdict } from './analysis/mss/mss-verdict.ts';
export { handshake } from './run/handshake.ts';
export type { HandshakeOptions } from './run/handshake-options.ts';
export type { HandshakeRecord, HandshakeRunRecord, SegmentRecord } from './report/handshake-records.ts';
export { firewall } from './run/firewall.ts';
export type { FirewallOptions } from './run/firewall-options.ts';
export { respond } from './run/respond.ts';
export type { RespondOptions } from './run/respond-options.ts';
export { EXIT_CODES, SynscopeError, type ErrorCode } from './errors.ts';
export type {
  Expectation,
  PacketRecord,
  PortRecord,
  ProbeRecord,
  ProbeSummary,
  Reply,
  Rtt,
  RunRecord,
  SummaryRecord,
} from './report/records.ts';
export type { FirewallPortRecord, FirewallRecord, PlaceRecord, TestRecord } from './report/firewall/records.ts';
export type { Policy } from './analysis/firewall/policy.ts';
export type { TestKind } from './probe/firewall/battery.ts';
export type { AttemptRecord, RespondRecord, RespondRunRecord, RespondSummaryRecord } from './report/respond-records.ts';
export type { FarEndRecord, FarEndStatus } from './report/far-end-record.ts';
export type { Certainty, Direction, Finding, FindingCode } from './analysis/finding.ts';
export type { PortState } from './probe/verdict.ts';
export type { TcpOption } from './wire/tcp-option.ts';
export type { HopRecord, PathChange, PathCommandRecord, PathRecord } from './report/path/path-records.ts';
export type { Change, ChangedField, ChangeManner, ChangeValue, HeaderField } from './analysis/packet-diff/change.ts';
