import type { Address } from './address.ts';

/** Why bytes are not what they claim to be: `needed` bytes at `offset` of `layer` where only `had` stand. */
export interface Defect {
  readonly layer: 'ipv4' | 'tcp' | 'tcp-option' | 'icmp' | 'quote';
  readonly message: string;
  readonly offset: number;
  readonly needed: number;
  readonly had: number;
}

/** A decoder's result: decoders are total, malformed input is a value. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly defect: Defect };

/** What is missing of `needed` bytes, or null: decoders ask once for each header, then read its fields. */
export function shortage(layer: Defect['layer'], bytes: Uint8Array, needed: number): Defect | null {
  const had = bytes.length;
  return had >= needed ? null : { layer, message: 'too short', offset: 0, needed, had };
}

/** An IPv4 header (RFC 791, 3.1). */
export interface Ipv4Header {
  readonly version: 4;
  readonly headerLength: number;
  readonly dscp: number;
  /** ECN field, 0 to 3 (RFC 3168). */
  readonly ecn: number;
  readonly totalLength: number;
  readonly id: number;
  readonly reservedFlag: boolean;
  readonly df: boolean;
  readonly mf: boolean;
  /** In units of 8 bytes. */
  readonly fragmentOffset: number;
  readonly ttl: number;
  readonly protocol: number;
  readonly checksum: number;
  readonly source: Address;
  readonly destination: Address;
  /** Raw option bytes: what the header has beyond its fixed part. */
  readonly options: Uint8Array;
}

/** One TCP option, in memory and in JSON records. */
export type TcpOption =
  | { readonly kind: 0; readonly name: 'eol' }
  | { readonly kind: 1; readonly name: 'nop' }
  | { readonly kind: 2; readonly name: 'mss'; readonly value: number }
  | { readonly kind: 3; readonly name: 'wscale'; readonly value: number }
  | { readonly kind: 4; readonly name: 'sackOK' }
  | { readonly kind: 8; readonly name: 'ts'; readonly value: number; readonly echo: number }
  | { readonly kind: 34; readonly name: 'tfo'; readonly cookie: string }
  | DataOption;

/**
 * Any other option: `data` is lower-case hex of what follows kind and length. `name` is a known one (`mptcp`,
 * `sack`, ...), `kind-N`, or `malformed` or `padding` (see `decodeOptions`).
 */
export interface DataOption {
  readonly kind: number;
  readonly name: string;
  readonly data: string;
}

/** A TCP header (RFC 9293, 3.1). */
export interface TcpHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  readonly headerLength: number;
  /** The bits between data offset and AE, 3 of them. */
  readonly reserved: number;
  /** TcpFlag bits, 9 of them. */
  readonly flags: number;
  /** Raw, not scaled. */
  readonly window: number;
  readonly checksum: number;
  readonly urgentPointer: number;
  readonly options: readonly TcpOption[];
  readonly optionBytes: Uint8Array;
}

/** A TCP header with its payload. */
export interface TcpSegment {
  readonly header: TcpHeader;
  /** What was captured of the payload. */
  readonly payload: Uint8Array;
  /** Payload length by the IP total length; more than `payload.length` when the capture was cut. */
  readonly payloadLength: number;
}

/** An RFC 4884 extension object. `mpls` is filled for class 1, type 1 (RFC 4950). */
export interface IcmpExtensionObject {
  readonly classNumber: number;
  readonly classType: number;
  readonly data: string;
  readonly mpls: readonly MplsLabel[] | null;
}

/** One label stack entry (RFC 3032, 2.1). */
export interface MplsLabel {
  readonly label: number;
  readonly trafficClass: number;
  readonly bottomOfStack: boolean;
  readonly ttl: number;
}

/** The packet that an ICMP error quotes, as far as it goes. Fields that the quote does not show are null. */
export interface Quote {
  /** Quoted bytes, IP header included, RFC 4884 padding and extensions excluded. */
  readonly bytes: Uint8Array;
  readonly ip: Ipv4Header;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  readonly seq: number | null;
  /** The TCP header where all of it is quoted. */
  readonly tcp: TcpHeader | null;
}

/** An ICMPv4 message (RFC 792). */
export interface IcmpMessage {
  readonly type: number;
  readonly code: number;
  readonly checksum: number;
  /** Bytes 4 to 7 as a number: next-hop MTU in its low half for 3/4 (RFC 1191), gateway for type 5. */
  readonly rest: number;
  readonly quote: Quote | null;
  readonly extensions: readonly IcmpExtensionObject[];
}

/** An IP packet with what it carries. */
export interface DecodedPacket {
  readonly ip: Ipv4Header;
  readonly tcp: TcpSegment | null;
  readonly icmp: IcmpMessage | null;
  /** Why what the protocol number announces is not decoded; null when all went well. */
  readonly defect: Defect | null;
}
