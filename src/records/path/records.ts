import type { Finding } from '../../analysis/finding.ts';
import type { Change } from '../../analysis/packet-diff/change.ts';
import type { PortState } from '../../probe/verdict.ts';
import type { IcmpExtensionObject } from '../../wire/decoded.ts';
import type { ResponderRecord } from '../responder-record.ts';
import type { RunRecord, SummaryRecord } from '../records.ts';

/** One router, or the end of the path, at one TTL. A TTL with several routers has a record for each. */
export interface HopRecord {
  readonly type: 'hop';
  readonly target: string;
  readonly port: number;
  readonly variant: string;
  readonly ttl: number;
  /** Null for a hop that answered nothing. */
  readonly address: string | null;
  /** By `--resolve`, null without it or without a name. */
  readonly name: string | null;
  readonly rttMs: readonly number[];
  /** Probes that left with this TTL. */
  readonly sent: number;
  /** `icmp-ttl-exceeded`, `syn-ack`, `rst`, ... or null. */
  readonly reply: string | null;
  /** Bytes of the packet that the ICMP error quotes, its IP header included. */
  readonly quotedBytes: number;
  /** TTL that the quoted packet had left; null where nothing was quoted. */
  readonly quotedTtl: number | null;
  readonly changes: readonly Change[];
  /** RFC 4884 objects behind the quote, MPLS label stacks decoded. */
  readonly extensions: readonly IcmpExtensionObject[];
}

/** A change, and where it was made. */
export interface PathChange extends Change {
  readonly afterTtl: number;
  readonly atTtl: number;
  readonly between: readonly [string | null, string | null];
  /** The same in words. */
  readonly detail: string;
}

/** A path as a whole. */
export interface PathRecord {
  readonly type: 'path';
  readonly target: string;
  readonly hostname: string | null;
  readonly port: number;
  /** `as asked`, or how the SYN differed in one of the other tries of `--vary`: `bare`, `without ts`, ... */
  readonly variant: string;
  /** The SYN's options, in tcpdump's words. */
  readonly options: string;
  /** The target itself answered. */
  readonly reached: boolean;
  /** Null where the run was interrupted before it was known. */
  readonly state: PortState | null;
  readonly reason: string | null;
  readonly from: string | null;
  /** TTL at which the target answered, else the last TTL that was answered, 0 for none. */
  readonly hops: number;
  readonly changes: readonly PathChange[];
  readonly findings: readonly Finding[];
  /** What a responder saw; only in runs that asked one. */
  readonly responder?: ResponderRecord;
}

/** Everything that `path` yields. */
export type PathCommandRecord = RunRecord | HopRecord | PathRecord | SummaryRecord;
