import type { TcpHeader } from '../../wire/decoded.ts';
import { type Seq, seq, seqDiff } from '../../wire/numbers.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';

const { SYN, RST, ACK, FIN } = TcpFlag;

/** The numbers that judge a segment (RFC 9293, 3.3.1). Positions count from the ISN of the bytes' sender. */
export interface ConnectionNumbers {
  readonly isn: Seq;
  /** Null until a SYN-ACK was believed. */
  readonly peerIsn: Seq | null;
  /** Bytes of data in the SYN. */
  readonly synPayload: number;
  /** The highest position sent. */
  readonly sentUpTo: number;
  /** RCV.NXT, and RCV.NXT as last acknowledged to the peer. */
  readonly next: number;
  readonly acknowledged: number;
  /** Receive window in bytes. */
  readonly window: number;
}

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

/** Judges by its numbers whether a segment belongs to the connection. */
export function judgeSegment(header: TcpHeader, length: number, numbers: ConnectionNumbers): Judgement {
  if ((header.flags & SYN) !== 0 && (header.flags & (RST | FIN)) === 0) return judgeSyn(header, numbers);
  return numbers.peerIsn === null
    ? judgeEarly(header, numbers)
    : judgeLater(header, { numbers, length, position: seqDiff(seq(header.seq), numbers.peerIsn) });
}

function judgeSyn(header: TcpHeader, { isn, peerIsn, synPayload }: ConnectionNumbers): Judgement {
  if ((header.flags & ACK) === 0) return peerIsn === null ? 'syn' : 'challenge';
  const acknowledged = seqDiff(seq(header.ack), isn);
  if (acknowledged < 1 || acknowledged > 1 + synPayload) return peerIsn === null ? 'not-believed' : 'challenge';
  if (peerIsn === null) return 'syn-ack';
  return header.seq === peerIsn ? 'syn-ack-again' : 'other-syn-ack';
}

/** In SYN-SENT (RFC 9293, 3.10.7.3). An RST need not acknowledge the SYN or its data. */
function judgeEarly(header: TcpHeader, { isn, synPayload }: ConnectionNumbers): Judgement {
  if ((header.flags & ACK) === 0) return 'not-believed';
  const acknowledged = seqDiff(seq(header.ack), isn);
  if ((header.flags & RST) === 0) return acknowledged === 1 ? 'not-believed' : 'challenge-ack';
  return [0, 1, synPayload, synPayload + 1].includes(acknowledged) ? 'refusal' : 'not-believed';
}

interface Placed {
  readonly numbers: ConnectionNumbers;
  readonly length: number;
  readonly position: number;
}

/** RFC 9293, 3.10.7.4, with the rules of RFC 5961. */
function judgeLater(header: TcpHeader, { numbers, length, position }: Placed): Judgement {
  const { next, acknowledged: lastAck, window, sentUpTo, isn } = numbers;
  if ((header.flags & RST) !== 0) return judgeReset(position, numbers);
  const acknowledged = seqDiff(seq(header.ack), isn);
  if ((header.flags & ACK) === 0 || acknowledged < 0 || acknowledged > sentUpTo) return 'not-believed';
  const end = position + length + ((header.flags & FIN) === 0 ? 0 : 1);
  return end < lastAck || position > next + window ? 'old' : 'acceptable';
}

/** An RST in reply to a segment has its acknowledgment number as SEQ; any other, the peer's SND.NXT. */
function judgeReset(position: number, { next, acknowledged: lastAck, window }: ConnectionNumbers): Judgement {
  if (position === next || position === lastAck) return 'reset';
  return position > lastAck && position < next + window ? 'challenge' : 'not-believed';
}
