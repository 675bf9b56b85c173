import { readU16 } from '../../wire/bytes.ts';
import { ipHeaderLength, Ipv4Offset } from '../../wire/ipv4.ts';
import { TCP_HEADER_BYTES, tcpHeaderLength, TcpOffset } from '../../wire/tcp.ts';
import type { OptionArea } from './option-diff.ts';

/** A TCP packet, split into its parts; whole, or cut anywhere after its IP header. */
export interface SplitPacket {
  /** All bytes that are present. */
  readonly bytes: Uint8Array;
  readonly ipHeaderLength: number;
  /** By its IP header, which may be wrong in a quote. */
  readonly totalLength: number;
  /** The bytes after the IP header. */
  readonly tcp: Uint8Array;
  /** TCP header length as announced; null when the data offset is cut off. */
  readonly tcpHeaderLength: number | null;
  /** Null when neither option bytes nor the header length are visible. */
  readonly options: OptionArea | null;
}

/** Splits bytes that start with an IPv4 header; the caller has checked that (`decodeIpv4`). */
export function splitPacket(bytes: Uint8Array): SplitPacket {
  const headerLength = ipHeaderLength(bytes, 0);
  const tcp = bytes.subarray(headerLength);
  const announced = tcp.length > TcpOffset.DATA_OFFSET ? tcpHeaderLength(tcp, 0) : null;
  return {
    bytes,
    ipHeaderLength: headerLength,
    totalLength: readU16(bytes, Ipv4Offset.TOTAL_LENGTH),
    tcp,
    tcpHeaderLength: announced,
    options: announced === null ? null : optionArea(tcp, announced),
  };
}

/** A data offset below 5 leaves no options (RFC 9293, 3.1). */
function optionArea(tcp: Uint8Array, headerLength: number): OptionArea | null {
  const announced = Math.max(0, headerLength - TCP_HEADER_BYTES);
  if (announced > 0 && tcp.length <= TCP_HEADER_BYTES) return null;
  return { bytes: tcp.subarray(TCP_HEADER_BYTES, TCP_HEADER_BYTES + announced), announced };
}

/** Whether all announced option bytes are present. */
export function showsAllOptions({ options }: SplitPacket): boolean {
  return options !== null && options.bytes.length >= options.announced;
}
