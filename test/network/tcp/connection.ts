import { seqAdd, seqDiff, type Nanos, type Seq } from '../../../src/wire/numbers.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';
import { milliseconds } from '../middlebox.ts';
import type { Packet } from '../packet.ts';
import type { Agreement } from './agreement.ts';
import { ActQueue } from './act-queue.ts';
import type { Act, Conversation } from './application.ts';
import { ReceiveStream, type ReceivePlan } from './receive-stream.ts';
import { RetransmissionTimer } from './retransmission-timer.ts';
import type { Segment } from './segment.ts';
import { SendStream, type Piece } from './send-stream.ts';
import { segmentBytes } from './segment-size.ts';
import type { SegmentSender } from './segment-sender.ts';

/** A connection whose SYNs are known; `iss` is our ISN. */
export interface ConnectionPlan extends ReceivePlan {
  readonly sender: SegmentSender;
  readonly conversation: Conversation;
  readonly agreement: Agreement;
  readonly iss: Seq;
  /** Bytes of the largest packet on our link and, as far as is known, on the path. */
  readonly mtu: number;
  readonly rto: Nanos;
  /** Times that a segment is sent again before the connection is given up. */
  readonly retries: number;
  /** How long after the last segment it is sent again as a tail loss probe (RFC 8985, 7.3); null: never. */
  readonly tailProbe: Nanos | null;
}

/** RFC 6928. */
const INITIAL_SEGMENTS = 10;
/** Linux, net.ipv4.tcp_invalid_ratelimit. */
const OUT_OF_WINDOW_PAUSE = milliseconds(500);
const NOP: TcpOption = { kind: 1, name: 'nop' };

/**
 * One end of an established connection, without timers or sockets: `receive` takes segments in, `poll` gives what is to be sent at that time,
 * `deadline` says when it wants to be polled again. Takes data in order only, sends a window of ten segments that grows with each that
 * is acknowledged, and sends one segment again when its time is up (RFC 6298, 5).
 */
export class Connection {
  readonly #plan: ConnectionPlan;
  readonly #stream = new SendStream();
  readonly #acts = new ActQueue();
  readonly #heard: ReceiveStream;
  readonly #timer: RetransmissionTimer;
  #out: Packet[] = [];
  #over = false;
  #endedFirst = false;
  /** The program has closed: it hears nothing more. */
  #isDeaf = false;
  /** The peer's, in bytes: that of its SYN does not count (Linux, tcp_create_openreq_child). */
  #window = 0;
  #largestWindow = 0;
  #congestionWindow = INITIAL_SEGMENTS;
  #mtu: number;
  #owesAck = false;
  #quietUntil: Nanos = 0;
  /** A tail loss probe is out, or none is due before the next acknowledgment. */
  #isProbed = false;
  /** Position behind the last segment that was not full. */
  #smallEnd = 0;

  constructor(plan: ConnectionPlan, now: Nanos) {
    this.#plan = plan;
    this.#heard = new ReceiveStream(plan);
    this.#mtu = plan.mtu;
    this.#timer = new RetransmissionTimer(plan.rto, plan.retries);
    this.plan(plan.conversation.opened(), now);
  }

  /** True once nothing of it is left. */
  get isOver(): boolean {
    return this.#over;
  }

  /** True once both ends are closed and acknowledged, ours first: what comes now is acknowledged, no more. */
  get isInTimeWait(): boolean {
    return this.#heard.hasEnded && this.#stream.isClosed && !this.#stream.isBusy;
  }

