/** Gaps that are remembered; what would make one more is forgotten and will be sent again. */
const MOST_RANGES = 64;

/** How far the peer's stream arrived without a gap, and its first bytes. Positions count from its ISN. */
export class ReceiveStream {
  readonly #first: Uint8Array;
  #firstLength = 0;
  /** Ranges beyond a gap, ascending, apart from each other. */
  #ranges: (readonly [from: number, to: number])[] = [];
  #next = 1;
  #finAt = Infinity;

  /** `kept`: how many of the first bytes are kept. */
  constructor(kept: number) {
    this.#first = new Uint8Array(kept);
  }

  /** The next position that is wanted: RCV.NXT. Behind a FIN it counts the FIN as well. */
  get next(): number {
    return this.#next > this.#finAt ? this.#finAt + 1 : this.#next;
  }

  /** Bytes that came in order. */
  get byteCount(): number {
    return Math.min(this.#next, this.#finAt) - 1;
  }

  /** Whether all of the stream and its FIN have come. */
  get isFinished(): boolean {
    return this.#next > this.#finAt;
  }

  /** The first bytes; a copy. */
  get firstBytes(): Uint8Array {
    return this.#first.slice(0, this.#firstLength);
  }

  /**
   * Takes `length` bytes from `position` on, of which `captured` are the first that are known. `in-order`:
   * they are the next, at least in part; `again`: all had come before; `ahead`: there is a gap before them.
   */
  take(position: number, captured: Uint8Array, length: number): 'in-order' | 'again' | 'ahead' {
    const end = position + length;
    if (length === 0 || end <= this.#next) return 'again';
    this.#keep(position, captured);
    if (position > this.#next) {
      this.#remember(position, end);
      return 'ahead';
    }
    this.#advance(end);
    return 'in-order';
  }

  /** Takes note of a FIN at `position`: true once it is next in order. */
  finish(position: number): boolean {
    if (this.#finAt === Infinity) this.#finAt = position;
    if (this.#next === this.#finAt) this.#next++;
    return this.isFinished;
  }

  #advance(to: number): void {
    this.#next = Math.max(this.#next, to);
    for (const [from, end] of this.#ranges) if (from <= this.#next) this.#next = Math.max(this.#next, end);
    this.#ranges = this.#ranges.filter(([, end]) => end > this.#next);
    if (this.#next === this.#finAt) this.#next++;
  }

  #remember(from: number, to: number): void {
    let [low, high] = [from, to];
    const apart: (readonly [number, number])[] = [];
    for (const range of this.#ranges) {
      if (range[1] < low || range[0] > high) apart.push(range);
      else [low, high] = [Math.min(low, range[0]), Math.max(high, range[1])];
    }
    if (apart.length >= MOST_RANGES) return;
    this.#ranges = [...apart, [low, high] as const].toSorted((a, b) => a[0] - b[0]);
  }

  /** Keeps nothing of a piece beyond a gap: it is retransmitted if it matters. */
  #keep(position: number, captured: Uint8Array): void {
    const known = this.#firstLength;
    if (known >= this.#first.length || known + 1 !== this.#next) return;
    const skipped = this.#next - position;
    if (skipped < 0 || skipped >= captured.length) return;
    const fresh = captured.subarray(skipped, skipped + this.#first.length - known);
    this.#first.set(fresh, known);
    this.#firstLength += fresh.length;
  }
}
