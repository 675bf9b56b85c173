import { formatAddress, readAddress } from '../../wire/address.ts';
import { readU16, readU32 } from '../../wire/bytes.ts';
import { Ipv4Offset } from '../../wire/ipv4.ts';
import { formatTcpFlags } from '../../wire/tcp-flags.ts';
import { TCP_HEADER_BYTES, tcpFlags, TcpOffset } from '../../wire/tcp.ts';
import { type Change, type ChangeValue, type HeaderField, sameValue } from './change.ts';
import type { SplitPacket } from './split-packet.ts';

const DF = 0x4000;

interface FieldReader {
  readonly field: HeaderField;
  /** Bytes after the IP header that must be present. */
  readonly needs: number;
  readonly read: (packet: SplitPacket) => ChangeValue;
}

/** The independent fields, in order; lengths, checksum, options and payload depend on one another. */
const FIELDS: readonly FieldReader[] = [
  { field: 'ip.dscp', needs: 0, read: ({ bytes }) => (bytes[Ipv4Offset.TOS] as number) >>> 2 },
  { field: 'ip.ecn', needs: 0, read: ({ bytes }) => (bytes[Ipv4Offset.TOS] as number) & 3 },
  { field: 'ip.id', needs: 0, read: ({ bytes }) => readU16(bytes, Ipv4Offset.ID) },
  { field: 'ip.df', needs: 0, read: ({ bytes }) => (readU16(bytes, Ipv4Offset.FRAGMENT) & DF) !== 0 },
  { field: 'ip.src', needs: 0, read: ({ bytes }) => formatAddress(readAddress(bytes, Ipv4Offset.SOURCE)) },
  { field: 'ip.dst', needs: 0, read: ({ bytes }) => formatAddress(readAddress(bytes, Ipv4Offset.DESTINATION)) },
  { field: 'tcp.sport', needs: 2, read: ({ tcp }) => readU16(tcp, TcpOffset.SOURCE_PORT) },
  { field: 'tcp.dport', needs: 4, read: ({ tcp }) => readU16(tcp, TcpOffset.DESTINATION_PORT) },
  { field: 'tcp.seq', needs: 8, read: ({ tcp }) => readU32(tcp, TcpOffset.SEQ) },
  { field: 'tcp.ack', needs: 12, read: ({ tcp }) => readU32(tcp, TcpOffset.ACK) },
  { field: 'tcp.reserved', needs: 14, read: ({ tcp }) => ((tcp[TcpOffset.DATA_OFFSET] as number) >>> 1) & 7 },
  { field: 'tcp.flags', needs: 14, read: ({ tcp }) => formatTcpFlags(tcpFlags(tcp, 0)) },
  { field: 'tcp.window', needs: 16, read: ({ tcp }) => readU16(tcp, TcpOffset.WINDOW) },
  { field: 'tcp.urgent', needs: TCP_HEADER_BYTES, read: ({ tcp }) => readU16(tcp, TcpOffset.URGENT) },
];

/** Changes of the independent fields, as far as `seen` shows them. */
export function diffHeaders(sent: SplitPacket, seen: SplitPacket): readonly Change[] {
  const isSwapped = hasSwappedBytes(sent.totalLength, seen);
  return FIELDS.flatMap(({ field, needs, read }): Change[] => {
    if (seen.tcp.length < needs || (isSwapped && (field === 'ip.id' || field === 'ip.df'))) return [];
    const [was, is] = [read(sent), read(seen)];
    return sameValue(was, is) ? [] : [{ field, sent: was, seen: is, how: 'rewritten' }];
  });
}

/** Whether `seen` is long enough for the field; true for one that is not independent. */
export function showsHeader(field: string, seen: SplitPacket): boolean {
  const needs = FIELDS.find((one) => one.field === field)?.needs ?? 0;
  return seen.tcp.length >= needs;
}

/** Old BSD stacks quote 16-bit fields in host order: a total length with swapped bytes shows it. */
export function hasSwappedBytes(length: number, { totalLength, ipHeaderLength }: SplitPacket): boolean {
  const swapped = ((totalLength & 0xff) << 8) | (totalLength >>> 8);
  if (totalLength === length) return false;
  return swapped === length || swapped === length - ipHeaderLength;
}
