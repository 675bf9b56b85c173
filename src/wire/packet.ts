import type { Address } from './address.ts';
import { writeU16 } from './bytes.ts';
import { foldChecksum, onesSum } from './checksum.ts';
import { tcpPseudoSum, TCP_HEADER_BYTES, TcpOffset, decodeTcp, writeTcpHeader } from './tcp.ts';
import type { Decoded, DecodedPacket, Ipv4Header, TcpOption } from './decoded.ts';
import { type IcmpFields, decodeIcmp, encodeIcmp } from './icmp.ts';
import { IpProtocol, IPV4_HEADER_BYTES, decodeIpv4, packetExtent, writeIpv4Header } from './ipv4.ts';
import { encodeOptions } from './tcp-options.ts';

/** The IP side of a packet to build. Left out: TTL 64, TOS and ID 0, DF set, no options. */
interface PacketFields {
  readonly source: Address;
  readonly destination: Address;
  readonly ttl?: number;
  /** DSCP and ECN, `dscp << 2 | ecn`. */
  readonly tos?: number;
  readonly id?: number;
  readonly df?: boolean;
  /** Raw, a multiple of 4 bytes. */
  readonly ipOptions?: Uint8Array;
}

/** A TCP packet to build. Left out: numbers 0, window 65535, no options, no payload. */
export interface TcpPacketFields extends PacketFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack?: number;
  /** TcpFlag bits. */
  readonly flags: number;
  readonly window?: number;
  readonly urgentPointer?: number;
  /** The 3 bits between data offset and AE. */
  readonly reserved?: number;
  /** Bytes as they are (a multiple of 4), or a list, padded with zeros. */
  readonly options?: Uint8Array | readonly TcpOption[];
  readonly payload?: Uint8Array;
}

/** An ICMP packet to build. */
export interface IcmpPacketFields extends PacketFields, IcmpFields {}

/**
 * The IPv4 packet that starts `bytes`, with the TCP segment or ICMP message in it, as views. Only an
 * unreadable IP header fails: what is wrong inside is the `defect`, a cut capture is read as far as it goes,
 * link padding is ignored. A fragment other than the first has nothing inside.
 */
export function decodePacket(bytes: Uint8Array): Decoded<DecodedPacket> {
  const decoded = decodeIpv4(bytes);
  if (!decoded.ok) return decoded;
  const ip = decoded.value;
  const inside = bytes.subarray(ip.headerLength, packetExtent(ip.totalLength, bytes.length));
  return { ok: true, value: { ip, tcp: null, icmp: null, defect: null, ...decodeInside(ip, inside) } };
}

/** A whole IP packet with right checksums. Throws a RangeError for lengths that do not fit their fields. */
export function encodeTcpPacket(fields: TcpPacketFields): Uint8Array {
  const payload = fields.payload ?? new Uint8Array(0);
  const options = paddedOptions(fields.options ?? new Uint8Array(0));
  const tcpLength = TCP_HEADER_BYTES + options.length + payload.length;
  const { packet, start } = startPacket(fields, IpProtocol.TCP, tcpLength);
  const { ack = 0, window = 0xffff, urgentPointer = 0, reserved = 0 } = fields;
  const header = writeTcpHeader(packet, start, { ...fields, ack, window, urgentPointer, reserved, options });
  packet.set(payload, start + header);
  const pseudo = tcpPseudoSum(fields.source, fields.destination, tcpLength);
  writeU16(packet, start + TcpOffset.CHECKSUM, foldChecksum(onesSum(packet, start, tcpLength, pseudo)));
  return packet;
}

/** The same with an ICMP message. */
export function encodeIcmpPacket(fields: IcmpPacketFields): Uint8Array {
  const message = encodeIcmp(fields);
  const { packet, start } = startPacket(fields, IpProtocol.ICMP, message.length);
  packet.set(message, start);
  return packet;
}

function decodeInside(ip: Ipv4Header, bytes: Uint8Array): Partial<DecodedPacket> {
  if (ip.fragmentOffset !== 0) return {};
  if (ip.protocol === IpProtocol.TCP) {
    const announced = ip.totalLength === 0 ? bytes.length : Math.max(0, ip.totalLength - ip.headerLength);
    const tcp = decodeTcp(bytes, announced);
    return tcp.ok ? { tcp: tcp.value } : { defect: tcp.defect };
  }
  if (ip.protocol !== IpProtocol.ICMP) return {};
  const icmp = decodeIcmp(bytes);
  return icmp.ok ? { icmp: icmp.value } : { defect: icmp.defect };
}

function paddedOptions(options: Uint8Array | readonly TcpOption[]): Uint8Array {
  if (options instanceof Uint8Array) return options;
  const bytes = encodeOptions(options);
  const area = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  area.set(bytes);
  return area;
}

/** Room for a packet, its IP header written; `start` is where the other `inside` bytes begin. */
function startPacket(fields: PacketFields, protocol: number, inside: number): { packet: Uint8Array; start: number } {
  const { source, destination, ttl = 64, tos = 0, id = 0, df = true, ipOptions: options = new Uint8Array(0) } = fields;
  const packet = new Uint8Array(IPV4_HEADER_BYTES + options.length + inside);
  const header = { source, destination, protocol, ttl, tos, id, df, options };
  return { packet, start: writeIpv4Header(packet, 0, header, packet.length) };
}
