import { toHex } from '../../wire/hex.ts';
import type { Change } from './change.ts';
import { hasSwappedBytes } from './header-diff.ts';
import { showsAllOptions, type SplitPacket } from './split-packet.ts';

/** What comparing lengths and payload shows. */
export interface BodyDiff {
  readonly changes: readonly Change[];
  /** Bytes of TCP header and payload by `seen`'s IP header, put right where its sender is known to count otherwise. */
  readonly tcpLength: number;
}

/**
 * Total length and payload. A length that the options explain is no change; where the quote hides how long the header became, it is reported as it is. Old stacks
 * take the IP header off the length that they quote, or count it twice: neither is a change.
 */
export function diffBody(sent: SplitPacket, seen: SplitPacket): BodyDiff {
  const total = countsOtherwise(sent, seen) ? sent.totalLength : seen.totalLength;
  const tcpLength = total - seen.ipHeaderLength;
  const lengthChange: Change = { field: 'ip.len', sent: sent.totalLength, seen: total, how: 'rewritten' };
  if (!showsAllOptions(seen)) return { changes: total === sent.totalLength ? [] : [lengthChange], tcpLength };
  if (tcpLength < (seen.tcpHeaderLength ?? 0)) return { changes: [lengthChange], tcpLength };
  return { changes: payloadChange(sent, seen, tcpLength), tcpLength };
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

function countsOtherwise(sent: SplitPacket, seen: SplitPacket): boolean {
  const { totalLength, ipHeaderLength } = sent;
  const habits = [totalLength - ipHeaderLength, totalLength + ipHeaderLength];
  return habits.includes(seen.totalLength) || hasSwappedBytes(sent, seen) || seen.totalLength === 0;
}
