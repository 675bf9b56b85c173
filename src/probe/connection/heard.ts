import type { DecodedPacket, IcmpMessage, TcpSegment } from '../../wire/decoded.ts';
import type { Nanos, Seq } from '../../wire/numbers.ts';

/** A TCP segment as it was captured. */
export interface Heard {
  readonly at: Nanos;
  /** Decoded from a copy of its start. */
  readonly packet: DecodedPacket;
  readonly segment: TcpSegment;
  /** Payload bytes by the IP header, or as captured where that leaves it open. */
  readonly length: number;
  /** What was captured of the payload; valid during the call only. */
  readonly payload: Uint8Array;
}

/** An ICMP error as it was captured. */
export interface HeardError {
  readonly at: Nanos;
  readonly packet: DecodedPacket;
  readonly message: IcmpMessage;
  readonly quotedSeq: Seq;
  /** Bytes of the quoted packet as its header says. */
  readonly quotedLength: number;
}
