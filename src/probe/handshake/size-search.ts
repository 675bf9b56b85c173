/** The sizes that are known to pass. */
export interface SizeBounds {
  /** The largest packet that was answered; 0 while none was. */
  readonly passes: number;
  /** The smallest that stayed unanswered; one more than the largest size to try while there is none. */
  readonly fails: number;
}

/** Tries of a size before silence counts: of the first, on which everything depends, and of any other. */
export const TRIES = { first: 3, others: 2 } as const;
/** Of common links, ascending: IPv6's minimum, VPNs, WireGuard, VXLAN, GRE, IP in IP, PPPoE, Ethernet. */
const USUAL_SIZES: readonly number[] = [576, 1280, 1300, 1360, 1380, 1400, 1420, 1440, 1450, 1460, 1472, 1476, 1480, 1492, 1500];
/** Sizes tried at once where answers can be told apart. */
const SIDE_BY_SIDE = 8;

/**
 * Finds the largest packet that passes, to the byte: tries the largest size, which on a good path is enough,
 * then the size that a router named, then common sizes, then divides the gap that is left. Without I/O.
 */
export class SizeSearch {
  #passes = 0;
  #fails: number;
  /** The size that an ICMP error named; 0 for none. */
  #named = 0;
  #begun = false;
  readonly #smallest: number;
  readonly #sideBySide: number;

  /** Searches from `smallest` to `largest`; `parallel` where each answer names the size that it answers. */
  constructor({ smallest, largest, parallel }: Readonly<{ smallest: number; largest: number; parallel: boolean }>) {
    this.#smallest = smallest;
    this.#fails = largest + 1;
    this.#sideBySide = parallel ? SIDE_BY_SIDE : 1;
  }

  get bounds(): SizeBounds {
    return { passes: this.#passes, fails: this.#fails };
  }

  /** True when the answer is known: to the byte, or that even the smallest does not pass. */
  get isDone(): boolean {
    return this.#fails - this.#passes <= 1 || this.#fails <= this.#smallest;
  }

  passed(size: number): void {
    this.#passes = Math.max(this.#passes, size);
    if (this.#fails <= this.#passes) this.#fails = this.#passes + 1;
  }

  failed(size: number): void {
    if (size > this.#passes) this.#fails = Math.min(this.#fails, size);
  }

  /** Takes the size that a router reported to fit its next link. */
  named(size: number): void {
    if (size <= this.#passes || size >= this.#fails || size < this.#smallest) return;
    this.#named = size;
    this.failed(size + 1);
  }

  /** The sizes to try next, ascending; empty when done. */
  next(): readonly number[] {
    if (this.isDone) return [];
    if (!this.#begun) {
      this.#begun = true;
      return [this.#fails - 1];
    }
    if (this.#named > this.#passes && this.#named < this.#fails) return [this.#named];
    const usual = USUAL_SIZES.filter((size) => size > this.#passes && size < this.#fails && size >= this.#smallest);
    return this.#passes === 0 && usual.length > 0 ? this.#spread(usual) : this.#parts();
  }

  /** As many of `sizes` as may be tried at once, evenly spread. */
  #spread(sizes: readonly number[]): readonly number[] {
    if (sizes.length <= this.#sideBySide) return sizes;
    const count = this.#sideBySide;
    return Array.from({ length: count }, (_, index) => sizes[Math.floor(((index + 1) * sizes.length) / (count + 1))] as number);
  }

  #parts(): readonly number[] {
    const low = Math.max(this.#passes, this.#smallest - 1);
    const gap = this.#fails - low;
    const count = Math.min(this.#sideBySide, gap - 1);
    return Array.from({ length: count }, (_, index) => low + Math.round(((index + 1) * gap) / (count + 1)));
  }
}
