import { parseAddress, readAddress, type Address } from '../../src/wire/address.ts';
import { readU16, readU32 } from '../../src/wire/bytes.ts';
import { foldChecksum, onesSum } from '../../src/wire/checksum.ts';
import { tcpPseudoSum, TCP_HEADER_BYTES, TcpOffset, tcpHeaderLength } from '../../src/wire/tcp.ts';
import { IpProtocol, Ipv4Offset } from '../../src/wire/ipv4.ts';
import { seq, type Seq } from '../../src/wire/numbers.ts';
import type { TcpOption } from '../../src/wire/decoded.ts';
import { decodeOptions } from '../../src/wire/tcp-options.ts';
import { keyedHash } from './random.ts';

/**
 * An IPv4 packet as it stands on the wire. A sent packet is never changed: a rewrite makes a copy.
 * Bytes, not objects: a middlebox then cannot tidy up what a real one would forward, and a quote is a slice.
 */
export type Packet = Uint8Array;

/** A dotted address of a network written by hand; throws a RangeError for any other text. */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === null) throw new RangeError(`"${text}" is no address`);
  return parsed;
}

/** Sender in the IP header. */
export function sourceOf(packet: Packet): Address {
  return readAddress(packet, Ipv4Offset.SOURCE);
}

/** Receiver in the IP header. */
export function destinationOf(packet: Packet): Address {
  return readAddress(packet, Ipv4Offset.DESTINATION);
}

/** The whole byte: 6 bits of DSCP, 2 of ECN. */
export function trafficClassOf(packet: Packet): number {
  return packet[Ipv4Offset.TOS] as number;
}

/** TTL. */
export function ttlOf(packet: Packet): number {
  return packet[Ipv4Offset.TTL] as number;
}

/** True for a TCP packet with a whole header. */
export function isTcp(packet: Packet): boolean {
  return packet[Ipv4Offset.PROTOCOL] === IpProtocol.TCP && packet.length >= transportOf(packet) + TCP_HEADER_BYTES;
}

/** True for any ICMP packet. */
export function isIcmp(packet: Packet): boolean {
  return packet[Ipv4Offset.PROTOCOL] === IpProtocol.ICMP;
}

/** Offset of what follows the IP header. */
export function transportOf(packet: Packet): number {
  return ((packet[0] as number) & 0x0f) * 4;
}

/** Source port of a TCP segment. */
export function sourcePortOf(packet: Packet): number {
  return readU16(packet, transportOf(packet));
}

/** Destination port of a TCP segment. */
export function destinationPortOf(packet: Packet): number {
  return readU16(packet, transportOf(packet) + TcpOffset.DESTINATION_PORT);
}

/** The low 8 flag bits of a TCP segment. */
export function flagsOf(packet: Packet): number {
  return packet[transportOf(packet) + TcpOffset.FLAGS] as number;
}

/** Sequence number of a TCP segment. */
export function seqOf(packet: Packet): Seq {
  return seq(readU32(packet, transportOf(packet) + TcpOffset.SEQ));
}

/** Acknowledgment number of a TCP segment, even without the ACK flag. */
export function ackOf(packet: Packet): Seq {
  return seq(readU32(packet, transportOf(packet) + TcpOffset.ACK));
}

/** Raw window of a TCP segment. */
export function windowOf(packet: Packet): number {
  return readU16(packet, transportOf(packet) + TcpOffset.WINDOW);
}

/** Offset of the TCP payload. */
export function payloadOffsetOf(packet: Packet): number {
  const tcp = transportOf(packet);
  return tcp + tcpHeaderLength(packet, tcp);
}

/** Bytes of TCP payload. */
export function payloadLengthOf(packet: Packet): number {
  return Math.max(0, packet.length - payloadOffsetOf(packet));
}

/** TCP options as they stand. */
export function optionsOf(packet: Packet): readonly TcpOption[] {
  return decodeOptions(packet.subarray(transportOf(packet) + TCP_HEADER_BYTES, payloadOffsetOf(packet)));
}

/** The TCP checksum of the segment as it stands: 0 when the field in it is right. */
export function tcpChecksumOf(packet: Packet): number {
  const tcp = transportOf(packet);
  const length = packet.length - tcp;
  return foldChecksum(onesSum(packet, tcp, length, tcpPseudoSum(sourceOf(packet), destinationOf(packet), length)));
}

/** Both ends of a TCP segment. */
export interface Endpoints {
  readonly source: Address;
  readonly destination: Address;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** The endpoints of `packet`. */
export function endpointsOf(packet: Packet): Endpoints {
  return {
    source: sourceOf(packet),
    destination: destinationOf(packet),
    sourcePort: sourcePortOf(packet),
    destinationPort: destinationPortOf(packet),
  };
}

/** The endpoints of an answer to `packet`. */
export function swapped(packet: Packet): Endpoints {
  return {
    source: destinationOf(packet),
    destination: sourceOf(packet),
    sourcePort: destinationPortOf(packet),
    destinationPort: sourcePortOf(packet),
  };
}

/** The same connection seen from the other end. */
export function reversed(endpoints: Endpoints): Endpoints {
  return {
    source: endpoints.destination,
    destination: endpoints.source,
    sourcePort: endpoints.destinationPort,
    destinationPort: endpoints.sourcePort,
  };
}

/** A key for the connection of a TCP packet, in the packet's direction. */
export function tupleOf(packet: Packet): string {
  return tupleText(endpointsOf(packet));
}

/** The same from endpoints. */
export function tupleText({ source, sourcePort, destination, destinationPort }: Endpoints): string {
  return `${source}:${sourcePort}>${destination}:${destinationPort}`;
}

/**
 * The same number for every packet of a TCP connection in one direction: what load balancers and ECMP
 * routers choose by.
 */
export function flowHash(packet: Packet): number {
  const { source, destination, sourcePort, destinationPort } = endpointsOf(packet);
  return keyedHash(0x5eed, source, destination, (sourcePort << 16) | destinationPort);
}
