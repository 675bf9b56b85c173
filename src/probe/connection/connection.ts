import { NANOS_PER_MS, type Nanos, seqDiff } from '../../wire/numbers.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import type { Posted } from '../session/transmit-queue.ts';
import { type AckPolicy, acknowledgeAtOnce } from './ack-policy.ts';
import type { Agreement } from './agreement.ts';
import { type Ending, stateAfter, type TcpState, type ConnectionTuple } from './connection-state.ts';
import { ControlBlock, type ControlSpec } from './control-block.ts';
import type { ReceivedSegment, ReceivedError, ConnectionNote } from './segment-note.ts';
import { nextHopMtu } from './segment-log.ts';
import type { ReceiveStream } from './receive-stream.ts';
import type { RetransmissionTimer } from './retransmission-timer.ts';
import { SegmentArrival } from './segment-arrival.ts';
import type { SegmentFields } from './segment-craft.ts';
import type { Piece, SendStream } from './send-stream.ts';

/**
 * What a connection is used for. Called after every event and at the time it asked for; it writes, closes
 * or resets. Returns when to call it again: Infinity for the next packet.
 */
export type ConnectionScript = (connection: Connection, now: Nanos) => Nanos;

/** Everything that a connection needs to know before its first packet. */
export interface ConnectionSpec extends ControlSpec {
  readonly script: ConnectionScript;
  /** `acknowledgeAtOnce` unless given. */
  readonly acknowledge?: AckPolicy;
  /** SYNs after the first. */
  readonly retries: number;
}

const { FIN, RST, PSH } = TcpFlag;
/** Segments in flight at most (RFC 6928). */
const MOST_SEGMENTS = 10;
/** Retransmissions of data or FIN: 3 s in all on a LAN, enough for the peer to repeat its SYN-ACK. */
const DATA_RETRIES = 3;
/** After an ICMP error the next SYN leaves this soon: a SYN-ACK would still win, but is unlikely. */
const SOON: Nanos = 100 * NANOS_PER_MS;

/**
 * A client's end of a TCP connection in user space (RFC 9293), without I/O; packets leave through the
 * transmit queue. The kernel must not answer the peer, so the source port must be guarded. Positions count
 * from the ISN of the bytes' sender: a SYN is at 0, the first byte at 1. Times are nanoseconds on the
 * transport's clock.
 */
export class Connection {
  readonly #block: ControlBlock;
  readonly #arrival: SegmentArrival;
  readonly #plan: ConnectionSpec;

  constructor(plan: ConnectionSpec) {
    this.#plan = plan;
    this.#block = new ControlBlock(plan);
    this.#arrival = new SegmentArrival(this.#block, plan.acknowledge ?? acknowledgeAtOnce);
  }

  /** Addresses and ports of both ends. */
  get tuple(): ConnectionTuple {
    const { syn, header } = this.#block.craft;
    const { source: local, destination: remote } = syn.ip;
    return { local, remote, localPort: header.sourcePort, remotePort: header.destinationPort };
  }

  get state(): TcpState {
    return this.#block.state;
  }

  /** How the connection came to be CLOSED; null before. */
  get ending(): Ending | null {
    return this.#block.ending;
  }

  /** Everything that passed, in order. */
  get notes(): readonly ConnectionNote[] {
    return this.#block.segmentLog.notes;
  }

  /** What the handshake settled; null before the SYN-ACK. */
  get agreement(): Agreement | null {
    return this.#block.agreement;
  }

  /** When the SYN-ACK was acknowledged; null before. */
  get establishedAt(): Nanos | null {
    return this.#block.establishedAt;
  }

  /** SYNs sent, the first included. */
  get synCount(): number {
    return this.#block.syns.length;
  }

  /** Our bytes. */
  get sent(): Readonly<
    Pick<SendStream, 'byteCount' | 'acknowledgedBytes' | 'furthest' | 'acknowledged' | 'isWaiting' | 'finAcknowledged'>
  > {
    return this.#block.sent;
  }

  /** The peer's bytes. */
  get received(): Readonly<Pick<ReceiveStream, 'next' | 'byteCount' | 'firstBytes' | 'isFinished'>> {
    return this.#block.received;
  }

  /** Smoothed round trip, 0 while none is known, and the time-out that follows from it. */
  get pace(): Readonly<Pick<RetransmissionTimer, 'srtt' | 'rto'>> {
    return this.#block.timer;
  }

  /** Segments with data that have come, repetitions too. */
  get dataSegments(): number {
    return this.#block.dataSegments;
  }

  /** Bytes that the peer takes beyond what it has acknowledged. */
  get peerWindow(): number {
    return this.#block.peerWindow;
  }

  /** Payload bytes of a full segment of ours: the peer's MSS less options, or the limit that was set. */
  get segmentSize(): number {
    return this.#block.segmentSize;
  }

  /** Limits the payload of our segments to so many bytes; null lifts the limit. */
  limitSegments(bytes: number | null): void {
    this.#block.segmentLimit = bytes;
  }

  /** Sets the ECN field of the packets that carry data from now on (RFC 3168, 5): 2 for ECT(0), 3 for CE. */
  markData(ecn: number): void {
    this.#block.dataEcn = ecn;
  }

  /** Queues bytes for the peer: they leave once the connection is established and its window allows. */
  write(bytes: Uint8Array): void {
    this.#block.sent.write(bytes);
  }

  /** Closes our half once everything written has left. */
  finish(): void {
    this.#block.sent.finish();
  }

  /** Resets the connection unless it is closed; also after an unanswered SYN: its answer may be in flight. */
  reset(now: Nanos): void {
    this.#end({ kind: 'reset' }, now);
  }

