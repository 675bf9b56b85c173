import type { Attempt } from '../../probe/responder/responder-plan.ts';
import { formatAddress } from '../../wire/address.ts';
import { toHex } from '../../wire/bytes.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { decodePacket } from '../../wire/packet.ts';
import { replyOf } from '../probe/build.ts';
import type { AttemptRecord } from './records.ts';

/** The record of an attempt that arrived at `at`, ISO 8601; null for a packet that is no SYN. */
export function attemptRecordOf(attempt: Attempt, at: string): AttemptRecord | null {
  const decoded = decodePacket(attempt.syn);
  if (!decoded.ok) return null;
  const { ip, tcp } = decoded.value;
  const syn = replyOf(decoded.value);
  if (syn === null || tcp === null) return null;
  const leftAt = attempt.synAck?.sentAt ?? null;
  return {
    type: 'attempt',
    at,
    from: formatAddress(ip.source),
    fromPort: tcp.header.sourcePort,
    to: formatAddress(ip.destination),
    port: tcp.header.destinationPort,
    ttl: ip.ttl,
    fate: attempt.fate,
    proof: attempt.carriers,
    answeredAfterMs: leftAt === null ? null : Math.max(0, leftAt - attempt.arrivedAt) / NANOS_PER_MS,
    synCopies: attempt.synCopies,
    synAckCopies: attempt.synAckCopies,
    syn,
    synHex: toHex(attempt.syn),
    synAckHex: leftAt === null || attempt.synAck === null ? null : toHex(attempt.synAck.bytes),
  };
}
