import type { Policy } from '../../analysis/firewall/judge-target.ts';
import type { Finding } from '../../analysis/finding.ts';
import type { TestKind } from '../../probe/firewall/battery.ts';
import type { Expectation, RunRecord, SummaryRecord } from '../records.ts';

/** One test of a port. */
export interface TestRecord {
  readonly probe: TestKind;
  /** `syn-ack`, `rst`, `syn`, an ICMP reason, `send-error:ERRNO`; null for silence. */
  readonly reply: string | null;
  readonly from: string | null;
  /** TTL that the reply arrived with. */
  readonly ttl: number | null;
  readonly rttMs: number | null;
  /** The limited TTL of a `syn-ttl`, else null. */
  readonly sentTtl: number | null;
  /** The one option of a `syn-option`, else null. */
  readonly option: string | null;
  /** 1, and more for repetitions. */
  readonly round: number;
  /** Packets sent. */
  readonly attempts: number;
}

/** A place on the way: `ttl` 1 is the first router. */
export interface PlaceRecord {
  readonly ttl: number | null;
  readonly address: string | null;
  readonly hopsBeforeTarget: number | null;
}

/** How one (target, port) pair is guarded. */
export interface FirewallPortRecord {
  readonly type: 'firewall';
  readonly target: string;
  readonly hostname: string | null;
  readonly port: number;
  readonly tests: readonly TestRecord[];
  readonly policy: Policy;
  /** What the usual SYN met, in the words of `probe`. */
  readonly reason: string;
  readonly stateful: boolean | null;
  readonly proxy: boolean | null;
  readonly answeredBy: 'host' | 'middlebox' | null;
  /** Where the answer to the usual SYN was made; null for silence. */
  readonly answeredAt: PlaceRecord | null;
  /** The farthest router that SYNs to a silent port reached; null when there is none, or the port is not silent. */
  readonly droppedAfter: PlaceRecord | null;
  /** SYNs a second that pass, where a limit was looked for and found. */
  readonly rateLimit: number | null;
  /** The verdict in a sentence. */
  readonly verdict: string;
  readonly findings: readonly Finding[];
  readonly expectation: Expectation | null;
}

/** Everything that `firewall` yields. */
export type FirewallRecord = RunRecord | FirewallPortRecord | SummaryRecord;
