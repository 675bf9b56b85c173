import type { TcpHeader } from '../../wire/decoded.ts';
import { seq, seqDiff } from '../../wire/numbers.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import type { ControlBlock } from './control-block.ts';

const { SYN, RST, ACK, FIN } = TcpFlag;

/** How a segment on our ports is judged. */
export type Judgement =
  | 'syn-ack'
  | 'syn-ack-again'
  | 'other-syn-ack'
  | 'syn'
  /** A proven RST in answer to the SYN. */
  | 'refusal'
  /** A proven RST of the connection. */
  | 'reset'
  /** In the window, but not proven: answered with a challenge ACK (RFC 5961, 3 and 4). */
  | 'challenge'
  /** The peer's own challenge ACK in answer to our SYN. */
  | 'challenge-ack'
  /** Outside the window, or old bytes: answered with an ACK. */
  | 'old'
  | 'acceptable'
  | 'not-believed';

/** Judges by its numbers whether a segment with `length` payload bytes belongs to the connection. */
export function judgeSegment(header: TcpHeader, length: number, block: ControlBlock): Judgement {
  const { peerIsn } = block;
  if ((header.flags & SYN) !== 0 && (header.flags & (RST | FIN)) === 0) return judgeSyn(header, block);
  if (peerIsn === null) return judgeEarly(header, block.craft);
  const position = seqDiff(seq(header.seq), peerIsn);
  return (header.flags & RST) === 0 ? judgeLater(header, position, length, block) : judgeReset(position, block);
}

function judgeSyn(header: TcpHeader, { craft, peerIsn }: ControlBlock): Judgement {
  if ((header.flags & ACK) === 0) return peerIsn === null ? 'syn' : 'challenge';
  const acknowledged = seqDiff(seq(header.ack), craft.isn);
  if (acknowledged < 1 || acknowledged > 1 + craft.synPayload.length) return peerIsn === null ? 'not-believed' : 'challenge';
  if (peerIsn === null) return 'syn-ack';
  return header.seq === peerIsn ? 'syn-ack-again' : 'other-syn-ack';
}

/** In SYN-SENT (RFC 9293, 3.10.7.3). An RST need not acknowledge the SYN or its data. */
function judgeEarly(header: TcpHeader, { isn, synPayload: { length } }: ControlBlock['craft']): Judgement {
  if ((header.flags & ACK) === 0) return 'not-believed';
  const acknowledged = seqDiff(seq(header.ack), isn);
  if ((header.flags & RST) === 0) return acknowledged === 1 ? 'not-believed' : 'challenge-ack';
  return [0, 1, length, length + 1].includes(acknowledged) ? 'refusal' : 'not-believed';
}

/** RFC 9293, 3.10.7.4, with the rules of RFC 5961. */
function judgeLater(header: TcpHeader, position: number, length: number, block: ControlBlock): Judgement {
  const acknowledged = seqDiff(seq(header.ack), block.craft.isn);
  if ((header.flags & ACK) === 0 || acknowledged < 0 || acknowledged > block.sent.furthest) return 'not-believed';
  const end = position + length + ((header.flags & FIN) === 0 ? 0 : 1);
  return end < block.acknowledged || position > block.received.next + block.windowBytes ? 'old' : 'acceptable';
}

/** An RST in reply to a segment has its acknowledgment number as SEQ; any other, the peer's SND.NXT. */
function judgeReset(position: number, { received: { next }, acknowledged, windowBytes }: ControlBlock): Judgement {
  if (position === next || position === acknowledged) return 'reset';
  return position > acknowledged && position < next + windowBytes ? 'challenge' : 'not-believed';
}
