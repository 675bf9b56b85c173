import { type Address, readAddress, writeAddress } from './address.ts';
import { readU16, writeU16 } from './bytes.ts';
import { internetChecksum } from './checksum.ts';
import { shortage, type Decoded, type Ipv4Header } from './decoded.ts';
import { FAMILIES, IPV4 } from './family.ts';

/** Bytes of an IPv4 header without options (RFC 791, 3.1). */
export const IPV4_HEADER_BYTES: number = FAMILIES[IPV4].headerBytes;

/** The header length is 4 bits, in words. */
const MAX_HEADER_BYTES = 15 * 4;

/** Where the fields of the header stand (RFC 791, 3.1). */
export const Ipv4Offset = {
  VERSION_IHL: 0,
  TOS: 1,
  TOTAL_LENGTH: 2,
  ID: 4,
  FRAGMENT: 6,
  TTL: 8,
  PROTOCOL: 9,
  CHECKSUM: 10,
  SOURCE: 12,
  DESTINATION: 16,
} as const;

/** Protocol numbers of the IP header (IANA assigned-internet-protocol-numbers). */
export const IpProtocol = { ICMP: 1, TCP: 6, UDP: 17 } as const;

const RESERVED_FLAG = 0x8000;
const DF = 0x4000;
const MF = 0x2000;

/** The bits of the fragment word that give the offset, in units of 8 bytes. */
export const FRAGMENT_OFFSET_MASK = 0x1fff;

/** Fields of a header to write; what follows it is the caller's. */
export interface Ipv4HeaderFields {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: number;
  readonly ttl: number;
  /** DSCP and ECN: `dscp << 2 | ecn`. */
  readonly tos: number;
  readonly id: number;
  readonly df: boolean;
  /** Raw, a multiple of 4 bytes, at most 40. */
  readonly options?: Uint8Array;
}

/**
 * The IPv4 header at the start of `bytes`; `options` is a view into them. `totalLength` and `checksum` are
 * not checked: captures are cut, offloads leave both 0.
 */
export function decodeIpv4(bytes: Uint8Array): Decoded<Ipv4Header> {
  const short = shortage('ipv4', bytes, IPV4_HEADER_BYTES);
  if (short !== null) return { ok: false, defect: short };
  const version = ipVersion(bytes, 0);
  const headerLength = ipHeaderLength(bytes, 0);
  if (version !== IPV4) return defect(`version ${version}`, bytes);
  if (headerLength < IPV4_HEADER_BYTES) return defect(`header length ${headerLength}`, bytes);
  const cut = shortage('ipv4', bytes, headerLength);
  return cut === null ? { ok: true, value: readHeader(bytes, headerLength) } : { ok: false, defect: cut };
}

/** The IP version that the header at `offset` announces. */
export function ipVersion(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] as number) >>> 4;
}

/** The header length that an IPv4 header at `offset` announces, options included: 0 to 60. */
export function ipHeaderLength(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) & 0x0f) * 4;
}

/**
 * Bytes of the packet in `captured` bytes from its IP header on: link padding is not part of it, a short
 * capture cuts it. Segmentation offload and IPv4 BIG TCP leave a total length of 0 (linux/ip.h, iph_totlen):
 * then all counts.
 */
export function packetExtent(totalLength: number, captured: number): number {
  return totalLength === 0 || totalLength > captured ? captured : totalLength;
}

/** Writes a header with its checksum at `offset`; returns its length. RangeError for impossible lengths. */
export function writeIpv4Header(into: Uint8Array, offset: number, fields: Ipv4HeaderFields, totalLength: number): number {
  const options = fields.options ?? new Uint8Array(0);
  const headerLength = IPV4_HEADER_BYTES + options.length;
  if (headerLength > MAX_HEADER_BYTES || options.length % 4 !== 0) throw new RangeError(`IP options of ${options.length} bytes`);
  if (totalLength > 0xffff) throw new RangeError(`IP packet of ${totalLength} bytes`);
  into[offset] = (IPV4 << 4) | (headerLength / 4);
  into[offset + Ipv4Offset.TOS] = fields.tos;
  writeU16(into, offset + Ipv4Offset.TOTAL_LENGTH, totalLength);
  writeU16(into, offset + Ipv4Offset.ID, fields.id);
  writeU16(into, offset + Ipv4Offset.FRAGMENT, fields.df ? DF : 0);
  into[offset + Ipv4Offset.TTL] = fields.ttl;
  into[offset + Ipv4Offset.PROTOCOL] = fields.protocol;
  writeU16(into, offset + Ipv4Offset.CHECKSUM, 0);
  writeAddress(into, offset + Ipv4Offset.SOURCE, fields.source);
  writeAddress(into, offset + Ipv4Offset.DESTINATION, fields.destination);
  into.set(options, offset + IPV4_HEADER_BYTES);
  writeU16(into, offset + Ipv4Offset.CHECKSUM, internetChecksum(into, offset, headerLength));
  return headerLength;
}

function readHeader(bytes: Uint8Array, headerLength: number): Ipv4Header {
  const tos = bytes[Ipv4Offset.TOS] as number;
  const fragment = readU16(bytes, Ipv4Offset.FRAGMENT);
  return {
    version: IPV4,
    headerLength,
    dscp: tos >>> 2,
    ecn: tos & 3,
    totalLength: readU16(bytes, Ipv4Offset.TOTAL_LENGTH),
    id: readU16(bytes, Ipv4Offset.ID),
    reservedFlag: (fragment & RESERVED_FLAG) !== 0,
    df: (fragment & DF) !== 0,
    mf: (fragment & MF) !== 0,
    fragmentOffset: fragment & FRAGMENT_OFFSET_MASK,
    ttl: bytes[Ipv4Offset.TTL] as number,
    protocol: bytes[Ipv4Offset.PROTOCOL] as number,
    checksum: readU16(bytes, Ipv4Offset.CHECKSUM),
    source: readAddress(bytes, Ipv4Offset.SOURCE),
    destination: readAddress(bytes, Ipv4Offset.DESTINATION),
    options: bytes.subarray(IPV4_HEADER_BYTES, headerLength),
  };
}

function defect(message: string, bytes: Uint8Array): Decoded<never> {
  return { ok: false, defect: { layer: 'ipv4', message, offset: 0, needed: IPV4_HEADER_BYTES, had: bytes.length } };
}
