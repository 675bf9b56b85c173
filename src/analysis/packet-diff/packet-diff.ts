import { decodeIpv4 } from '../../wire/ipv4.ts';
import { diffBody } from './body-diff.ts';
import type { ChangedField, PacketDiff } from './change.ts';
import { diffChecksum } from './checksum-diff.ts';
import { diffHeaders, showsHeader } from './header-diff.ts';
import { diffOptions } from './option-diff.ts';
import { showsAllOptions, type SplitPacket, splitPacket } from './split-packet.ts';

const NOTHING_SHOWN: PacketDiff = { changes: [], shows: () => false };

/**
 * Compares a TCP packet as it was sent (whole, with its checksum) with what was seen of it later, in a
 * quote or by the responder. What routers must change (TTL, IP checksum) is no change, nor is a TCP
 * checksum or total length that follows from other changes. Total: what does not start with an IPv4 header
 * shows nothing.
 */
export function diffPackets(sent: Uint8Array, seen: Uint8Array): PacketDiff {
  if (!decodeIpv4(seen).ok) return NOTHING_SHOWN;
  const [before, after] = [splitPacket(sent), splitPacket(seen)];
  const sentOptions = before.options?.bytes ?? new Uint8Array(0);
  const options = after.options === null ? NOTHING_SHOWN : diffOptions(sentOptions, after.options);
  const body = diffBody(before, after);
  const checksum = diffChecksum(before, after, body.tcpLength);
  return {
    changes: [...diffHeaders(before, after), ...checksum, ...options.changes, ...body.changes],
    shows: (field) => isShown(field, after, options),
  };
}

function isShown(field: ChangedField, seen: SplitPacket, options: PacketDiff): boolean {
  if (field.startsWith('tcp.option.')) return options.shows(field);
  if (field === 'tcp.checksum') return seen.tcp.length >= 18;
  if (field === 'tcp.payload') return showsAllOptions(seen);
  return showsHeader(field, seen);
}
