import { seq, seqDiff } from '../../wire/numbers.ts';
import type { PacketView } from '../../wire/packet-view.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import type { AnswerKind, TestPacket } from './firewall-test.ts';

const { SYN, RST, ACK, FIN } = TcpFlag;

/** The numbers of a segment that came on a test packet's tuple. */
type Numbers = Pick<PacketView, 'flags' | 'seq' | 'ack'>;

/**
 * What a segment is to the test packet whose tuple it came on, or null where its numbers do not prove that whoever sent it has seen the test packet.
 * RFC 9293, 3.10.7.1: a reset of a segment with ACK has its acknowledgment number as SEQ; of one without, it acknowledges the segment's end. Some stacks leave
 * data, SYN or FIN out of that, as 3.10.7.3 lets them. A SYN alone cannot be proven.
 */
export function proofOf(testPacket: TestPacket, reply: Numbers): AnswerKind | null {
  if ((reply.flags & RST) !== 0) return isProvenReset(testPacket, reply) ? 'rst' : null;
  if ((testPacket.flags & SYN) === 0 || (reply.flags & SYN) === 0) return null;
  if ((reply.flags & ACK) === 0) return 'syn';
  const acknowledged = seqDiff(seq(reply.ack), seq(testPacket.seq));
  return acknowledged >= 1 && acknowledged <= 1 + testPacket.payloadLength ? 'syn-ack' : null;
}

function isProvenReset(testPacket: TestPacket, reply: Numbers): boolean {
  if ((testPacket.flags & ACK) !== 0) return reply.seq === testPacket.ack;
  if ((reply.flags & ACK) === 0) return false;
  const length = testPacket.payloadLength + ((testPacket.flags & SYN) === 0 ? 0 : 1) + ((testPacket.flags & FIN) === 0 ? 0 : 1);
  const acknowledged = seqDiff(seq(reply.ack), seq(testPacket.seq));
  return acknowledged >= 0 && acknowledged <= length;
}

/** A bare ACK in answer to a SYN: the host remembers an older connection of that tuple (RFC 5961, 4). */
export function isChallenge(testPacket: TestPacket, reply: Numbers): boolean {
  return (testPacket.flags & SYN) !== 0 && (reply.flags & (SYN | RST | ACK)) === ACK;
}