  /** When it wants to be polled; Infinity when nothing will happen by itself. */
  get deadline(): Nanos {
    if (this.#over) return Infinity;
    return Math.min(this.#timer.deadline, this.#acts.nextAt);
  }

  /** Lets the application act. */
  plan(acts: readonly Act[], now: Nanos): void {
    this.#acts.push(acts, now);
  }

  /** Sends an ACK at the next poll, if nothing else says as much. */
  acknowledge(): void {
    this.#owesAck = true;
  }

  /** Takes in a segment of the peer. */
  receive(segment: Segment, now: Nanos): void {
    if (this.#over) return;
    if ((segment.flags & TcpFlag.RST) !== 0) return this.#hearReset(segment);
    if (!this.#heard.isAcceptable(segment)) return this.#hearOutOfWindow(segment, now);
    if ((segment.flags & TcpFlag.ACK) === 0 || !this.#hearAck(segment)) return;
    this.#heard.note(segment);
    this.#takeIn(segment, now);
  }

  /** ICMP 3/4 about the segment that started at `seq`: what is in flight goes out again, in packets of at most `mtu` bytes. */
  hearTooBig(seq: Seq, mtu: number): void {
    const offset = seqDiff(seq, this.#first);
    const isInFlight = offset >= this.#stream.acknowledged && offset < this.#stream.highest;
    if (!isInFlight || mtu >= this.#mtu) return;
    this.#mtu = mtu;
    this.#stream.rewind();
    this.#timer.stop();
  }

  /** What is to be sent at this time. */
  poll(now: Nanos): readonly Packet[] {
    for (const act of this.#acts.take(now)) this.#perform(act, now);
    if (!this.#over && now >= this.#timer.deadline) this.#timeOut(now);
    if (!this.#over) this.#transmit(now);
    if (this.#owesAck && !this.#over) this.#say(this.#stream.highest, TcpFlag.ACK, now);
    if (this.isInTimeWait && !this.#endedFirst) this.#over = true;
    const out = this.#out;
    this.#out = [];
    return out;
  }

  get #first(): Seq {
    return seqAdd(this.#plan.iss, 1);
  }

  /** Answered by an ACK, but one in half a second where no data came: else two ends could answer each other for ever (tcp_oow_rate_limited). */
  #hearOutOfWindow({ payload }: Segment, now: Nanos): void {
    if (payload.length === 0 && now < this.#quietUntil) return;
    this.#owesAck = true;
    this.#quietUntil = now + OUT_OF_WINDOW_PAUSE;
  }

  /** RFC 5961, 3.2: exactly the next number ends the connection, one in the window earns an ACK. */
  #hearReset({ seq }: Segment): void {
    const distance = seqDiff(seq, this.#heard.next);
    if (distance === 0) this.#over = true;
    else if (distance > 0 && distance < this.#plan.window) this.#owesAck = true;
  }

  /** False for an acknowledgment of what was never sent. */
  #hearAck({ ack, window }: Segment): boolean {
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
    const data = this.#heard.take(segment);
    if (data.length > 0 && this.#isDeaf) return this.#refuse(segment);
    if (data.length > 0) this.plan(this.#plan.conversation.heard(data), now);
    if (!this.#heard.end(segment) || this.#isDeaf) return;
    // Behind what is planned already: an answer that is being thought about is still given.
    this.plan(this.#plan.conversation.ended(), Math.max(now, this.#acts.lastAt));
  }

  /** Data for a program that has closed: a reset as for a segment of no connection (Linux, tcp_rcv_state_process). */
  #refuse({ ack }: Segment): void {
    this.#out.push(this.#plan.sender.say({ seq: ack, ack: 0, flags: TcpFlag.RST, window: 0 }));
    this.#over = true;
  }

  #perform(act: Act, now: Nanos): void {
    if (this.#over) return;
    if (act.kind === 'write') return this.#stream.write(act.bytes);
    if (act.kind !== 'reset') return this.#end(act.kind === 'close');
    this.#say(this.#stream.highest, TcpFlag.RST | TcpFlag.ACK, now);
    this.#over = true;
  }

  #end(isDeaf: boolean): void {
    this.#isDeaf ||= isDeaf;
    if (!this.#stream.isClosed) this.#endedFirst = !this.#heard.hasEnded;
    this.#stream.close();
  }

  /** How long a tail loss probe is waited for, where one comes before the time-out. */
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
    // A window probe as Linux makes it: no data, one number too low, so that the peer must answer (tcp_xmit_probe_skb).
    if (this.#window === 0) this.#say(this.#stream.acknowledged - 1, TcpFlag.ACK, now);
    else if (waited) this.#send(this.#stream.take(Math.min(this.#window, this.#segmentBytes)), now);
  }

  #transmit(now: Nanos): void {
    const size = this.#segmentBytes;
    for (;;) {
      const room = Math.min(this.#congestionWindow * size, this.#window) - this.#stream.inFlight;
      // RFC 9293, 3.8.6.2.1: no silly little segments; what does not fit waits for a window, or for the timer.
      const fits = room >= Math.min(size, this.#stream.waiting) && !this.#isHeldBack(size);
      const piece = fits ? this.#stream.take(size) : null;
      if (piece === null) break;
      this.#send(piece, now);
    }
    if (this.#stream.isBusy) this.#timer.start(now, this.#tailProbe ?? undefined);
    else this.#timer.stop();
  }

  /** Nagle's rule as Minshall changed it: one small segment may be on its way, the next waits (Linux, tcp_nagle_check). */
  #isHeldBack(size: number): boolean {
    const { waiting, next, acknowledged, isClosed } = this.#stream;
    return waiting > 0 && waiting < size && !isClosed && next >= this.#smallEnd && acknowledged < this.#smallEnd;
  }

  #send(piece: Piece | null, now: Nanos): void {
    if (piece === null) return;
    if (piece.bytes.length < this.#segmentBytes) this.#smallEnd = piece.offset + piece.bytes.length;
    const flags = TcpFlag.ACK | (piece.push ? TcpFlag.PSH : 0) | (piece.fin ? TcpFlag.FIN : 0);
    this.#say(piece.offset, flags, now, piece.bytes);
  }

  #say(position: number, flags: number, now: Nanos, payload: Uint8Array = new Uint8Array(0)): void {
    const { sender, agreement, window } = this.#plan;
    this.#owesAck = false;
    const ts: TcpOption = { kind: 8, name: 'ts', value: sender.clock(now), echo: this.#heard.clock };
    this.#out.push(
      sender.say({
        seq: seqAdd(this.#first, position),
        ack: this.#heard.next,
        flags: flags | (this.#heard.echoesCongestion ? TcpFlag.ECE : 0),
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
