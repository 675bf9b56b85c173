import { type Address, UNSPECIFIED, readAddress } from './address.ts';
import { END_OF_OPTIONS, optionEnd, readU16, readU32 } from './bytes.ts';
import { ICMP_HEADER_BYTES, isIcmpError } from './icmp.ts';
import { QUOTED_TRANSPORT_BYTES } from './icmp-quote.ts';
import { IPV4 } from './family.ts';
import { FRAGMENT_OFFSET_MASK, IPV4_HEADER_BYTES, IpProtocol, Ipv4Offset } from './ipv4.ts';
import { ipHeaderLength, ipVersion, packetExtent } from './ipv4.ts';
import { TCP_HEADER_BYTES, TcpOffset, tcpFlags, tcpHeaderLength } from './tcp.ts';

const TIMESTAMPS_KIND = 8;
const TIMESTAMPS_LENGTH = 10;
const ECHO_AT = 6;

/**
 * Reads packets where they stand and allocates nothing: one view, loaded again for each packet. Fields are
 * those of the last `load` that returned true: of TCP only when `isTcp`, of ICMP and its quote only when not.
 * Checksums are not looked at: locally delivered packets may carry partial ones.
 */
export class PacketView {
  isTcp: boolean = false;
  source: Address = UNSPECIFIED;
  destination: Address = UNSPECIFIED;
  ttl: number = 0;
  ipId: number = 0;
  /** Bytes of the packet that are there: total length or captured length, whichever is less. */
  packetLength: number = 0;

  sourcePort: number = 0;
  destinationPort: number = 0;
  seq: number = 0;
  ack: number = 0;
  /** TcpFlag bits, 9 of them. */
  flags: number = 0;
  window: number = 0;
  /** By the IP total length, also where the capture is shorter. */
  payloadLength: number = 0;

  icmpType: number = 0;
  icmpCode: number = 0;
  quoteSource: Address = UNSPECIFIED;
  quoteDestination: Address = UNSPECIFIED;
  quoteSourcePort: number = 0;
  quoteDestinationPort: number = 0;
  quoteSeq: number = 0;
  quoteIpId: number = 0;
  /** TTL that the quoted packet had left where the error was made. */
  quoteTtl: number = 0;

  #bytes: Uint8Array = new Uint8Array(0);
  #optionsStart = 0;
  #optionsEnd = 0;

  /** Bytes of TCP options that were captured. */
  get optionsLength(): number {
    return this.#optionsEnd - this.#optionsStart;
  }

  /**
   * True where `bytes[offset ... offset+length]`, which lie inside `bytes`, are an unfragmented IPv4 packet
   * or a first fragment, with a TCP header or an ICMP error that quotes 8 bytes of TCP or more. `bytes` are
   * kept until the next load, for `timestampEcho`.
   */
  load(bytes: Uint8Array, offset: number, length: number): boolean {
    const headerLength = wholeHeader(bytes, offset, length);
    if (headerLength === 0) return false;
    const totalLength = readU16(bytes, offset + Ipv4Offset.TOTAL_LENGTH);
    const packetLength = packetExtent(totalLength, length);
    const inside = offset + headerLength;
    const end = offset + packetLength;
    const protocol = bytes[offset + Ipv4Offset.PROTOCOL];
    const isTcp = protocol === IpProtocol.TCP;
    const announced = (totalLength === 0 ? packetLength : totalLength) - headerLength;
    const loaded = isTcp
      ? this.#loadTcp(bytes, inside, end, announced)
      : protocol === IpProtocol.ICMP && this.#loadIcmp(bytes, inside, end);
    if (!loaded) return false;
    this.isTcp = isTcp;
    this.source = readAddress(bytes, offset + Ipv4Offset.SOURCE);
    this.destination = readAddress(bytes, offset + Ipv4Offset.DESTINATION);
    this.ttl = bytes[offset + Ipv4Offset.TTL] as number;
    this.ipId = readU16(bytes, offset + Ipv4Offset.ID);
    this.packetLength = packetLength;
    return true;
  }

  /** TSecr of the segment's first well-formed timestamps option (RFC 7323, 3.2), or -1. */
  timestampEcho(): number {
    const bytes = this.#bytes;
    const end = this.isTcp ? this.#optionsEnd : 0;
    let offset = this.#optionsStart;
    while (offset < end && bytes[offset] !== END_OF_OPTIONS) {
      const next = optionEnd(bytes, offset, end);
      if (next === -1) return -1;
      if (bytes[offset] === TIMESTAMPS_KIND && next - offset === TIMESTAMPS_LENGTH) return readU32(bytes, offset + ECHO_AT);
      offset = next;
    }
    return -1;
  }

  #loadTcp(bytes: Uint8Array, at: number, end: number, announced: number): boolean {
    if (end - at < TCP_HEADER_BYTES) return false;
    const headerLength = tcpHeaderLength(bytes, at);
    if (headerLength < TCP_HEADER_BYTES || headerLength > announced) return false;
    this.sourcePort = readU16(bytes, at + TcpOffset.SOURCE_PORT);
    this.destinationPort = readU16(bytes, at + TcpOffset.DESTINATION_PORT);
    this.seq = readU32(bytes, at + TcpOffset.SEQ);
    this.ack = readU32(bytes, at + TcpOffset.ACK);
    this.flags = tcpFlags(bytes, at);
    this.window = readU16(bytes, at + TcpOffset.WINDOW);
    this.payloadLength = announced - headerLength;
    this.#bytes = bytes;
    this.#optionsStart = at + TCP_HEADER_BYTES;
    this.#optionsEnd = Math.min(at + headerLength, end);
    return true;
  }

  #loadIcmp(bytes: Uint8Array, at: number, end: number): boolean {
    if (end - at < ICMP_HEADER_BYTES || !isIcmpError(bytes[at] as number)) return false;
    const quote = at + ICMP_HEADER_BYTES;
    const headerLength = wholeHeader(bytes, quote, end - quote);
    if (headerLength === 0 || bytes[quote + Ipv4Offset.PROTOCOL] !== IpProtocol.TCP) return false;
    const tcp = quote + headerLength;
    if (end - tcp < QUOTED_TRANSPORT_BYTES) return false;
    this.icmpType = bytes[at] as number;
    this.icmpCode = bytes[at + 1] as number;
    this.quoteSource = readAddress(bytes, quote + Ipv4Offset.SOURCE);
    this.quoteDestination = readAddress(bytes, quote + Ipv4Offset.DESTINATION);
    this.quoteIpId = readU16(bytes, quote + Ipv4Offset.ID);
    this.quoteTtl = bytes[quote + Ipv4Offset.TTL] as number;
    this.quoteSourcePort = readU16(bytes, tcp + TcpOffset.SOURCE_PORT);
    this.quoteDestinationPort = readU16(bytes, tcp + TcpOffset.DESTINATION_PORT);
    this.quoteSeq = readU32(bytes, tcp + TcpOffset.SEQ);
    return true;
  }
}

/** Length of the IPv4 header at `offset`; 0 when it is none, is cut, or is of a later fragment. */
function wholeHeader(bytes: Uint8Array, offset: number, length: number): number {
  if (length < IPV4_HEADER_BYTES || ipVersion(bytes, offset) !== IPV4) return 0;
  const headerLength = ipHeaderLength(bytes, offset);
  if (headerLength < IPV4_HEADER_BYTES || headerLength > length) return 0;
  return (readU16(bytes, offset + Ipv4Offset.FRAGMENT) & FRAGMENT_OFFSET_MASK) === 0 ? headerLength : 0;
}
