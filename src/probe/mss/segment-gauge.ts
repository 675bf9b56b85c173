import type { Connection } from '../connection/connection.ts';
import type { ConnectionNote, SegmentNote } from '../connection/segment-note.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { TCP_HEADER_BYTES } from '../../wire/tcp.ts';

/** The peer's segments on a connection: payload and TCP options together, as an MSS counts them. */
export interface SegmentSize {
  /** Size of a full segment, which is the MSS that the peer goes by; null while none is known to be full. */
  readonly full: number | null;
  /**
   * Size of the largest single segment, full or not: the peer's MSS is no smaller. Null while none is
   * known.
   */
  readonly atLeast: number | null;
  /** Bytes of the peer's stream that arrived without a gap. */
  readonly bytes: number;
}

/** What a gauge has read so far. Positions count from the peer's ISN. */
export interface GaugeReading {
  readonly size: SegmentSize;
  /** The position behind the last byte that arrived, in order or not. */
  readonly end: number;
  /** The position up to which the peer's bytes were acknowledged. */
  readonly acknowledged: number;
  /** Payload bytes at the head that are one segment and not known to be full; 0 when there are none. */
  readonly shortSegment: number;
  /** The peer has retransmitted what was acknowledged before: that acknowledgment was lost. */
  readonly repeatsOld: boolean;
}

/**
 * A copy that the network makes follows its original within this time; FreeBSD's shortest time-out is 30
 * ms.
 */
const COPY_GAP: Nanos = 25 * NANOS_PER_MS;

/**
 * A captured packet's length does not tell: network cards and kernels merge segments (GRO, LRO), two
 * kernels of one host may never split them (TSO). A retransmission after the time-out is one segment alone
 * (RFC 5681,
 * 3.1). So nothing is acknowledged, and the first bytes that arrive twice since our last packet measure it.
 * Such a segment may still be a short write; `#isCut` looks for signs that it was cut.
 */
export class SegmentGauge {
  readonly #allowed: number;
  #read = 0;
  /** The longest arrival that began at each position. */
  readonly #longest: Map<number, number> = new Map();
  /** When the first unacknowledged bytes last arrived since our last packet. */
  #headAt: Nanos | null = null;
  #end = 1;
  #acknowledged = 1;
  #inOrder = 0;
  #full: number | null = null;
  #atLeast: number | null = null;
  /** Payload bytes of the last single segment at the head; 0 while none is known. */
  #single = 0;
  #repeatsOld = false;

  /** `allowed`: the largest MSS that the peer may go by. */
  constructor(allowed: number) {
    this.#allowed = allowed;
  }

  get size(): SegmentSize {
    return { full: this.#full, atLeast: this.#atLeast, bytes: this.#inOrder };
  }

  /** Reads what has arrived since the last call. */
  read({ notes, received }: Pick<Connection, 'notes' | 'received'>): GaugeReading {
    this.#inOrder = received.byteCount;
    for (; this.#read < notes.length; this.#read++) {
      const note = notes[this.#read] as ConnectionNote;
      if (note.kind === 'out') this.#departure(note);
      else if (note.kind === 'in' && note.length > 0 && note.seq !== null && note.at !== null) this.#arrival(note, note.seq);
    }
    return {
      size: this.size,
      end: this.#end,
      acknowledged: this.#acknowledged,
      shortSegment: this.#full === null ? this.#single : 0,
      repeatsOld: this.#repeatsOld,
    };
  }

  /** Whatever it acknowledges, what arrives next may answer it, and be as long as the peer likes. */
  #departure({ ack }: SegmentNote): void {
    this.#acknowledged = Math.max(this.#acknowledged, ack ?? 0);
    this.#headAt = null;
    this.#single = 0;
    this.#repeatsOld = false;
  }

  #arrival(note: SegmentNote, position: number): void {
    const { length, at } = note;
    const head = this.#acknowledged;
    if (position < head) {
      this.#repeatsOld ||= position + length <= head;
      return;
    }
    const wasThere = position === head && this.#headAt !== null && (at as number) - this.#headAt >= COPY_GAP;
    this.#longest.set(position, Math.max(this.#longest.get(position) ?? 0, length));
    this.#end = Math.max(this.#end, position + length);
    if (position !== head) return;
    this.#headAt = at;
    if (wasThere) this.#take(note, position);
  }

  /** Measures a single segment. */
  #take({ length, segment }: SegmentNote, position: number): void {
    const size = length + segment.header.headerLength - TCP_HEADER_BYTES;
    this.#single = length;
    this.#atLeast = Math.max(this.#atLeast ?? 0, size);
    const hasPush = (segment.header.flags & TcpFlag.PSH) !== 0;
    if (size >= this.#allowed || this.#isCut(position, length, hasPush)) this.#full = size;
  }

  /**
   * Whether a segment ends at the peer's MSS and not at a write's end: a longer arrival began there; or bytes
   * follow although it has no PSH, which stacks set at the end of a write; or the next segment is as long.
   */
  #isCut(position: number, length: number, hasPush: boolean): boolean {
    if ((this.#longest.get(position) ?? 0) > length) return true;
    const hasMore = this.#end > position + length;
    return hasMore && (!hasPush || this.#longest.get(position + length) === length);
  }
}
