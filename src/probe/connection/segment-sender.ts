import type { Nanos, Seq } from '../../wire/numbers.ts';
import type { TransmitQueue, Posted } from '../session/transmit-queue.ts';
import type { TcpState } from './connection-state.ts';
import type { SegmentLog } from './segment-log.ts';
import type { SegmentCraft, SegmentFields } from './segment-craft.ts';
import type { SentSense } from './segment-note.ts';

/** The fields that every segment takes from the connection's state. */
export interface SendState {
  readonly state: TcpState;
  /** The acknowledgment number, and the same counted from the peer's ISN; null before its SYN-ACK. */
  readonly ack: Seq | null;
  readonly ackPosition: number | null;
  /** The header field, and the window in bytes. */
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
  send(
    sense: SentSense,
    fields: Pick<SegmentFields, 'flags' | 'position' | 'payload' | 'ecn'>,
    sendState: SendState,
    now: Nanos,
  ): Posted {
    const { state, ack, ackPosition, window, windowBytes, echo } = sendState;
    const clock = echo === null ? null : { echo, now };
    const posted = this.#transmitQueue.post(this.#craft.segment({ ...fields, ack, window }, clock));
    this.#segmentLog.sent(posted, {
      sense,
      state,
      seq: fields.position,
      ack: ackPosition,
      window: windowBytes,
      length: fields.payload?.length ?? 0,
    });
    return posted;
  }
}
