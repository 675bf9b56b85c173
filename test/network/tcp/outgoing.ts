import { NANOS_PER_MS, seqAdd, type Nanos, type Seq } from '../../../src/wire/numbers.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { TcpOption } from '../../../src/wire/tcp-option.ts';
import { findOption } from '../../../src/wire/tcp-options.ts';
import { optionsOf, type Packet } from '../packet.ts';
import { agree } from './agreement.ts';
import type { Act, Conversation } from './application.ts';
import { Connection } from './connection.ts';
import { LINUX_GAPS, Opening } from './opening.ts';
import { segmentOf } from './segment.ts';
import type { SegmentSender } from './segment-sender.ts';

/** A connection to open. */
export interface OutgoingPlan {
  readonly sender: SegmentSender;
  readonly iss: Seq;
  /** Options of the SYN; the clock of timestamps is filled in. */
  readonly options: readonly TcpOption[];
  readonly mtu: number;
  /** Our receive window, in bytes; also that of the SYN. */
  readonly window: number;
  readonly conversation: Conversation;
}

const RTO = 300 * NANOS_PER_MS;
const RETRIES = 6;

/** An active open: SYNs until one is answered, then a connection. */
export class Outgoing {
  readonly #plan: OutgoingPlan;
  #opening: Opening | null;
  #connection: Connection | null = null;
  #early: Act[] = [];
  #over = false;

  constructor(plan: OutgoingPlan, now: Nanos) {
    this.#plan = plan;
    this.#opening = new Opening((at) => this.#syn(at), LINUX_GAPS, now);
  }

  /** True once reset, refused, closed at both ends, or unanswered for too long. */
  get isOver(): boolean {
    return this.#over || (this.#connection?.isOver ?? false);
  }

  get deadline(): Nanos {
    return this.isOver ? Infinity : Math.min(this.#opening?.deadline ?? Infinity, this.#connection?.deadline ?? Infinity);
  }

  /** Schedules acts of the application, once the connection is established. */
  plan(acts: readonly Act[], now: Nanos): void {
    if (this.#connection === null) this.#early.push(...acts);
    else this.#connection.plan(acts, now);
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
    const packets = [...(this.#opening?.poll(now) ?? []), ...(this.#connection?.poll(now) ?? [])];
    this.#over = this.#opening?.isExpired ?? false;
    return packets;
  }

  #connect(packet: Packet, now: Nanos): void {
    const { options: ours, ...plan } = this.#plan;
    const theirs = optionsOf(packet);
    const segment = segmentOf(packet);
    const agreement = agree(ours, theirs, false);
    const peerNext = seqAdd(segment.seq, 1);
    const peerClock = findOption(theirs, 'ts')?.value ?? 0;
    this.#opening = null;
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
