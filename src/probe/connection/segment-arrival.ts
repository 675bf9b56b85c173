import type { TcpHeader } from '../../wire/decoded.ts';
import { NANOS_PER_MS, type Nanos, type Seq, seq, seqDiff } from '../../wire/numbers.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { findOption } from '../../wire/tcp-options.ts';
import type { AckPolicy } from './ack-policy.ts';
import { agree } from './agreement.ts';
import { type Ending, stateAfter } from './connection-state.ts';
import type { ControlBlock } from './control-block.ts';
import type { ConnectionNote, ReceivedSegment, ReceivedSense } from './segment-note.ts';
import { judgeSegment, type Judgement } from './judge-segment.ts';

const { SYN, ACK, FIN, RST } = TcpFlag;
/** Answers to segments that need none, such as old bytes: a peer that does the same must not start a loop. */
const MOST_UNASKED_ANSWERS = 64;
/** TIME-WAIT beyond two round trips. Afterwards the kernel has the port and resets late segments. */
const LINGER: Nanos = 5 * NANOS_PER_MS;

/** SEGMENT ARRIVES of RFC 9293, 3.10.7, from SYN-SENT on, with what RFC 5961 adds against forgeries. */
export class SegmentArrival {
  static readonly #ACTIONS: Readonly<Record<Judgement, (self: SegmentArrival, received: ReceivedSegment) => ReceivedSense>> = {
    'syn-ack': (self, received) => self.#onSynAck(received),
    'syn-ack-again': (self, { at }) => self.#rejectWithAck('syn-ack-again', at),
    'other-syn-ack': (self, { at }) => self.#rejectWithAck('other-syn-ack', at),
    refusal: (self) => self.#over({ kind: 'refused' }),
    reset: (self) => self.#over({ kind: 'reset-by-peer' }),
    challenge: (self, { at }) => self.#rejectWithAck('not-believed', at),
    old: (self, received) => self.#onOld(received),
    acceptable: (self, received) => self.#onAcceptable(received),
    syn: () => 'syn',
    'challenge-ack': () => 'challenge-ack',
    'not-believed': () => 'not-believed',
  };
  readonly #block: ControlBlock;
  readonly #acknowledge: AckPolicy;
  #unaskedAnswers = 0;

  constructor(block: ControlBlock, acknowledge: AckPolicy) {
    this.#block = block;
    this.#acknowledge = acknowledge;
  }

  /** Takes one segment from the peer's address and port to ours, acts on it and writes it down. */
  take(received: ReceivedSegment): void {
    const block = this.#block;
    const { header } = received.segment;
    const place = block.segmentLog.notes.length;
    const judgement = judgeSegment(header, received.length, block);
    const sense = block.isClosed ? this.#afterEnd(judgement, received) : SegmentArrival.#ACTIONS[judgement](this, received);
    const shift = (header.flags & SYN) === 0 ? (block.agreement?.peerShift ?? 0) : 0;
    const { at, packet, segment, length } = received;
    const note: ConnectionNote = {
      kind: 'in',
      at,
      sense,
      state: block.state,
      length,
      packet,
      segment,
      seq: block.peerIsn === null ? null : seqDiff(seq(header.seq), block.peerIsn),
      ack: (header.flags & ACK) === 0 ? null : seqDiff(seq(header.ack), block.craft.isn),
      window: header.window * 2 ** shift,
      // Our SYN's MSS is the longest payload of one segment to us; without the option, the largest packet.
      isMerged: length > (findOption(block.craft.header.options, 'mss')?.value ?? 0xffff),
      posted: null,
    };
    block.segmentLog.add(note, place);
  }

  #over(ending: Ending): ReceivedSense {
    this.#block.close(ending);
    return 'rst';
  }

  #rejectWithAck(sense: ReceivedSense, at: Nanos): ReceivedSense {
    this.#answerUnasked(at);
    return sense;
  }

  /** The user has let go of it, so whatever still proves to be the peer's is reset (RFC 9293, 3.10.7.1). */
  #afterEnd(judgement: Judgement, { segment, at }: ReceivedSegment): ReceivedSense {
    const { header } = segment;
    if ((header.flags & RST) !== 0) return ['refusal', 'reset'].includes(judgement) ? 'rst' : 'not-believed';
    const block = this.#block;
    const position = seqDiff(seq(header.ack), block.craft.isn);
    if ((header.flags & ACK) === 0 || position < 1 || position > block.sent.furthest) return 'not-believed';
    if (block.ending?.kind !== 'finished' && this.#mayAnswer()) block.send('rst', { flags: RST, position }, at);
    return (header.flags & SYN) === 0 ? 'ack-again' : 'syn-ack-again';
  }

  #onSynAck({ segment, at }: ReceivedSegment): ReceivedSense {
    const block = this.#block;
    const { header } = segment;
    block.peerIsn = seq(header.seq);
    block.agreement = agree(block.craft.header, header);
    block.echo = findOption(header.options, 'ts')?.value ?? 0;
    block.peerWindow = header.window;
    block.sent.acknowledge(seqDiff(seq(header.ack), block.craft.isn));
    block.timer.acknowledged(at, false);
    const sentAt = this.#answeredSyn(header)?.sentAt ?? null;
    if (sentAt !== null) block.timer.sample(Math.max(0, at - sentAt));
    // Data of the SYN that was not taken is sent again behind the handshake (RFC 7413, 4.2).
    block.sent.rewind();
    if (this.#acknowledges('syn-ack')) this.establish(at);
    return 'syn-ack';
  }

  /** Acknowledges the SYN-ACK. */
  establish(now: Nanos): void {
    const block = this.#block;
    block.state = 'ESTABLISHED';
    block.establishedAt = now;
    block.acknowledge(now);
  }

  /** The SYN that a SYN-ACK answers, by the echoed TSval, since all have one ISN; null when unknown. */
  #answeredSyn({ options }: TcpHeader): ControlBlock['syns'][number] | null {
    const { syns, segmentLog } = this.#block;
    if (syns.length === 1) return syns[0] ?? null;
    const echo = findOption(options, 'ts')?.echo;
    const own = segmentLog.notes.findLast(
      (note) => note.kind === 'out' && findOption(note.segment.header.options, 'ts')?.value === echo,
    );
    return echo === undefined || own?.kind !== 'out' ? null : own.posted;
  }

  #onAcceptable(received: ReceivedSegment): ReceivedSense {
    const block = this.#block;
    if (!block.isSynchronized) return 'ack-again';
    const { header } = received.segment;
    const sense = this.#onAck(header, received.at);
    if (block.isClosed) return sense;
    const position = seqDiff(seq(header.seq), block.peerIsn as Seq);
    if (position <= block.acknowledged) block.echo = findOption(header.options, 'ts')?.value ?? block.echo;
    const dataSense = received.length > 0 ? this.#onData(position, received) : sense;
    return (header.flags & FIN) === 0 ? dataSense : this.#onFin(position + received.length, received.at);
  }

  #onAck(header: TcpHeader, at: Nanos): ReceivedSense {
    const block = this.#block;
    const { sent } = block;
    const position = seqDiff(seq(header.ack), block.craft.isn);
    const window = header.window * 2 ** (block.agreement?.peerShift ?? 0);
    const opens = block.peerWindow === 0 && window > 0;
    if (position >= sent.acknowledged) block.peerWindow = window;
    if (!sent.acknowledge(position)) return opens ? 'window-update' : 'ack-again';
    this.#measure(position, at);
    if (sent.finAcknowledged) this.#enter(stateAfter('own-fin-acknowledged', block.state), at);
    return 'ack';
  }

  #measure(position: number, at: Nanos): void {
    const { timed, timer, sent } = this.#block;
    if (timed !== null && position >= timed.position) {
      if (timed.posted.sentAt !== null) timer.sample(Math.max(0, at - timed.posted.sentAt));
      this.#block.timed = null;
    }
    timer.acknowledged(at, sent.isWaiting);
  }

  #onData(position: number, { payload, length, at }: ReceivedSegment): ReceivedSense {
    const block = this.#block;
    block.dataSegments++;
    const arrival = block.received.take(position, payload, length);
    if (this.#acknowledges('data')) block.acknowledge(at);
    return arrival === 'in-order' ? 'data' : `data-${arrival}`;
  }

  #onFin(position: number, at: Nanos): ReceivedSense {
    const block = this.#block;
    const isRepeated = block.received.isFinished;
    if (!block.received.finish(position)) return 'data-ahead';
    if (isRepeated) this.#answerUnasked(at);
    else {
      this.#enter(stateAfter('peer-fin', block.state), at);
      if (this.#acknowledges('fin')) block.acknowledge(at);
    }
    return isRepeated ? 'fin-again' : 'fin';
  }

  #onOld({ segment, length, at }: ReceivedSegment): ReceivedSense {
    const isFin = (segment.header.flags & FIN) !== 0;
    if (length > 0) this.#block.dataSegments++;
    if (length === 0 || this.#acknowledges('data')) this.#answerUnasked(at);
    if (isFin) return 'fin-again';
    return length > 0 ? 'data-again' : 'ack-again';
  }

  #enter(state: ControlBlock['state'], at: Nanos): void {
    const block = this.#block;
    block.state = state;
    if (state === 'CLOSED') block.close({ kind: 'finished' });
    else if (state === 'TIME-WAIT') block.lingerUntil = at + 2 * block.timer.srtt + LINGER;
  }

  #acknowledges(what: 'syn-ack' | 'data' | 'fin'): boolean {
    return this.#acknowledge({ what, dataSegments: this.#block.dataSegments });
  }

  #answerUnasked(at: Nanos): void {
    const block = this.#block;
    if (block.isSynchronized && this.#mayAnswer()) block.acknowledge(at);
  }

  #mayAnswer(): boolean {
    return this.#unaskedAnswers++ < MOST_UNASKED_ANSWERS;
  }
}
