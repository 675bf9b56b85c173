import { NANOS_PER_MS, seqAdd, type Nanos, type Seq } from '../../../src/wire/numbers.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';
import { findOption } from '../../../src/wire/tcp-options.ts';
import { optionsOf, type Packet } from '../packet.ts';
import { agree } from './agreement.ts';
import type { Action, ConnectionHandler } from './application.ts';
import { Connection } from './connection.ts';
import { LINUX_GAPS, HandshakeTimer } from './handshake-timer.ts';
import { segmentOf } from './segment.ts';
import type { SegmentSender } from './segment-sender.ts';

/** A connection to open. */
export interface ActiveOpenPlan {
  readonly sender: SegmentSender;
  readonly iss: Seq;
  /** Options of the SYN; the clock of timestamps is filled in. */
  readonly options: readonly TcpOption[];
  readonly mtu: number;
  /** Our receive window, in bytes; also that of the SYN. */
  readonly window: number;
  readonly handler: ConnectionHandler;
}

const RTO = 300 * NANOS_PER_MS;
const RETRIES = 6;

/** An active open: SYNs until one is answered, then a connection. */
export class ActiveOpen {
  readonly #plan: ActiveOpenPlan;
  #handshake: HandshakeTimer | null;
  #connection: Connection | null = null;
  #early: Action[] = [];
  #over = false;

  constructor(plan: ActiveOpenPlan, now: Nanos) {
    this.#plan = plan;
    this.#handshake = new HandshakeTimer((at) => this.#syn(at), LINUX_GAPS, now);
  }

  /** True once reset, refused, closed at both ends, or unanswered for too long. */
  get isOver(): boolean {
    return this.#over || (this.#connection?.isOver ?? false);
  }

  get deadline(): Nanos {
    return this.isOver ? Infinity : Math.min(this.#handshake?.deadline ?? Infinity, this.#connection?.deadline ?? Infinity);
  }

  /** Schedules actions of the application, once the connection is established. */
  plan(actions: readonly Action[], now: Nanos): void {
    if (this.#connection === null) this.#early.push(...actions);
    else this.#connection.plan(actions, now);
  }

  receive(packet: Packet, now: Nanos): void {
    const segment = segmentOf(packet);
    if (this.#connection !== null) return this.#connection.receive(segment, now);
    const isAnswer = (segment.flags & TcpFlag.ACK) !== 0 && segment.ack === seqAdd(this.#plan.iss, 1);
    if (!isAnswer || this.#over) return;
    if ((segment.flags & TcpFlag.RST) !== 0) this.#over = true;
    else if ((segment.flags & TcpFlag.SYN) !== 0) this.#connect(packet, now);
  }

  /** ICMP 3/4 about a segment of ours. */
  receiveTooBig(seq: Seq, mtu: number): void {
    this.#connection?.receiveTooBig(seq, mtu);
  }

  poll(now: Nanos): readonly Packet[] {
    if (this.#over) return [];
    const packets = [...(this.#handshake?.poll(now) ?? []), ...(this.#connection?.poll(now) ?? [])];
    this.#over = this.#handshake?.isExpired ?? false;
    return packets;
  }

  #connect(packet: Packet, now: Nanos): void {
    const { options: ours, ...plan } = this.#plan;
    const theirs = optionsOf(packet);
    const segment = segmentOf(packet);
    const agreement = agree(ours, theirs, false);
    const peerNext = seqAdd(segment.seq, 1);
    const peerClock = findOption(theirs, 'ts')?.value ?? 0;
    this.#handshake = null;
    this.#connection = new Connection(
      { ...plan, agreement, peerNext, peerClock, rto: RTO, retries: RETRIES, tailProbe: null },
      now,
    );
    // The window of a SYN-ACK is not scaled (RFC 7323, 2.2). The rest is processed as an ACK, and
    // acknowledged.
    const window = segment.window >>> agreement.peerShift;
    this.#connection.receive({ ...segment, flags: TcpFlag.ACK, seq: peerNext, window }, now);
    this.#connection.acknowledge();
    this.#connection.plan(this.#early, now);
  }

  #syn(now: Nanos): Packet {
    const { sender, iss, options, window } = this.#plan;
    const stamped = options.map((one) => (one.name === 'ts' ? { ...one, value: sender.clock(now), echo: 0 } : one));
    return sender.encode({ seq: iss, ack: 0, flags: TcpFlag.SYN, window: Math.min(window, 0xffff), options: stamped });
  }
}
