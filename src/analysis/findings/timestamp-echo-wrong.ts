import { findOption } from '../../wire/tcp-options.ts';
import type { Evidence, FindingRule } from '../evidence.ts';
import { type Finding, finding } from '../finding.ts';
import { optionsOf, synAckOf } from '../reply.ts';

/**
 * The TSecr of a SYN-ACK is the TSval of its SYN (RFC 7323, 3.2), and each SYN has its own source port, so no
 * other SYN can be meant. `proven`: two numbers that must be equal are not. Where it happened is unknown.
 */
export const timestampEchoWrong: FindingRule = {
  description: "the SYN-ACK's timestamp echo is not the timestamp that was sent",
  find(evidence: Evidence): readonly Finding[] {
    const received = findOption(synAckOf(evidence.reply)?.header.options ?? [], 'ts');
    if (received === undefined) return [];
    const sent = findOption(optionsOf(evidence.sent), 'ts');
    return sent === undefined || received.echo === sent.value ? [] : [describe(sent.value, received.echo)];
  },
};

function describe(sent: number, echo: number): Finding {
  const meaning =
    echo === 0
      ? 'a stack that starts its timestamps late, or a device that blanks them'
      : 'a device on the path rewrites timestamps in one direction, or answers in place of the host';
  const detail = `The SYN carried timestamp ${sent} and the SYN-ACK echoes ${echo}: ${meaning}; which of the two cannot be told from here.`;
  return finding('timestamp-echo-wrong', 'proven', detail, { option: 'ts', sent, received: echo });
}
