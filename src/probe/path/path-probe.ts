import type { Address } from '../../wire/address.ts';
import type { DecodedPacket } from '../../wire/decoded.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { Posted } from '../session/transmit-queue.ts';

/** One SYN of a trace. All share the 5-tuple and the ISN; IP ID and TSval tell them apart. */
export interface PathProbe {
  readonly ttl: number;
  readonly ipId: number;
  /** Unsigned; null where the options carry no TSval that may vary. */
  readonly tsval: number | null;
  /** The packet as it was sent, and when it left. */
  readonly posted: Posted;
}

/** `expired`: time exceeded. `refused`: another ICMP error. `local`: not sent. `tcp`: SYN-ACK, RST or SYN. */
export type AnswerKind = 'expired' | 'refused' | 'local' | 'tcp';

/** A packet that answers a probe. */
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

/** The results of one TTL. */
export interface HopResult {
  readonly ttl: number;
  /** Probes that left with that TTL. */
  readonly sent: number;
  /** In order of arrival. */
  readonly answers: readonly PathAnswer[];
}

/** What a second flow, to another port, shows of the distance to the host. */
export interface ControlResult {
  readonly port: number;
  /** Routers at which it expired, starting at the TTL at which the asked port answered. */
  readonly expired: readonly { readonly ttl: number; readonly from: Address }[];
  /** The TTL at which the control port answered from the target's address, or null. */
  readonly answeredAt: number | null;
}

/** One finished trace. */
export interface TraceResult {
  readonly source: Address;
  readonly target: Address;
  readonly port: number;
  readonly sourcePort: number;
  /** By TTL, from the first that was probed to the last that matters; silent ones included. */
  readonly hops: readonly HopResult[];
  /** The answer that ended the path, or null. */
  readonly final: PathAnswer | null;
  /** Packets on the trace's tuple that prove nothing. */
  readonly rejected: number;
  readonly control: ControlResult | null;
  /** Why no probe could be sent, or 0. */
  readonly errno: number;
  /** True when it was stopped early. */
  readonly interrupted: boolean;
}
