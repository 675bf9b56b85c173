import { readU16 } from '../../wire/bytes.ts';
import { ipHeaderLength, Ipv4Offset } from '../../wire/ipv4.ts';
import { TCP_HEADER_BYTES, tcpHeaderLength, TcpOffset } from '../../wire/tcp.ts';
import type { OptionArea } from './option-diff.ts';

/** A TCP packet, whole or cut anywhere behind its IP header, taken apart. */
export interface SplitPacket {
  /** All of it that is there. */
  readonly bytes: Uint8Array;
  readonly ipHeaderLength: number;
  /** By its IP header, which may be wrong in a quote. */
  readonly totalLength: number;
  /** What there is behind the IP header. */
  readonly tcp: Uint8Array;
  /** TCP header length as announced, null where the data offset is cut off. */
  readonly tcpHeaderLength: number | null;
  /** Null where no option byte and no header length can be seen. */
  readonly options: OptionArea | null;
}

/** Takes apart what starts with an IPv4 header; the caller has checked that it does (`decodeIpv4`). */
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

/** Whether every announced byte of options is there. */
export function showsAllOptions({ options }: SplitPacket): boolean {
  return options !== null && options.bytes.length >= options.announced;
}