  /** Acknowledges what the policy withheld: everything received, or the bytes before position `upTo`. */
  acknowledge(now: Nanos, upTo: number = Infinity): void {
    const block = this.#block;
    if (block.peerIsn === null || block.isClosed) return;
    if (block.state === 'SYN-SENT') this.#arrival.establish(now);
    else block.acknowledge(now, upTo);
  }

  /** Sends a segment beside the stream, also before its start, to draw an answer. It is not retransmitted. */
  probe(fields: SegmentFields, now: Nanos): Posted {
    this.#block.lowest = Math.min(this.#block.lowest, fields.position);
    return this.#block.send('probe', fields, now);
  }

  /** Sends again, now, what has not been acknowledged. */
  resend(now: Nanos): void {
    this.#block.timed = null;
    this.#block.sent.rewind();
    this.#transmit(now);
  }

  /** Does what is due and asks the script; returns when to poll again, Infinity when closed. */
  poll(now: Nanos): Nanos {
    const block = this.#block;
    if (block.isClosed) return Infinity;
    if (block.syns.length === 0) block.sendSyn(now);
    this.#expire(now);
    if (block.isClosed) return Infinity;
    const wanted = this.#plan.script(this, now);
    if (block.isSynchronized) this.#transmit(now);
    return this.state === 'CLOSED' ? Infinity : Math.min(wanted, block.timer.due, block.lingerUntil);
  }

  /** Takes a segment that came from the peer's address and port to ours. */
  receive(received: ReceivedSegment): void {
    this.#arrival.take(received);
  }

  /** Takes an ICMP error whose quote names our ports; false when its sequence number is none of ours. */
  receiveError(error: ReceivedError): boolean {
    const block = this.#block;
    const quotedSeq = seqDiff(error.quotedSeq, block.craft.isn);
    if (quotedSeq < block.lowest || quotedSeq > block.sent.furthest) return false;
    block.error = error;
    const { at, packet, message } = error;
    const mtu = nextHopMtu(message);
    const from = packet.ip.source;
    block.segmentLog.add({ ...error, kind: 'icmp', state: block.state, from, quotedSeq, mtu });
    if (block.state === 'SYN-SENT' && block.agreement === null) block.timer.hasten(at + SOON);
    // Retransmits at once, in smaller pieces, what was too large for a link (RFC 1191, 6.5).
    const isStuck = mtu !== null && block.isSynchronized && quotedSeq >= block.sent.acknowledged;
    if (isStuck && block.narrow(mtu)) this.resend(at);
    return true;
  }

  /** Leaves nothing behind: resets what is half open or open. For runs that end early. */
  abandon(now: Nanos): void {
    if (this.state === 'TIME-WAIT') this.#block.close({ kind: 'finished' });
    else this.reset(now);
  }

  #expire(now: Nanos): void {
    const block = this.#block;
    const refused = block.state === 'SYN-SENT' && block.syns.every(({ errno }) => errno !== 0);
    if (refused) return block.close({ kind: 'send-error', errno: block.syns[0]?.errno ?? 0 });
    if (now >= block.lingerUntil) return block.close({ kind: 'finished' });
    if (now < block.timer.due) return;
    const isOpening = block.state === 'SYN-SENT';
    if (block.timer.expiries >= (isOpening ? this.#plan.retries : DATA_RETRIES)) return this.#giveUp(now);
    block.timer.expired(now);
    if (isOpening) block.sendSyn(now);
    else this.resend(now);
  }

  #giveUp(now: Nanos): void {
    const { error } = this.#block;
    if (error === null || this.state !== 'SYN-SENT') return this.#end({ kind: 'no-response' }, now);
    const { type, code } = error.message;
    this.#end({ kind: 'unreachable', from: error.packet.ip.source, type, code }, now);
  }

  #end(ending: Ending, now: Nanos): void {
    const block = this.#block;
    if (block.isClosed) return;
    const hasLeft = block.syns.some(({ sentAt }) => sentAt !== null);
    block.close(ending);
    if (!hasLeft) return;
    // The peer accepts a reset at RCV.NXT only (RFC 5961, 3): after what we sent, or, if that was lost,
    // after what it acknowledged.
    const { furthest, acknowledged } = block.sent;
    for (const position of new Set([Math.max(1, furthest), Math.max(1, acknowledged)]))
      block.send('rst', { flags: RST, position }, now);
  }

  /** Sends what is written and may leave. */
  #transmit(now: Nanos): void {
    const block = this.#block;
    const { sent, segmentSize: size } = block;
    const limit = Math.max(1, sent.acknowledged) + Math.min(block.peerWindow, MOST_SEGMENTS * size);
    let before = sent.furthest;
    for (let piece = sent.take(size, limit); piece !== null; piece = sent.take(size, limit)) {
      const { end, fin } = piece;
      const isNew = end > before;
      if (fin) block.state = stateAfter('own-fin', block.state);
      const posted = this.#send(piece, isNew, now);
      if (isNew && block.timed === null) block.timed = { position: end, posted };
      block.timer.start(now);
      before = sent.furthest;
    }
  }

  #send({ position, payload, fin }: Piece, isNew: boolean, now: Nanos): Posted {
    const what = fin ? 'fin' : 'data';
    const hasData = payload.length > 0;
    const flags = (fin ? FIN : 0) | (hasData ? PSH : 0);
    const ecn = hasData ? this.#block.dataEcn : 0;
    return this.#block.send(isNew ? what : `${what}-again`, { flags, position, payload, ecn }, now);
  }
}
