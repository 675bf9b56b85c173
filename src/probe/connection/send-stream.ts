import { concatBytes } from '../../wire/bytes.ts';

/** A part of the stream for one segment. */
export interface Piece {
  /** Counted from our ISN: the SYN is at 0, the first byte at 1. */
  readonly position: number;
  readonly payload: Uint8Array;
  readonly fin: boolean;
  /** Position behind it. */
  readonly end: number;
}

/** Our stream: what was written, sent and acknowledged. Positions count from our ISN. */
export class SendStream {
  #bytes: Uint8Array;
  #finished = false;
  /** SND.UNA: the oldest position that was not acknowledged. */
  acknowledged = 0;
  /** SND.NXT: the next position to send. */
  next: number;
  /** The highest `next` there has been. */
  furthest: number;

  /** `withSyn`: data that the SYN carries. */
  constructor(withSyn: Uint8Array) {
    this.#bytes = withSyn;
    this.next = 1 + withSyn.length;
    this.furthest = this.next;
  }

  /** Bytes written so far, sent or not. */
  get byteCount(): number {
    return this.#bytes.length;
  }

  /** Bytes that the peer acknowledged. */
  get acknowledgedBytes(): number {
    return Math.max(0, Math.min(this.acknowledged - 1, this.#bytes.length));
  }

  /** Whether something was sent and not acknowledged. */
  get isWaiting(): boolean {
    return this.acknowledged < this.furthest;
  }

  get finAcknowledged(): boolean {
    return this.#finished && this.acknowledged > this.#end;
  }

  /** Position behind the last byte: that of the FIN. */
  get #end(): number {
    return 1 + this.#bytes.length;
  }

  write(bytes: Uint8Array): void {
    if (this.#finished) throw new Error('nothing can be written behind a FIN');
    this.#bytes = concatBytes([this.#bytes, bytes]);
  }

  /** Puts the FIN behind what was written. */
  finish(): void {
    this.#finished = true;
  }

  /** Takes an acknowledgement; true when it is of something new. */
  acknowledge(position: number): boolean {
    if (position <= this.acknowledged || position > this.furthest) return false;
    this.acknowledged = position;
    this.next = Math.max(this.next, position);
    return true;
  }

  /** Goes back to the oldest position that was not acknowledged: everything from there on is sent again. */
  rewind(): void {
    this.next = Math.max(1, this.acknowledged);
  }

  /** The next piece of `most` bytes at most that lies before `limit`, or null; moves on behind it. */
  take(most: number, limit: number): Piece | null {
    const position = this.next;
    const end = this.#end;
    const length = Math.max(0, Math.min(most, limit - position, end - position));
    const fin = this.#finished && position <= end && position + length === end && end <= limit;
    if (length === 0 && !fin) return null;
    this.next = position + length + (fin ? 1 : 0);
    this.furthest = Math.max(this.furthest, this.next);
    return { position, payload: this.#bytes.subarray(position - 1, position - 1 + length), fin, end: this.next };
  }
}
