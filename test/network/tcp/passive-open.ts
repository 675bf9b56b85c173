import { NANOS_PER_MS, NANOS_PER_SECOND, seqAdd, seqDiff, type Nanos, type Seq } from '../../../src/wire/numbers.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { Packet } from '../packet.ts';
import { mute, type Action } from './application.ts';
import { Connection } from './connection.ts';
import { mtuOf, type SynReply, type SynAckExtras } from './syn-reply.ts';
import { LINUX_GAPS, HandshakeTimer } from './handshake-timer.ts';
import type { Segment } from './segment.ts';
import { isFull, type ServerForm } from './server-form.ts';

/** How one SYN is answered. */
export interface PassiveOpenPlan {
  readonly form: ServerForm;
  readonly reply: SynReply;
  readonly iss: Seq;
  /** Bytes of the largest packet on the path. */
  readonly mtu?: number;
}

/**
 * Linux: srtt + 200 ms at least where round trips are steady (TCP_RTO_MIN); a second where none was
 * measured.
 */
const LEAST_RTO = 200 * NANOS_PER_MS;
const RETRIES = 6;
/** Two ticks of 250 Hz (TCP_TIMEOUT_MIN). */
const TAIL_MARGIN = 8 * NANOS_PER_MS;

/** A passive open: SYN-ACKs until one is acknowledged, then a connection. */
export class PassiveOpen {
  readonly #plan: PassiveOpenPlan;
  readonly #begun: Nanos;
  #handshake: HandshakeTimer | null;
  #connection: Connection | null = null;
  #out: Packet[] = [];
  #acksLost = 0;
  /** A bare ACK arrived, and more is needed (TCP_DEFER_ACCEPT). */
  #isDeferred = false;
  #over = false;

  /** Half-open. `early` is data of the SYN that is accepted (RFC 7413, 4.2.2). */
  constructor(plan: PassiveOpenPlan, now: Nanos, early: Segment | null = null, extras: SynAckExtras = {}) {
    this.#plan = plan;
    this.#begun = now;
    const gaps = plan.form.synAckGapsMs?.map((ms) => ms * NANOS_PER_MS) ?? LINUX_GAPS;
    const data = early?.payload.length ?? 0;
    this.#handshake = new HandshakeTimer((at) => plan.reply.synAck(plan.iss, at, { ...extras, data }), gaps, now);
    if (early === null) return;
    this.#connect(now);
    const { peerNext, agreement } = plan.reply;
    const numbers = { seq: peerNext, ack: seqAdd(plan.iss, 1), window: early.window >>> agreement.peerShift };
    this.#connection?.receive({ ...early, ...numbers, flags: TcpFlag.ACK, timestamps: null }, now);
  }

  /** From an ACK that returns a SYN cookie. */
  static fromCookie(plan: PassiveOpenPlan, now: Nanos): PassiveOpen {
    const incoming = new PassiveOpen(plan, now);
    incoming.#handshake = null;
    incoming.#connect(now);
    return incoming;
  }

  get isOver(): boolean {
    return this.#over || (this.#connection?.isOver ?? false);
  }

  /** True when a new SYN may replace it. */
  get isInTimeWait(): boolean {
    return this.#connection?.isInTimeWait ?? false;
  }

  get deadline(): Nanos {
    if (this.#out.length > 0) return 0;
    return this.isOver ? Infinity : Math.min(this.#handshake?.deadline ?? Infinity, this.#connection?.deadline ?? Infinity);
  }

  /** Schedules actions of the application, once the connection is established. */
  plan(actions: readonly Action[], now: Nanos): void {
    this.#connection?.plan(actions, now);
  }

  receive(segment: Segment, now: Nanos): void {
    if (this.#handshake !== null && !this.#receiveHandshake(segment, this.#handshake, now)) return;
    this.#connection?.receive(segment, now);
  }

  /** ICMP 3/4 about a segment of ours. */
  receiveTooBig(seq: Seq, mtu: number): void {
    this.#connection?.receiveTooBig(seq, mtu);
  }

  poll(now: Nanos): readonly Packet[] {
    const out = this.#out;
    this.#out = [];
    if (this.#over) return out;
    const handshake = this.#handshake;
    const packets = [...out, ...(handshake?.poll(now, this.#rests(handshake)) ?? []), ...(this.#connection?.poll(now) ?? [])];
    this.#over = handshake?.isExpired ?? false;
    return packets;
  }

  /** True when the segment belongs to the connection, which then exists. */
  #receiveHandshake(segment: Segment, handshake: HandshakeTimer, now: Nanos): boolean {
    const { flags, seq, ack } = segment;
    const { peerNext } = this.#plan.reply;
    if ((flags & TcpFlag.SYN) !== 0) {
      if (seqAdd(seq, 1) === peerNext) this.#out.push(handshake.repeat(now));
      return false;
    }
    if (this.#connection !== null) return this.#receiveEarly(ack);
    if ((flags & TcpFlag.RST) !== 0) {
      this.#over = seq === peerNext;
      return false;
    }
    return (flags & TcpFlag.ACK) !== 0 && this.#receiveAck(segment, handshake, now);
  }

  /** With data taken from the SYN the connection exists before the handshake is complete. */
  #receiveEarly(ack: Seq): boolean {
    if (seqDiff(ack, this.#plan.iss) > 0) this.#handshake = null;
    return true;
  }

  #receiveAck({ ack, flags, payload }: Segment, handshake: HandshakeTimer, now: Nanos): boolean {
    const { iss, form } = this.#plan;
    if (ack !== seqAdd(iss, 1)) {
      this.#out.push(this.#reset(ack));
      return false;
    }
    if (this.#acksLost++ < (form.losesAcks ?? 0)) return false;
    const isBare = payload.length === 0 && (flags & TcpFlag.FIN) === 0;
    this.#isDeferred = isBare && handshake.timeouts < (form.defersAccept ?? 0);
    if (this.#isDeferred) return false;
    if (isFull(form.queue, now)) return this.#overflow(ack);
    this.#handshake = null;
    this.#connect(now, handshake.timeouts > 0 ? null : now - this.#begun);
    return true;
  }

  #rests(handshake: HandshakeTimer): boolean {
    return this.#isDeferred && handshake.timeouts < (this.#plan.form.defersAccept ?? 0) - 1;
  }

  #overflow(ack: Seq): boolean {
    if (this.#plan.form.queue?.aborts !== true) return false;
    this.#out.push(this.#reset(ack));
    this.#over = true;
    return false;
  }

  #reset(seq: Seq): Packet {
    return this.#plan.reply.sender.encode({ seq, ack: 0, flags: TcpFlag.RST, window: 0 });
  }

  #connect(now: Nanos, roundTrip: Nanos | null = null): void {
    const { form, reply, iss, mtu = mtuOf(form) } = this.#plan;
    this.#connection = new Connection(
      {
        ...reply,
        iss,
        mtu,
        handler: (form.application ?? mute)(),
        rto: roundTrip === null ? NANOS_PER_SECOND : LEAST_RTO + roundTrip,
        retries: form.retries ?? RETRIES,
        tailProbe: form.tailLossProbe === true && reply.agreement.sack ? (roundTrip ?? NANOS_PER_SECOND) * 2 + TAIL_MARGIN : null,
      },
      now,
    );
  }
}
