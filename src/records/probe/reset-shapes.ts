import type { ResetShape } from '../../analysis/findings/rst-injected.ts';

/** Counts, for each target, how many of its resets look alike. */
export class ResetShapes {
  readonly #counts: Map<number, Map<number, number>> = new Map();

  /** Takes note of one more reset, or of one less. */
  count(target: number, shape: ResetShape, change: 1 | -1): void {
    const counts = this.#counts.get(target) ?? new Map<number, number>();
    const key = keyOf(shape);
    const count = (counts.get(key) ?? 0) + change;
    if (count === 0) counts.delete(key);
    else counts.set(key, count);
    if (counts.size === 0) this.#counts.delete(target);
    else this.#counts.set(target, counts);
  }

  /** True where more of the target's resets look alike, and otherwise. */
  isUnusual(target: number, shape: ResetShape): boolean {
    const counts = this.#counts.get(target);
    if (counts === undefined) return false;
    const alike = counts.get(keyOf(shape)) ?? 0;
    for (const count of counts.values()) if (count > alike) return true;
    return false;
  }
}

/** What rst-injected looks at, besides the time. */
function keyOf({ ttl, ipId, window }: ResetShape): number {
  return ttl | (ipId === 0 ? 0 : 0x100) | (window === 0 ? 0 : 0x200);
}
