import { internetChecksum } from '../../wire/checksum.ts';
import { toHex } from '../../wire/bytes.ts';
import type { Change } from './change.ts';
import { hasSwappedBytes } from './header-diff.ts';
import { showsAllOptions, type SplitPacket } from './split-packet.ts';

/** What comparing lengths and payload shows. */
export interface BodyDiff {
  readonly changes: readonly Change[];
  /** Bytes of TCP by `seen`'s IP header, corrected where its sender is known to count otherwise. */
  readonly tcpLength: number;
}

/**
 * Total length and payload. A length that the options explain is no change; it is one where the quote hides
 * the header's new length, and where IP options came or went. Old stacks subtract the IP header from the
 * length they quote, or count it twice.
 */
export function diffBody(sent: SplitPacket, seen: SplitPacket): BodyDiff {
  const explained = explainedLength(sent, seen);
  const total = countsOtherwise(explained, seen) ? explained : seen.totalLength;
  const tcpLength = total - seen.ipHeaderLength;
  const lengthChange: Change = { field: 'ip.len', sent: sent.totalLength, seen: total, how: 'rewritten' };
  const changes = seen.ipHeaderLength === sent.ipHeaderLength ? [] : [lengthChange];
  if (!showsAllOptions(seen)) return { changes: total === sent.totalLength ? [] : [lengthChange], tcpLength };
  if (tcpLength < (seen.tcpHeaderLength ?? 0)) return { changes: [lengthChange], tcpLength };
  return { changes: [...changes, ...payloadChange(sent, seen, tcpLength)], tcpLength };
}

/** The total length by the visible headers, for an unchanged payload. */
function explainedLength(sent: SplitPacket, { ipHeaderLength, tcpHeaderLength }: SplitPacket): number {
  if (tcpHeaderLength === null) return sent.totalLength;
  return ipHeaderLength + tcpHeaderLength + sent.tcp.length - (sent.tcpHeaderLength ?? 0);
}

function payloadChange(sent: SplitPacket, seen: SplitPacket, tcpLength: number): readonly Change[] {
  const header = seen.tcpHeaderLength ?? 0;
  const was = sent.tcp.subarray(sent.tcpHeaderLength ?? 0);
  const is = seen.tcp.subarray(header, tcpLength);
  const length = tcpLength - header;
  if (length === was.length && is.every((byte, index) => byte === was[index])) return [];
  if (length === 0) return [{ field: 'tcp.payload', sent: toHex(was), seen: null, how: 'removed' }];
  if (was.length === 0) return [{ field: 'tcp.payload', sent: null, seen: toHex(is), how: 'added' }];
  return [{ field: 'tcp.payload', sent: toHex(was), seen: toHex(is), how: 'rewritten' }];
}

/**
 * Whether the quoting stack counts lengths otherwise. Such stacks change the length after the checksum was
 * verified. So a length is taken literally when the quote ends there or the IP checksum covers it: 20 bytes
 * less may be options or payload removed.
 */
function countsOtherwise(length: number, seen: SplitPacket): boolean {
  const { totalLength, ipHeaderLength, bytes } = seen;
  if (totalLength === length || totalLength === bytes.length) return false;
  if (internetChecksum(bytes, 0, ipHeaderLength) === 0) return false;
  return [0, length - ipHeaderLength, length + ipHeaderLength].includes(totalLength) || hasSwappedBytes(length, seen);
}
