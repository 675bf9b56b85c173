import type { ResetShape } from '../../analysis/findings/rst-injected.ts';
import type { Evidence } from '../../analysis/evidence.ts';
import type { PortRecord } from './records.ts';
import { NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import { ResetShapes } from './reset-shapes.ts';

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
  /** Unusual resets that have waited long: they go on waiting, since there are few of them and most likely something is to be found. */
  readonly #patient: Set<WaitingRecord> = new Set();
  readonly #byTarget: Map<number, WaitingRecord[]> = new Map();
  readonly #shapes: ResetShapes = new ResetShapes();

  get isFull(): boolean {
    return this.#all.size + this.#patient.size >= MAX_WAITING;
  }

  add(waiting: WaitingRecord): void {
    this.#all.add(waiting);
    const { targetIndex, shape } = waiting;
    const others = this.#byTarget.get(targetIndex);
    if (others === undefined) this.#byTarget.set(targetIndex, [waiting]);
    else others.push(waiting);
    if (shape !== null) this.#shapes.count(targetIndex, shape, 1);
  }

  /** Takes those of one target, or those among them that `isMeant`. */
  takeTarget(targetIndex: number, isMeant: (waiting: WaitingRecord) => boolean = () => true): readonly WaitingRecord[] {
    const waiting = this.#byTarget.get(targetIndex);
    if (waiting === undefined) return [];
    const taken = waiting.filter(isMeant);
    for (const one of taken) this.#drop(one);
    const left = waiting.filter((one) => this.#all.has(one) || this.#patient.has(one));
    if (left.length === 0) this.#byTarget.delete(targetIndex);
    else this.#byTarget.set(targetIndex, left);
    return taken;
  }

  /** Takes the oldest reset of the target that looks like more of them than `shape` does; null where none does. */
  takeUsual(targetIndex: number, shape: ResetShape): WaitingRecord | null {
    if (!this.#shapes.isUnusual(targetIndex, shape)) return null;
    const others = this.#byTarget.get(targetIndex) ?? [];
    const usual = others.find((one) => one.shape !== null && !this.#shapes.isUnusual(targetIndex, one.shape));
    if (usual === undefined) return null;
    others.splice(others.indexOf(usual), 1);
    this.#drop(usual);
    return usual;
  }

  /** Takes those that have waited long enough at `now`; all of them for Infinity. */
  takeRipe(now: Nanos): readonly WaitingRecord[] {
    if (now === Infinity) return [...this.#byTarget.keys()].flatMap((target) => this.takeTarget(target));
    const ripe: WaitingRecord[] = [];
    for (const waiting of this.#all) {
      if (now - waiting.since < MAX_WAIT) break;
      if (!this.#isUnusual(waiting)) ripe.push(waiting);
      else {
        this.#all.delete(waiting);
        this.#patient.add(waiting);
      }
    }
    const taken = new Set(ripe);
    for (const target of new Set(ripe.map(({ targetIndex }) => targetIndex))) this.takeTarget(target, (one) => taken.has(one));
    return ripe;
  }

  #isUnusual({ targetIndex, shape }: WaitingRecord): boolean {
    return shape !== null && this.#shapes.isUnusual(targetIndex, shape);
  }

  #drop(waiting: WaitingRecord): void {
    this.#all.delete(waiting);
    this.#patient.delete(waiting);
    if (waiting.shape !== null) this.#shapes.count(waiting.targetIndex, waiting.shape, -1);
  }
}
