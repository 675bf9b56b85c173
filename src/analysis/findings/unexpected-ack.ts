import type { TcpHeader } from '../../wire/decoded.ts';
import { seq, seqAdd } from '../../wire/numbers.ts';
import { TcpFlag, formatTcpFlags } from '../../wire/tcp-flags.ts';
import type { Evidence, FindingRule } from '../evidence.ts';
import { type Finding, finding } from '../finding.ts';

/** `proven`: the number is not the expected one (RFC 9293, 3.10.7.3); its cause is worded as a guess. */
export const unexpectedAck: FindingRule = {
  description: "a reply on the probe's ports acknowledged something that was not sent, and was not believed",
  find(evidence: Evidence): readonly Finding[] {
    const header = evidence.rejected?.tcp?.header;
    if (header === undefined) return [];
    const sent = expectedAck(header, evidence.sent?.tcp?.header ?? null);
    const received = (header.flags & TcpFlag.ACK) === 0 ? null : header.ack;
    const count = evidence.rejectedCount > 1 ? ` (the first of ${evidence.rejectedCount} such replies)` : '';
    const detail = `${whatCame(header, received, sent)}${count} and decided nothing: ${meaning(header, received === null)}.`;
    return [finding('unexpected-ack', 'proven', detail, { sent, received })];
  },
};

/** ISN + 1, where the known SYN is the one that the reply names: a retry has another source port. */
function expectedAck(reply: TcpHeader, syn: TcpHeader | null): number | null {
  return syn !== null && syn.sourcePort === reply.destinationPort ? seqAdd(seq(syn.seq), 1) : null;
}

function whatCame(header: TcpHeader, ack: number | null, expected: number | null): string {
  const flags = formatTcpFlags(header.flags);
  if (ack === null) return `A reply with flags ${flags} acknowledged nothing`;
  const instead = expected === null || expected === ack ? '' : ` where ${expected} was expected`;
  return `A reply with flags ${flags} acknowledged ${ack}${instead}`;
}

function meaning(header: TcpHeader, acksNothing: boolean): string {
  const isReset = (header.flags & TcpFlag.RST) !== 0;
  if (isReset && acksNothing)
    return 'a reset in answer to a SYN must acknowledge it, so this one belongs to an older connection or is forged';
  if (isReset)
    return 'it is a reset of an older connection, forged, or a device translates sequence numbers in one direction only';
  if ((header.flags & TcpFlag.SYN) !== 0) {
    return 'it answers an older SYN from the same port, is forged, or a device translates sequence numbers in one direction only';
  }
  if (acksNothing) return 'no answer to a SYN looks like this';
  return 'most likely it is a challenge ACK: the host still has an older connection from the same port (RFC 5961, 4)';
}
