import type { TransmitQueue, Posted } from '../session/transmit-queue.ts';
import { concatBytes } from '../../wire/bytes.ts';
import type { TcpHeader, TcpSegment, TcpOption } from '../../wire/decoded.ts';
import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos, seq, seqAdd, seqDiff, type Seq } from '../../wire/numbers.ts';
import { encodeTcpPacket } from '../../wire/packet.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { findOption } from '../../wire/tcp-options.ts';
import { TIMESTAMP_BYTES } from '../connection/agreement.ts';
import { addressedBack, type DecodedSyn, OWN_SHIFT, type OwnSide, synAckFields } from './syn-ack.ts';

/** Payload and timestamps of a segment: 576 bytes with headers, which every path carries (RFC 879, 1). */
const SEGMENT_BYTES = 536;
const RECEIVE_WINDOW = 64_128;
/** Segments in flight at most (RFC 6928). */
const MOST_IN_FLIGHT = 10;
/** Linux's SYN-ACK time-outs; the connection ends with the last. */
const SYN_ACK_RTOS: readonly Nanos[] = [1, 2, 4].map((seconds) => seconds * NANOS_PER_SECOND);
/** A SYN that is repeated this soon was captured twice or duplicated by the path. */
const SAME_SYN: Nanos = 100 * NANOS_PER_MS;
const SHORTEST_RTO: Nanos = 200 * NANOS_PER_MS;
const MOST_RETRIES = 5;
/** A connection that is idle for so long is reset. */
const IDLE: Nanos = 10 * NANOS_PER_SECOND;
/** The longest life of a connection, however active its client. */
const LIFETIME: Nanos = 60 * NANOS_PER_SECOND;
const NOP: TcpOption = { kind: 1, name: 'nop' };

/** What a connection needs from its session. */
export interface ConnectionParts {
  readonly transmitQueue: TransmitQueue;
  /** A nonzero IP identification. */
  readonly nextIpId: () => number;
  /** The clock of timestamps. */
  readonly tsvalAt: (now: Nanos) => number;
}

/** What a segment brought. */
export interface Received {
  /** Whether it acknowledged the SYN-ACK. */
  readonly isEstablished: boolean;
  /** The next bytes of the client's stream: a copy, possibly empty. */
  readonly data: Uint8Array;
}

const EMPTY = new Uint8Array(0);

type Ending = 'done' | 'reset' | 'no-ack' | 'timed-out';

/**
 * The server's end of a TCP connection in user space: takes data in order only, closes when the client
 * does.
 */
export class ServerConnection {
  /** How the connection ended; null while it lasts. */
  ending: Ending | null = null;
  /** True until the client acknowledges the SYN-ACK. */
  isHalfOpen = true;
  /** When its SYN came. */
  readonly bornAt: Nanos;
  /** When `tick` has something to do. */
  deadline: Nanos;
  synAck: Posted;
  synAckCopies = 1;
  readonly #syn: DecodedSyn;
  readonly #parts: ConnectionParts;
  readonly #synAckBytes: Uint8Array;
  readonly #stamped: boolean;
  readonly #peerShift: number;
  #tsRecent: number;
  #received: Seq;
  #acknowledged: Seq;
  /** Bytes from `#acknowledged` on. */
  #queue: Uint8Array = EMPTY;
  /** How many sequence numbers from there are in flight. */
  #inFlight = 0;
  #window: number;
  #finWanted = false;
  #finSent = false;
  #rto: Nanos = NANOS_PER_SECOND;
  #retries = 0;
  #repliedAt: Nanos;

