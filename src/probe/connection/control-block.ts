import { type Nanos, type Seq, seqAdd } from '../../wire/numbers.ts';
import type { TransmitQueue, Posted } from '../session/transmit-queue.ts';
import { type Agreement, DEFAULT_MSS, TIMESTAMP_BYTES } from './agreement.ts';
import type { Ending, TcpState } from './connection-state.ts';
import type { ReceivedError, SentSense } from './segment-note.ts';
import { SegmentLog } from './segment-log.ts';
import { ReceiveStream } from './receive-stream.ts';
import { RetransmissionTimer } from './retransmission-timer.ts';
import { SegmentCraft, type SegmentFields } from './segment-craft.ts';
import { SendStream } from './send-stream.ts';
import { IPV4 } from '../../wire/family.ts';
import { mssOfMtu } from '../../wire/tcp.ts';

/** What a control block is made of. */
export interface ControlSpec {
  /** The whole SYN, an IP packet from which addresses, ports and options follow. Its port is guarded. */
  readonly syn: Uint8Array;
  readonly transmitQueue: TransmitQueue;
  /** Time-out before any round trip is known. */
  readonly initialRto: Nanos;
  /** First bytes of the peer's stream that are kept; 4096 unless given. */
  readonly keep?: number;
  /** Receive window in bytes once established; default: the number in the SYN, unscaled. */
  readonly window?: number;
  /** Bytes of the largest packet that may leave: limited by the MTU and a slot of a batch; default: 1500. */
  readonly mtu?: number;
}

const KEPT_BYTES = 4096;
const ETHERNET_MTU = 1500;
/** Linux believes no router that names less (net.ipv4.route.min_pmtu). */
const LEAST_MTU = 552;

/** The transmission control block (RFC 9293, 3.3.1). `Connection` and `SegmentArrival` have its rules. */
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
  /** The one segment that is timed (RFC 6298), and the position whose acknowledgement ends that. */
  timed: { readonly position: number; readonly posted: Posted } | null = null;
  /** The lowest position that was sent. */
  lowest = 0;
  establishedAt: Nanos | null = null;
  lingerUntil: Nanos = Infinity;
  dataSegments = 0;
  segmentLimit: number | null = null;
  /** ECN field of packets with data. */
  dataEcn = 0;
  readonly #transmitQueue: TransmitQueue;
  readonly #window: number;
  /** Bytes of the largest packet that may leave. */
  #mtu: number;

  constructor({ syn, transmitQueue, initialRto, keep = KEPT_BYTES, window, mtu = ETHERNET_MTU }: ControlSpec) {
    this.craft = new SegmentCraft(syn);
    this.sent = new SendStream(this.craft.synPayload);
    this.received = new ReceiveStream(keep);
    this.timer = new RetransmissionTimer(initialRto);
    this.#transmitQueue = transmitQueue;
    this.#window = window ?? this.craft.header.window;
    this.#mtu = mtu;
  }

  get isClosed(): boolean {
    return this.state === 'CLOSED';
  }

  get isSynchronized(): boolean {
    return this.state !== 'SYN-SENT' && this.state !== 'CLOSED';
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
    return Math.min(0xffff, Math.ceil(this.#window / 2 ** (this.agreement?.ownShift ?? 0)));
  }

  sendSyn(now: Nanos): void {
    const { craft, state, syns } = this;
    const posted = this.#transmitQueue.post(craft.synBytes(syns.length, now));
    const sense = syns.length === 0 ? 'syn' : 'syn-again';
    const { header, synPayload } = craft;
    this.segmentLog.sent(posted, { sense, state, seq: 0, ack: null, window: header.window, length: synPayload.length });
    syns.push(posted);
    this.timer.start(now);
  }

  /** Sends any other segment. */
  send(sense: SentSense, fields: SegmentFields, now: Nanos): Posted {
    const { peerIsn, state, acknowledged, windowBytes: window } = this;
    const ack = peerIsn === null ? null : seqAdd(peerIsn, acknowledged);
    const echo = this.agreement?.timestamps === true ? this.echo : null;
    const posted = this.#transmitQueue.post(this.craft.segment(fields, { ack, window: this.#rawWindow, echo }, now));
    const { position, payload } = fields;
    const length = payload?.length ?? 0;
    this.segmentLog.sent(posted, { sense, state, seq: position, ack: ack === null ? null : acknowledged, window, length });
    return posted;
  }

  /** Takes the next-hop MTU that a router reported (RFC 1191); true when our segments become smaller. */
  narrow(mtu: number): boolean {
    const before = this.segmentSize;
    this.#mtu = Math.max(LEAST_MTU, Math.min(this.#mtu, mtu));
    return this.segmentSize < before;
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
