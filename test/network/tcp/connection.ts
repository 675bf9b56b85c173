import { seqAdd, seqDiff, type Nanos, type Seq } from '../../../src/wire/numbers.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';
import { milliseconds } from '../middlebox.ts';
import type { Packet } from '../packet.ts';
import { segmentBytes, type Agreement } from './agreement.ts';
import { ActionQueue } from './action-queue.ts';
import type { Action, ConnectionHandler } from './application.ts';
import { ReceiveStream, type ReceivePlan } from './receive-stream.ts';
import { RetransmissionTimer } from './retransmission-timer.ts';
import type { Segment } from './segment.ts';
import { SendStream, type Piece } from './send-stream.ts';
import type { SegmentSender } from './segment-sender.ts';

/** A connection whose SYNs are known; `iss` is our ISN. */
export interface ConnectionPlan extends ReceivePlan {
  readonly sender: SegmentSender;
  readonly handler: ConnectionHandler;
  readonly agreement: Agreement;
  readonly iss: Seq;
  /** MTU of our link and, as far as known, of the path. */
  readonly mtu: number;
  readonly rto: Nanos;
  /** Retransmissions of a segment before the connection is given up. */
  readonly retries: number;
  /** Delay of the tail loss probe (RFC 8985, 7.3); null: none. */
  readonly tailProbe: Nanos | null;
}

/** RFC 6928. */
const INITIAL_SEGMENTS = 10;
/** Linux, net.ipv4.tcp_invalid_ratelimit. */
const OUT_OF_WINDOW_PAUSE = milliseconds(500);
const NOP: TcpOption = { kind: 1, name: 'nop' };

/**
 * One end of an established connection, without timers or sockets: `receive` takes segments, `poll` returns
 * what to send now, `deadline` is when to poll next. Takes data in order only. The congestion window starts
 * at ten segments and grows with each that is acknowledged; a time-out retransmits one segment (RFC 6298,
 * 5).
 */
export class Connection {
  readonly #plan: ConnectionPlan;
  readonly #stream = new SendStream();
  readonly #actions = new ActionQueue();
  readonly #incoming: ReceiveStream;
  readonly #timer: RetransmissionTimer;
  #out: Packet[] = [];
  #over = false;
  #endedFirst = false;
  /** The application has closed and reads no more. */
  #isReadClosed = false;
  /** The peer's, in bytes; the SYN's is not used (Linux, tcp_create_openreq_child). */
  #window = 0;
  #largestWindow = 0;
  #congestionWindow = INITIAL_SEGMENTS;
  #mtu: number;
  #owesAck = false;
  #quietUntil: Nanos = 0;
  /** A tail loss probe was sent; none before the next acknowledgment. */
  #isProbed = false;
  /** Position after the last segment that was not full. */
  #smallEnd = 0;

  constructor(plan: ConnectionPlan, now: Nanos) {
    this.#plan = plan;
    this.#incoming = new ReceiveStream(plan);
    this.#mtu = plan.mtu;
    this.#timer = new RetransmissionTimer(plan.rto, plan.retries);
    this.plan(plan.handler.opened(), now);
  }

  /** True once the connection is gone. */
  get isOver(): boolean {
    return this.#over;
  }

  /** True once both ends are closed and acknowledged, ours first. */
  get isInTimeWait(): boolean {
    return this.#incoming.hasEnded && this.#stream.isClosed && !this.#stream.isBusy;
  }

