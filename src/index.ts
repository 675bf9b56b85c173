export { probe } from './run/probe.ts';
export type { ProbeOptions, Progress } from './run/probe-options.ts';
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
export type { Certainty, Direction, Finding, FindingCode } from './analysis/finding.ts';
export type { PortState } from './probe/verdict.ts';
export type { TcpOption } from './wire/tcp-option.ts';