  /** Answers the SYN at once. */
  constructor(syn: DecodedSyn, own: OwnSide, parts: ConnectionParts, now: Nanos) {
    this.#syn = syn;
    this.#parts = parts;
    const { options, window } = syn.header;
    this.#stamped = findOption(options, 'ts') !== undefined;
    this.#tsRecent = findOption(options, 'ts')?.value ?? 0;
    this.#peerShift = Math.min(findOption(options, 'wscale')?.value ?? 0, 14);
    this.#window = window;
    this.#received = seqAdd(seq(syn.header.seq), 1);
    this.#acknowledged = seqAdd(seq(own.isn), 1);
    this.#synAckBytes = encodeTcpPacket(synAckFields(syn, own));
    this.synAck = parts.transmitQueue.post(this.#synAckBytes);
    this.#repliedAt = now;
    this.bornAt = now;
    this.deadline = now + (SYN_ACK_RTOS[0] as Nanos);
  }

  /** Whether a SYN with that number began this connection. */
  beganWith(isn: number): boolean {
    return this.#syn.header.seq === isn;
  }

  /** Takes a repeated SYN. */
  repeat(now: Nanos): void {
    if (this.isHalfOpen && now - this.#repliedAt >= SAME_SYN) this.#repeatSynAck(now);
  }

  /** Takes a segment that is no SYN; null when it changes nothing, else call `transmit` next. */
  receive({ header, payload }: TcpSegment, now: Nanos): Received | null {
    if (this.ending !== null) return null;
    if ((header.flags & TcpFlag.RST) !== 0) {
      if (this.#isInWindow(header.seq)) this.#end('reset');
      return null;
    }
    const isEstablished = this.isHalfOpen;
    if ((header.flags & TcpFlag.ACK) === 0 || !this.#takeAck(header, now)) return null;
    this.#noteTimestamp(header);
    return { isEstablished, data: this.#takeData(header, payload, now) };
  }

  /** Queues bytes for the client; they leave with the next `transmit` or `tick`. */
  send(bytes: Uint8Array): void {
    this.#queue = concatBytes([this.#queue, bytes]);
  }

  /** Resets the connection unless it is over. */
  abort(): void {
    if (this.ending !== null) return;
    this.#post(TcpFlag.RST | TcpFlag.ACK, this.#nextSeq, EMPTY, 0);
    this.#end('timed-out');
  }

  /** Does what is due; to be called at `deadline`. */
  tick(now: Nanos): void {
    if (this.ending !== null || now < this.deadline) return;
    if (this.isHalfOpen && this.synAckCopies >= SYN_ACK_RTOS.length) this.#end('no-ack');
    else if (this.isHalfOpen) this.#repeatSynAck(now);
    else if (now >= this.bornAt + LIFETIME || this.#isIdle || ++this.#retries > MOST_RETRIES) this.abort();
    else this.#sendAgain(now);
  }

  /** SND.NXT. */
  get #nextSeq(): Seq {
    return seqAdd(this.#acknowledged, this.#inFlight);
  }

  get #isIdle(): boolean {
    return this.#inFlight === 0 && this.#queue.length === 0;
  }

  #repeatSynAck(now: Nanos): void {
    this.synAck = this.#parts.transmitQueue.post(this.#synAckBytes);
    this.#repliedAt = now;
    this.deadline = now + (SYN_ACK_RTOS[Math.min(this.synAckCopies, SYN_ACK_RTOS.length - 1)] as Nanos);
    this.synAckCopies++;
  }

  /** False for an acknowledgment of what was not sent: the segment is not this client's (RFC 5961, 5). */
  #takeAck(header: TcpHeader, now: Nanos): boolean {
    const progress = seqDiff(seq(header.ack), this.#acknowledged);
    if (this.isHalfOpen) {
      if (progress !== 0) return false;
      this.isHalfOpen = false;
      this.#rto = Math.max(SHORTEST_RTO, 2 * (now - this.#repliedAt) + SHORTEST_RTO / 2);
    }
    if (progress > this.#inFlight) return false;
    this.#window = header.window << this.#peerShift;
    this.deadline = Math.min(now + IDLE, this.bornAt + LIFETIME);
    if (progress > 0) this.#advance(progress);
    return true;
  }

  #advance(progress: number): void {
    this.#acknowledged = seqAdd(this.#acknowledged, progress);
    this.#queue = this.#queue.slice(Math.min(progress, this.#queue.length));
    this.#inFlight -= progress;
    this.#retries = 0;
    if (this.#finSent && this.#inFlight === 0) this.#end('done');
  }

  #takeData({ seq: first, flags }: TcpHeader, payload: Uint8Array, now: Nanos): Uint8Array {
    const hasFin = (flags & TcpFlag.FIN) !== 0;
    if ((payload.length === 0 && !hasFin) || this.ending !== null) return EMPTY;
    const known = seqDiff(this.#received, seq(first));
    const isInOrder = known >= 0 && known <= payload.length;
    const fresh = isInOrder ? payload.slice(known) : EMPTY;
    if (isInOrder) this.#received = seqAdd(this.#received, fresh.length + (hasFin ? 1 : 0));
    this.#finWanted ||= isInOrder && hasFin;
    this.#post(TcpFlag.ACK, this.#nextSeq, EMPTY, now);
    return fresh;
  }

  /** Sends what the client has room for. */
  transmit(now: Nanos): void {
    if (this.isHalfOpen || this.ending !== null || this.#finSent) return;
    const most = SEGMENT_BYTES - (this.#stamped ? TIMESTAMP_BYTES : 0);
    const room = Math.min(this.#window, MOST_IN_FLIGHT * most);
    while (this.#inFlight < this.#queue.length && this.#inFlight < room) {
      const end = Math.min(this.#queue.length, room, this.#inFlight + most);
      const bytes = this.#queue.subarray(this.#inFlight, end);
      this.#post(TcpFlag.ACK | TcpFlag.PSH, this.#nextSeq, bytes, now);
      this.#inFlight = end;
    }
    if (this.#finWanted && this.#inFlight === this.#queue.length) {
      this.#post(TcpFlag.FIN | TcpFlag.ACK, this.#nextSeq, EMPTY, now);
      this.#inFlight++;
      this.#finSent = true;
    }
    if (!this.#isIdle) this.deadline = now + this.#rto * 2 ** this.#retries;
  }

  /** Goes back to the first unacknowledged byte; probes a zero window with one byte (RFC 9293, 3.8.6.1). */
  #sendAgain(now: Nanos): void {
    this.#inFlight = 0;
    this.#finSent = false;
    this.#window = Math.max(this.#window, 1);
    this.transmit(now);
  }

  #isInWindow(number: number): boolean {
    const ahead = seqDiff(seq(number), this.#received);
    return ahead >= 0 && ahead < RECEIVE_WINDOW;
  }

  #noteTimestamp({ seq: first, options }: TcpHeader): void {
    const stamp = findOption(options, 'ts');
    if (stamp !== undefined && seqDiff(seq(first), this.#received) <= 0) this.#tsRecent = stamp.value;
  }

  #post(flags: number, number: Seq, payload: Uint8Array, now: Nanos): void {
    const stamp: TcpOption = { kind: 8, name: 'ts', value: this.#parts.tsvalAt(now), echo: this.#tsRecent };
    const scaled = findOption(this.#syn.header.options, 'wscale') !== undefined;
    const bytes = encodeTcpPacket({
      ...addressedBack(this.#syn),
      id: this.#parts.nextIpId(),
      seq: number,
      ack: this.#received,
      flags,
      window: scaled ? RECEIVE_WINDOW >>> OWN_SHIFT : RECEIVE_WINDOW,
      options: this.#stamped ? [NOP, NOP, stamp] : [],
      payload,
    });
    this.#parts.transmitQueue.post(bytes);
  }

  #end(ending: Ending): void {
    this.isHalfOpen = false;
    this.ending = ending;
    this.deadline = Infinity;
  }
}
