import type { Nanos, Seq } from '../../wire/numbers.ts';
import type { TransmitQueue, Posted } from '../session/transmit-queue.ts';
import type { TcpState } from './connection-state.ts';
import type { SegmentLog } from './segment-log.ts';
import type { SegmentCraft, Words } from './segment-craft.ts';
import type { SentSense } from './segment-note.ts';

/** What every segment of ours says, besides what it is sent for. */
export interface Standing {
  readonly state: TcpState;
  /** The absolute number to acknowledge, and the same counted from the peer's ISN; null before its SYN-ACK. */
  readonly ack: Seq | null;
  readonly ackPosition: number | null;
  /** As it stands in the header, and in bytes. */
  readonly window: number;
  readonly windowBytes: number;
  /** The peer's TSval to echo; null without timestamps. */
  readonly echo: number | null;
}

/** Sends the segments of one connection and writes them down. */
export class SegmentSender {
  readonly #craft: SegmentCraft;
  readonly #transmitQueue: TransmitQueue;
  readonly #segmentLog: SegmentLog;

  constructor(craft: SegmentCraft, transmitQueue: TransmitQueue, segmentLog: SegmentLog) {
    this.#craft = craft;
    this.#transmitQueue = transmitQueue;
    this.#segmentLog = segmentLog;
  }

  /** The SYN, for the `attempt`-th time from 0. */
  syn(attempt: number, now: Nanos, state: TcpState): Posted {
    const posted = this.#transmitQueue.post(this.#craft.synBytes(attempt, now));
    this.#segmentLog.sent(posted, {
      sense: attempt === 0 ? 'syn' : 'syn-again',
      state,
      seq: 0,
      ack: null,
      window: this.#craft.header.window,
      length: this.#craft.synPayload.length,
    });
    return posted;
  }

  /** Any other segment. */
  say(sense: SentSense, words: Pick<Words, 'flags' | 'position' | 'payload' | 'ecn'>, standing: Standing, now: Nanos): Posted {
    const { state, ack, ackPosition, window, windowBytes, echo } = standing;
    const clock = echo === null ? null : { echo, now };
    const posted = this.#transmitQueue.post(this.#craft.segment({ ...words, ack, window }, clock));
    this.#segmentLog.sent(posted, {
      sense,
      state,
      seq: words.position,
      ack: ackPosition,
      window: windowBytes,
      length: words.payload?.length ?? 0,
    });
    return posted;
  }
}
