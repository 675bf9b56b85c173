export { probe } from './run/probe.ts';
export { path } from './run/path.ts';
export type { PathOptions } from './run/path-options.ts';
export type { ProbeOptions, Progress } from './run/probe-options.ts';
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
export type { AttemptRecord, RespondRecord, RespondRunRecord, RespondSummaryRecord } from './report/respond-records.ts';
export type { FarEndRecord, FarEndStatus } from './report/far-end-record.ts';
export type { Certainty, Direction, Finding, FindingCode } from './analysis/finding.ts';
export type { PortState } from './probe/verdict.ts';
export type { TcpOption } from './wire/tcp-option.ts';
export type { HopRecord, PathChange, PathCommandRecord, PathRecord } from './report/path/path-records.ts';
export type { Change, ChangedField, ChangeManner, ChangeValue, HeaderField } from './analysis/packet-diff/change.ts';
