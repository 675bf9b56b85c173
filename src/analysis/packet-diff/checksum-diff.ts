import { readAddress } from '../../wire/address.ts';
import { readU16 } from '../../wire/bytes.ts';
import { foldChecksum, onesSum } from '../../wire/checksum.ts';
import { tcpPseudoSum, TcpOffset } from '../../wire/tcp.ts';
import { Ipv4Offset } from '../../wire/ipv4.ts';
import type { Change } from './change.ts';
import type { SplitPacket } from './split-packet.ts';

const CHECKSUM_END = TcpOffset.CHECKSUM + 2;

/**
 * The TCP checksum of `seen` (`tcpLength` bytes) if no visible change explains it (RFC 1624): then one is
 * invisible, beyond the end of the quote or undone on the quote's path back, as NATs do.
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
  // In one's complement 0 and 0xffff are the same number.
  return is % 0xffff === expected % 0xffff ? [] : [{ field: 'tcp.checksum', sent: was, seen: is, how: 'rewritten' }];
}

/** Sum of the pseudo-header and the first `shown` bytes of TCP, without its checksum. */
function sumOf(packet: SplitPacket, { tcpLength, shown }: { readonly tcpLength: number; readonly shown: number }): number {
  const source = readAddress(packet.bytes, Ipv4Offset.SOURCE);
  const destination = readAddress(packet.bytes, Ipv4Offset.DESTINATION);
  const pseudo = tcpPseudoSum(source, destination, tcpLength);
  return onesSum(packet.tcp, 0, shown, pseudo) - readU16(packet.tcp, TcpOffset.CHECKSUM);
}
