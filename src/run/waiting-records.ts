import type { ResetShape } from '../analysis/findings/rst-injected.ts';
import type { Evidence } from '../analysis/evidence.ts';
import type { PortRecord } from '../report/records.ts';
import { NANOS_PER_SECOND, type Nanos } from '../wire/numbers.ts';

/** How long a record of a large run waits for SYN-ACKs of the same target to be measured by. */
const MAX_WAIT: Nanos = 2 * NANOS_PER_SECOND;
/** Records that may wait at once. */
export const MAX_WAITING = 4096;

/** A record, and by what it will be judged. */
export interface WaitingRecord {
  readonly targetIndex: number;
  readonly record: PortRecord;
  readonly evidence: Evidence;
  /** A plain reset's: nothing else is to be looked at then. */
  readonly shape: ResetShape | null;
  readonly since: Nanos;
}

/** Records of targets whose SYN-ACKs are not known well enough yet, in the order they came. */
export class WaitingRecords {
  readonly #all: Set<WaitingRecord> = new Set();
  readonly #byTarget: Map<number, WaitingRecord[]> = new Map();

  get isFull(): boolean {
    return this.#all.size >= MAX_WAITING;
  }

  add(waiting: WaitingRecord): void {
    this.#all.add(waiting);
    const others = this.#byTarget.get(waiting.targetIndex);
    if (others === undefined) this.#byTarget.set(waiting.targetIndex, [waiting]);
    else others.push(waiting);
  }

  /** Takes those of one target, or those among them that `isMeant`. */
  takeTarget(targetIndex: number, isMeant: (waiting: WaitingRecord) => boolean = () => true): readonly WaitingRecord[] {
    const waiting = this.#byTarget.get(targetIndex);
    if (waiting === undefined) return [];
    const taken = waiting.filter(isMeant);
    for (const one of taken) this.#all.delete(one);
    const left = waiting.filter((one) => this.#all.has(one));
    if (left.length === 0) this.#byTarget.delete(targetIndex);
    else this.#byTarget.set(targetIndex, left);
    return taken;
  }

  /** Takes those that have waited long enough at `now`; all of them for Infinity. */
  takeRipe(now: Nanos): readonly WaitingRecord[] {
    if (this.#all.size === 0) return [];
    const ripe: WaitingRecord[] = [];
    for (const waiting of this.#all) {
      if (now - waiting.since < MAX_WAIT) break;
      this.#all.delete(waiting);
      ripe.push(waiting);
    }
    for (const { targetIndex } of ripe) this.#dropRipe(targetIndex, now);
    return ripe;
  }

  /** The oldest of a target stand first. */
  #dropRipe(targetIndex: number, now: Nanos): void {
    const others = this.#byTarget.get(targetIndex);
    if (others === undefined) return;
    const young = others.findIndex(({ since }) => now - since < MAX_WAIT);
    if (young < 0) this.#byTarget.delete(targetIndex);
    else if (young > 0) others.splice(0, young);
  }
}
