import { readAddress } from '../../wire/address.ts';
import { readU16 } from '../../wire/bytes.ts';
import { foldChecksum, onesSum } from '../../wire/checksum.ts';
import { tcpPseudoSum, TcpOffset } from '../../wire/tcp.ts';
import { Ipv4Offset } from '../../wire/ipv4.ts';
import type { Change } from './change.ts';
import type { SplitPacket } from './split-packet.ts';

const CHECKSUM_END = TcpOffset.CHECKSUM + 2;

/**
 * The TCP checksum of `seen`, if neither the sent packet nor the visible changes explain it (RFC 1624: a
 * sum added to the bytes is subtracted from the checksum). Then a change is invisible: beyond the end of
 * the quote, or undone on the quote's path back, as NATs do. `tcpLength` is that of `seen`.
 */
export function diffChecksum(sent: SplitPacket, seen: SplitPacket, tcpLength: number): readonly Change[] {
  if (seen.tcp.length < CHECKSUM_END) return [];
  const was = readU16(sent.tcp, TcpOffset.CHECKSUM);
  const is = readU16(seen.tcp, TcpOffset.CHECKSUM);
  const shown = Math.min(seen.tcp.length, tcpLength);
  if (shown < tcpLength && tcpLength !== sent.tcp.length) return [];
  const before = sumOf(sent, { tcpLength: sent.tcp.length, shown: shown < tcpLength ? shown : sent.tcp.length });
  const after = sumOf(seen, { tcpLength, shown });
  // All numbers are below 2^32: the complement of the old sum and the old checksum have 16 bits each.
  const expected = foldChecksum((~was & 0xffff) + after + foldChecksum(before));
  if (isSame(is, expected)) return [];
  return [{ field: 'tcp.checksum', sent: was, seen: is, how: 'rewritten' }];
}

/** Sum of the pseudo-header and the first `shown` bytes of TCP, without its checksum. */
function sumOf(packet: SplitPacket, { tcpLength, shown }: { readonly tcpLength: number; readonly shown: number }): number {
  const source = readAddress(packet.bytes, Ipv4Offset.SOURCE);
  const destination = readAddress(packet.bytes, Ipv4Offset.DESTINATION);
  const pseudo = tcpPseudoSum(source, destination, tcpLength);
  return onesSum(packet.tcp, 0, shown, pseudo) - readU16(packet.tcp, TcpOffset.CHECKSUM);
}

/** In one's complement 0 and 0xffff are the same number. */
function isSame(a: number, b: number): boolean {
  return a % 0xffff === b % 0xffff;
}