  /** When to poll next; Infinity when nothing is scheduled. */
  get deadline(): Nanos {
    if (this.#over) return Infinity;
    return Math.min(this.#timer.deadline, this.#actions.nextAt);
  }

  /** Schedules actions of the application. */
  plan(actions: readonly Action[], now: Nanos): void {
    this.#actions.push(actions, now);
  }

  /** Sends an ACK at the next poll, unless another segment carries it. */
  acknowledge(): void {
    this.#owesAck = true;
  }

  /** Processes a segment of the peer. */
  receive(segment: Segment, now: Nanos): void {
    if (this.#over) return;
    if ((segment.flags & TcpFlag.RST) !== 0) return this.#receiveReset(segment);
    if (!this.#incoming.isAcceptable(segment)) return this.#answerOutOfWindow(segment, now);
    if ((segment.flags & TcpFlag.ACK) === 0 || !this.#receiveAck(segment)) return;
    this.#incoming.note(segment);
    this.#takeIn(segment, now);
  }

  /**
   * ICMP 3/4 about the segment at `seq`: what is in flight is sent again, in packets of at most `mtu`
   * bytes.
   */
  receiveTooBig(seq: Seq, mtu: number): void {
    const offset = seqDiff(seq, this.#first);
    const isInFlight = offset >= this.#stream.acknowledged && offset < this.#stream.highest;
    if (!isInFlight || mtu >= this.#mtu) return;
    this.#mtu = mtu;
    this.#stream.rewind();
    this.#timer.stop();
  }

  /** What to send now. */
  poll(now: Nanos): readonly Packet[] {
    for (const action of this.#actions.take(now)) this.#perform(action, now);
    if (!this.#over && now >= this.#timer.deadline) this.#timeOut(now);
    if (!this.#over) this.#transmit(now);
    if (this.#owesAck && !this.#over) this.#emit(this.#stream.highest, TcpFlag.ACK, now);
    if (this.isInTimeWait && !this.#endedFirst) this.#over = true;
    const out = this.#out;
    this.#out = [];
    return out;
  }

  get #first(): Seq {
    return seqAdd(this.#plan.iss, 1);
  }

  /**
   * Answers with an ACK; without data at most two a second, so that two ends cannot loop
   * (tcp_oow_rate_limited).
   */
  #answerOutOfWindow({ payload }: Segment, now: Nanos): void {
    if (payload.length === 0 && now < this.#quietUntil) return;
    this.#owesAck = true;
    this.#quietUntil = now + OUT_OF_WINDOW_PAUSE;
  }

  /** RFC 5961, 3.2: exactly the next number ends the connection, one in the window is answered by an ACK. */
  #receiveReset({ seq }: Segment): void {
    const distance = seqDiff(seq, this.#incoming.next);
    if (distance === 0) this.#over = true;
    else if (distance > 0 && distance < this.#plan.window) this.#owesAck = true;
  }

  /** False for an acknowledgment of what was never sent. */
  #receiveAck({ ack, window }: Segment): boolean {
    const position = seqDiff(ack, this.#first);
    if (position > this.#stream.highest) {
      this.#owesAck = true;
      return false;
    }
    this.#window = window << this.#plan.agreement.peerShift;
    this.#largestWindow = Math.max(this.#largestWindow, this.#window);
    if (position <= this.#stream.acknowledged) return true;
    this.#congestionWindow += Math.ceil((position - this.#stream.acknowledged) / this.#segmentBytes);
    this.#stream.acknowledge(position);
    this.#timer.restart();
    this.#isProbed = false;
    return true;
  }

  #takeIn(segment: Segment, now: Nanos): void {
    if (segment.payload.length > 0 || (segment.flags & TcpFlag.FIN) !== 0) this.#owesAck = true;
    const data = this.#incoming.take(segment);
    if (data.length > 0 && this.#isReadClosed) return this.#refuse(segment);
    if (data.length > 0) this.plan(this.#plan.handler.received(data), now);
    if (!this.#incoming.end(segment) || this.#isReadClosed) return;
    // After what is scheduled already: a pending answer is still sent.
    this.plan(this.#plan.handler.ended(), Math.max(now, this.#actions.lastAt));
  }

  /**
   * Data after the application has closed: a reset, as without a connection (Linux, tcp_rcv_state_process).
   */
  #refuse({ ack }: Segment): void {
    this.#out.push(this.#plan.sender.encode({ seq: ack, ack: 0, flags: TcpFlag.RST, window: 0 }));
    this.#over = true;
  }

  #perform(action: Action, now: Nanos): void {
    if (this.#over) return;
    if (action.kind === 'write') return this.#stream.write(action.bytes);
    if (action.kind !== 'reset') return this.#end(action.kind === 'close');
    this.#emit(this.#stream.highest, TcpFlag.RST | TcpFlag.ACK, now);
    this.#over = true;
  }

  #end(stopsReading: boolean): void {
    this.#isReadClosed ||= stopsReading;
    if (!this.#stream.isClosed) this.#endedFirst = !this.#incoming.hasEnded;
    this.#stream.close();
  }

  /** Delay of the tail loss probe, where one is due before the time-out. */
  get #tailProbe(): Nanos | null {
    return !this.#isProbed && this.#stream.inFlight > this.#segmentBytes ? this.#plan.tailProbe : null;
  }

  #timeOut(now: Nanos): void {
    if (this.#tailProbe !== null) {
      this.#isProbed = true;
      this.#timer.stop();
      this.#stream.stepBack();
      return this.#send(this.#stream.take(this.#segmentBytes), now);
    }
    if (!this.#timer.expire()) {
      this.#over = true;
      return;
    }
    this.#congestionWindow = 1;
    const waited = this.#stream.inFlight === 0;
    this.#stream.rewind();
    // A window probe as Linux sends it: no data, a sequence number one too low, which the peer must answer
    // (tcp_xmit_probe_skb).
    if (this.#window === 0) this.#emit(this.#stream.acknowledged - 1, TcpFlag.ACK, now);
    else if (waited) this.#send(this.#stream.take(Math.min(this.#window, this.#segmentBytes)), now);
  }

  #transmit(now: Nanos): void {
    const size = this.#segmentBytes;
    for (;;) {
      const room = Math.min(this.#congestionWindow * size, this.#window) - this.#stream.inFlight;
      // RFC 9293, 3.8.6.2.1 (silly window): what does not fit waits for a larger window, or for the timer.
      const fits = room >= Math.min(size, this.#stream.waiting) && !this.#isHeldBack(size);
      const piece = fits ? this.#stream.take(size) : null;
      if (piece === null) break;
      this.#send(piece, now);
    }
    if (this.#stream.isBusy) this.#timer.start(now, this.#tailProbe ?? undefined);
    else this.#timer.stop();
  }

  /**
   * Nagle's rule with Minshall's change: a second small segment waits for the first's ACK (Linux,
   * tcp_nagle_check).
   */
  #isHeldBack(size: number): boolean {
    const { waiting, next, acknowledged, isClosed } = this.#stream;
    return waiting > 0 && waiting < size && !isClosed && next >= this.#smallEnd && acknowledged < this.#smallEnd;
  }

  #send(piece: Piece | null, now: Nanos): void {
    if (piece === null) return;
    if (piece.bytes.length < this.#segmentBytes) this.#smallEnd = piece.offset + piece.bytes.length;
    const flags = TcpFlag.ACK | (piece.push ? TcpFlag.PSH : 0) | (piece.fin ? TcpFlag.FIN : 0);
    this.#emit(piece.offset, flags, now, piece.bytes);
  }

  #emit(position: number, flags: number, now: Nanos, payload: Uint8Array = new Uint8Array(0)): void {
    const { sender, agreement, window } = this.#plan;
    this.#owesAck = false;
    const ts: TcpOption = { kind: 8, name: 'ts', value: sender.clock(now), echo: this.#incoming.clock };
    this.#out.push(
      sender.encode({
        seq: seqAdd(this.#first, position),
        ack: this.#incoming.next,
        flags: flags | (this.#incoming.echoesCongestion ? TcpFlag.ECE : 0),
        window: Math.min(0xffff, window >>> agreement.ownShift),
        options: agreement.timestamps ? [NOP, NOP, ts] : [],
        payload,
        ecnCapable: agreement.ecn && payload.length > 0,
      }),
    );
  }

  get #segmentBytes(): number {
    return segmentBytes(this.#plan.agreement, this.#mtu, this.#largestWindow);
  }
}
