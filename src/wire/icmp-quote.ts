import { readU16, readU32 } from './bytes.ts';
import type { Ipv4Header, Quote, TcpHeader } from './decoded.ts';
import { IpProtocol, decodeIpv4, packetExtent } from './ipv4.ts';
import { TCP_HEADER_BYTES, TcpOffset, readTcpHeader, tcpHeaderLength } from './tcp.ts';

/** Bytes behind the quoted IP header that RFC 792 promises: of TCP the ports and the sequence number. */
export const QUOTED_TRANSPORT_BYTES = 8;

/**
 * The packet quoted in an ICMP error, read as far as it goes; null without its whole IP header. RFC 792
 * promises 8 bytes behind it, RFC 1812 (4.3.2.3) as much as fits. Zeros past the quoted total length are
 * padding (RFC 4884, 5.1).
 */
export function decodeQuote(area: Uint8Array): Quote | null {
  const decoded = decodeIpv4(area);
  if (!decoded.ok) return null;
  const ip = decoded.value;
  const bytes = withoutPadding(area, ip);
  return { bytes, ip, ...readTransport(ip, bytes.subarray(ip.headerLength)) };
}

/**
 * Some hosts quote too small a total length (BSDs took the header off it, or left it in host order): what
 * lies past it is kept unless it is all zero, and never cut below the bytes that identify a probe.
 */
function withoutPadding(area: Uint8Array, ip: Ipv4Header): Uint8Array {
  const extent = Math.max(packetExtent(ip.totalLength, area.length), ip.headerLength + QUOTED_TRANSPORT_BYTES);
  return area.subarray(extent).some((byte) => byte !== 0) ? area : area.subarray(0, extent);
}

function readTransport(ip: Ipv4Header, bytes: Uint8Array): Omit<Quote, 'bytes' | 'ip'> {
  const isTcp = ip.protocol === IpProtocol.TCP;
  const hasPorts = isTcp || ip.protocol === IpProtocol.UDP;
  if (!hasPorts || ip.fragmentOffset !== 0 || bytes.length < TcpOffset.SEQ)
    return { sourcePort: null, destinationPort: null, seq: null, tcp: null };
  return {
    sourcePort: readU16(bytes, TcpOffset.SOURCE_PORT),
    destinationPort: readU16(bytes, TcpOffset.DESTINATION_PORT),
    seq: isTcp && bytes.length >= TcpOffset.ACK ? readU32(bytes, TcpOffset.SEQ) : null,
    tcp: isTcp ? readWholeHeader(bytes) : null,
  };
}

function readWholeHeader(bytes: Uint8Array): TcpHeader | null {
  if (bytes.length < TCP_HEADER_BYTES) return null;
  const headerLength = tcpHeaderLength(bytes, 0);
  return headerLength < TCP_HEADER_BYTES || headerLength > bytes.length ? null : readTcpHeader(bytes, headerLength);
}
