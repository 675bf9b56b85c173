import { type Nanos, type Seq, seqAdd } from '../../wire/numbers.ts';
import type { TransmitQueue, Posted } from '../session/transmit-queue.ts';
import { type Agreement, DEFAULT_MSS, TIMESTAMP_BYTES } from './agreement.ts';
import { type Ending, isSynchronized, type TcpState } from './connection-state.ts';
import type { ReceivedError, SentSense } from './segment-note.ts';
import type { ConnectionNumbers } from './judge-segment.ts';
import { SegmentLog } from './segment-log.ts';
import { ReceiveStream } from './receive-stream.ts';
import { RetransmissionTimer } from './retransmission-timer.ts';
import { SegmentCraft, type SegmentFields } from './segment-craft.ts';
import { SendStream } from './send-stream.ts';
import { SegmentSender } from './segment-sender.ts';
import { IPV4 } from '../../wire/family.ts';
import { mssOfMtu } from '../../wire/tcp.ts';

/** What a control block is made of. */
interface ControlParts {
  readonly syn: Uint8Array;
  readonly transmitQueue: TransmitQueue;
  readonly initialRto: Nanos;
  readonly keep: number;
  readonly window: number | null;
  readonly mtu: number;
}

/** RFC 6298 times one segment at a time. */
interface Timed {
  /** The acknowledgement that ends the measurement. */
  readonly position: number;
  readonly posted: Posted;
}

/** Linux believes no router that names less (net.ipv4.route.min_pmtu). */
const LEAST_MTU = 552;

/**
 * The transmission control block (RFC 9293, 3.3.1): the state of one connection. `Connection` and
 * `SegmentArrival` have its rules.
 */
export class ControlBlock {
  readonly craft: SegmentCraft;
  readonly sent: SendStream;
  readonly received: ReceiveStream;
  readonly timer: RetransmissionTimer;
  readonly segmentLog: SegmentLog = new SegmentLog();
  state: TcpState = 'SYN-SENT';
  ending: Ending | null = null;
  /** The last ICMP error about this connection. */
  error: ReceivedError | null = null;
  /** Our SYNs, in order. */
  readonly syns: Posted[] = [];
  peerIsn: Seq | null = null;
  agreement: Agreement | null = null;
  /** RCV.NXT as last acknowledged to the peer. */
  acknowledged = 1;
  /** The peer's TSval to echo (TS.Recent of RFC 7323). */
  echo = 0;
  /** SND.WND in bytes. */
  peerWindow = 0;
  timed: Timed | null = null;
  /** The lowest position that was sent. */
  lowest = 0;
  establishedAt: Nanos | null = null;
  lingerUntil: Nanos = Infinity;
  dataSegments = 0;
  segmentLimit: number | null = null;
  /** ECN field of packets with data. */
  dataEcn = 0;
  readonly #sender: SegmentSender;
  readonly #window: number | null;
  /** Bytes of the largest packet that may leave. */
  #mtu: number;

  constructor(parts: ControlParts) {
    this.craft = new SegmentCraft(parts.syn);
    this.sent = new SendStream(this.craft.synPayload);
    this.received = new ReceiveStream(parts.keep);
    this.timer = new RetransmissionTimer(parts.initialRto);
    this.#sender = new SegmentSender(this.craft, parts.transmitQueue, this.segmentLog);
    this.#window = parts.window;
    this.#mtu = parts.mtu;
  }

  get isClosed(): boolean {
    return this.state === 'CLOSED';
  }

  get isSynchronized(): boolean {
    return isSynchronized(this.state);
  }

  /** Payload bytes of a full segment of ours. */
  get segmentSize(): number {
    const { peerMss, timestamps } = this.agreement ?? { peerMss: DEFAULT_MSS, timestamps: false };
    const whole = Math.min(peerMss, mssOfMtu(this.#mtu, IPV4)) - (timestamps ? TIMESTAMP_BYTES : 0);
    return this.segmentLimit ?? Math.max(1, whole);
  }

  /** RCV.WND in bytes, rounded to what the header can hold. */
  get windowBytes(): number {
    return this.#rawWindow * 2 ** (this.agreement?.ownShift ?? 0);
  }

  get #rawWindow(): number {
    const bytes = this.#window ?? this.craft.header.window;
    return Math.min(0xffff, Math.ceil(bytes / 2 ** (this.agreement?.ownShift ?? 0)));
  }

  /** What segments of the peer's are judged by. */
  numbers(): ConnectionNumbers {
    return {
      isn: this.craft.isn,
      peerIsn: this.peerIsn,
      synPayload: this.craft.synPayload.length,
      sentUpTo: this.sent.furthest,
      next: this.received.next,
      acknowledged: this.acknowledged,
      window: this.windowBytes,
    };
  }

  sendSyn(now: Nanos): void {
    this.syns.push(this.#sender.syn(this.syns.length, now, this.state));
    this.timer.start(now);
  }

  send(sense: SentSense, fields: Pick<SegmentFields, 'flags' | 'position' | 'payload' | 'ecn'>, now: Nanos): Posted {
    const { peerIsn, state, acknowledged } = this;
    const sendState = {
      state,
      ack: peerIsn === null ? null : seqAdd(peerIsn, acknowledged),
      ackPosition: peerIsn === null ? null : acknowledged,
      window: this.#rawWindow,
      windowBytes: this.windowBytes,
      echo: this.agreement?.timestamps === true ? this.echo : null,
    };
    return this.#sender.send(sense, fields, sendState, now);
  }

  /** Takes the next-hop MTU that a router reported (RFC 1191). */
  narrow(mtu: number): void {
    this.#mtu = Math.max(LEAST_MTU, Math.min(this.#mtu, mtu));
  }

  /** A bare ACK of all that came, or, of that, of what lies before `upTo`. */
  acknowledge(now: Nanos, upTo: number = Infinity): void {
    this.acknowledged = Math.max(this.acknowledged, Math.min(upTo, this.received.next));
    this.send('ack', { flags: 0, position: this.sent.furthest }, now);
  }

  close(ending: Ending): void {
    this.state = 'CLOSED';
    this.ending = ending;
    this.timer.stop();
  }
}
