import type { Address } from '../../wire/address.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { Posted } from '../session/transmit-queue.ts';

/** One SYN of a trace. All of a trace share the 5-tuple and the ISN; IP ID and TSval tell them apart. */
export interface PathProbe {
  readonly ttl: number;
  readonly ipId: number;
  /** Unsigned; null where the options carry none that may differ from probe to probe. */
  readonly tsval: number | null;
  /** The packet as it was sent, and when it left. */
  readonly posted: Posted;
}

/** `expired`: time exceeded on the way. `refused`: any other ICMP error. `local`: this host could not send it. `tcp`: a proven SYN-ACK, RST or SYN. */
export type AnswerKind = 'expired' | 'refused' | 'local' | 'tcp';

/** One packet that came back for a probe. */
export interface PathAnswer {
  readonly kind: AnswerKind;
  readonly probe: PathProbe;
  readonly from: Address;
  /** In the words of port records: `icmp-ttl-exceeded`, `syn-ack`, ... */
  readonly reason: string;
  /** A copy of its own. */
  readonly packet: DecodedPacket;
  readonly at: Nanos;
}

/** What is known of one TTL. */
export interface HopResult {
  readonly ttl: number;
  /** How many probes with that TTL left. */
  readonly sent: number;
  /** In the order in which they came. */
  readonly answers: readonly PathAnswer[];
}

/** What a second flow, to a port that nobody asked for, shows of the distance to the host. */
export interface ControlResult {
  readonly port: number;
  /** Routers at which it expired, from the TTL on at which the asked port was answered. */
  readonly expired: readonly { readonly ttl: number; readonly from: Address }[];
  /** TTL at which the control port was answered in the target's name, or null. */
  readonly answeredAt: number | null;
}

/** One finished trace. */
export interface TraceResult {
  readonly source: Address;
  readonly target: Address;
  readonly port: number;
  readonly sourcePort: number;
  /** By TTL, from the first that was probed to the last that matters; ones that nobody answered are there too. */
  readonly hops: readonly HopResult[];
  /** The answer that ended the path, or null. */
  readonly final: PathAnswer | null;
  /** What came on the trace's tuple and proves nothing. */
  readonly rejected: number;
  readonly control: ControlResult | null;
  /** Why no probe could be sent, or 0. */
  readonly errno: number;
  /** True when it was stopped before its end. */
  readonly interrupted: boolean;
}
