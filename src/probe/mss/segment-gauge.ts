import type { Connection } from '../connection/connection.ts';
import type { ConnectionNote, SegmentNote } from '../connection/segment-note.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { TCP_HEADER_BYTES } from '../../wire/tcp.ts';

/** What a connection showed of the size of the peer's segments. Sizes are payload and TCP options together, as an MSS counts them. */
export interface SegmentSize {
  /** Of a full segment: the MSS that the peer goes by. Null while none is known to be full. */
  readonly full: number | null;
  /** Of the largest single segment, full or not: the peer's MSS is no smaller. Null while none is known to be single. */
  readonly atLeast: number | null;
  /** Bytes of the peer's stream that came without a gap. */
  readonly bytes: number;
}

/** A copy that the network makes follows its original more closely than any time-out is short (FreeBSD's least is 30 ms). */
const COPY_GAP: Nanos = 25 * NANOS_PER_MS;

/**
 * Measures the peer's segments. On the way to us network cards and kernels put segments together (GRO, LRO), and between two kernels of one host they may
 * never have been apart (TSO), so that the length of what is captured says nothing. What a peer repeats when its time-out has passed is one segment, alone:
 * with nothing acknowledged its congestion window is one segment (RFC 5681, 3.1). So nothing is acknowledged, and the first bytes that it has sent twice
 * since we said anything measure it. Such a segment may still be a short write; `isFull` looks for signs that it was cut.
 */
export class SegmentGauge {
  readonly #allowed: number;
  #read = 0;
  /** Longest arrival that began at a position. */
  readonly #longest: Map<number, number> = new Map();
  /** When the first bytes that are not acknowledged came last, since we said anything. */
  #headAt: Nanos | null = null;
  #end = 1;
  /** Where what we have acknowledged ends, as we said last. */
  #told = 1;
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

  /** The position behind the last byte that came, in order or not. */
  get end(): number {
    return this.#end;
  }

  /** The position up to which the peer was told that its bytes have come. */
  get told(): number {
    return this.#told;
  }

  /** Payload bytes at the head that are known to be one segment, and not known to be full; 0 where there is nothing to acknowledge. */
  get shortSegment(): number {
    return this.#full === null ? this.#single : 0;
  }

  /** Whether the peer repeats what was acknowledged: the acknowledgement was lost. True once for each repetition. */
  takeRepeatsOld(): boolean {
    const repeats = this.#repeatsOld;
    this.#repeatsOld = false;
    return repeats;
  }

  /** Reads what has come since the last call. */
  read({ notes, received }: Pick<Connection, 'notes' | 'received'>): void {
    this.#inOrder = received.byteCount;
    for (; this.#read < notes.length; this.#read++) {
      const note = notes[this.#read] as ConnectionNote;
      if (note.kind === 'out') this.#departure(note);
      else if (note.kind === 'in' && note.length > 0 && note.seq !== null && note.at !== null) this.#arrival(note, note.seq);
    }
  }

  /** What comes next may answer this, whatever it acknowledges, and be as long as the peer likes. */
  #departure({ ack }: SegmentNote): void {
    this.#told = Math.max(this.#told, ack ?? 0);
    this.#headAt = null;
    this.#single = 0;
  }

  #arrival(note: SegmentNote, position: number): void {
    const { length, at } = note;
    const told = this.#told;
    if (position < told) {
      this.#repeatsOld ||= position + length <= told;
      return;
    }
    const wasThere = position === told && this.#headAt !== null && (at as number) - this.#headAt >= COPY_GAP;
    this.#longest.set(position, Math.max(this.#longest.get(position) ?? 0, length));
    this.#end = Math.max(this.#end, position + length);
    if (position !== told) return;
    this.#headAt = at;
    if (wasThere) this.#take(note, position);
  }

  /** Takes a segment that is single. */
  #take({ length, segment }: SegmentNote, position: number): void {
    const size = length + segment.header.headerLength - TCP_HEADER_BYTES;
    this.#single = length;
    this.#atLeast = Math.max(this.#atLeast ?? 0, size);
    const hasPush = (segment.header.flags & TcpFlag.PSH) !== 0;
    if (size >= this.#allowed || this.#isCut(position, length, hasPush)) this.#full = size;
  }

  /**
   * Whether a segment ends where the peer's MSS does, and not where its application stopped writing: longer pieces began where it begins; or bytes follow
   * although it has no PSH, which stacks set where a write ends; or the next segment has the same length.
   */
  #isCut(position: number, length: number, hasPush: boolean): boolean {
    if ((this.#longest.get(position) ?? 0) > length) return true;
    const hasMore = this.#end > position + length;
    return hasMore && (!hasPush || this.#longest.get(position + length) === length);
  }
}
