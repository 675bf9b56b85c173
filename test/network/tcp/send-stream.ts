import { concatBytes } from '../../../src/wire/bytes.ts';

/** A part of the stream for one segment. */
export interface Piece {
  /** Position of its first byte; 0 is the byte after the SYN. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** A write ends in it. */
  readonly push: boolean;
  /** The stream ends with it. */
  readonly fin: boolean;
}

/**
 * The bytes that one end sends, and the FIN, which counts as one more. Positions count from the byte after
 * the SYN.
 */
export class SendStream {
  #bytes: Uint8Array = new Uint8Array(0);
  #ends: number[] = [];
  #closed = false;
  #acknowledged = 0;
  #next = 0;
  #highest = 0;
  #lastStart = 0;

  /** Position after everything that the peer has acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Position after everything that was ever sent. */
  get highest(): number {
    return this.#highest;
  }

  /** Position of what is sent next. */
  get next(): number {
    return this.#next;
  }

  get inFlight(): number {
    return this.#next - this.#acknowledged;
  }

  /** Bytes waiting to be sent, the FIN not counted. */
  get waiting(): number {
    return Math.max(0, this.#bytes.length - this.#next);
  }

  /** True while anything, the FIN included, is unacknowledged or unsent. */
  get isBusy(): boolean {
    return this.#acknowledged < this.#end;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Adds a write; ignored after `close`. */
  write(bytes: Uint8Array): void {
    if (this.#closed || bytes.length === 0) return;
    this.#bytes = concatBytes([this.#bytes, bytes]);
    this.#ends.push(this.#bytes.length);
  }

  /** Ends the stream after what was written. */
  close(): void {
    this.#closed = true;
  }

  /** The next piece of at most `most` bytes, which then counts as sent; null when nothing waits or fits. */
  take(most: number): Piece | null {
    const offset = this.#next;
    const bytes = this.#bytes.subarray(offset, offset + Math.min(most, this.waiting));
    const end = offset + bytes.length;
    const fin = this.#closed && end === this.#bytes.length;
    if (bytes.length === 0 && !fin) return null;
    this.#lastStart = offset;
    this.#next = end + (fin ? 1 : 0);
    this.#highest = Math.max(this.#highest, this.#next);
    return { offset, bytes, fin, push: this.#ends.some((one) => one > offset && one <= end) };
  }

  /** The peer has everything before `position`. */
  acknowledge(position: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, position);
    this.#next = Math.max(this.#next, this.#acknowledged);
  }

  /** Sends everything unacknowledged again. */
  rewind(): void {
    this.#next = this.#acknowledged;
  }

  /** Sends the piece that was taken last again. */
  stepBack(): void {
    this.#next = Math.max(this.#acknowledged, this.#lastStart);
  }

  get #end(): number {
    return this.#bytes.length + (this.#closed ? 1 : 0);
  }
}
