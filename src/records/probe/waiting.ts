import type { ResetShape } from '../../analysis/findings/rst-injected.ts';
import type { Evidence } from '../../analysis/evidence.ts';
import type { PortRecord } from './records.ts';
import { NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import type { PairOrder } from '../../probe/scan/pair-order.ts';

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
  /** Unusual resets that have waited long. They go on waiting: they are few, and most likely a finding. */
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

  /** Whether it is a reset, and more of the target's waiting resets look alike than look like it. */
  isRare({ targetIndex, shape }: Pick<WaitingRecord, 'targetIndex' | 'shape'>): boolean {
    return shape !== null && this.#shapes.isUnusual(targetIndex, shape);
  }

  /** Takes the target's oldest reset that looks like most of them; null where none waits. */
  takeUsual(targetIndex: number): WaitingRecord | null {
    const others = this.#byTarget.get(targetIndex) ?? [];
    const usual = others.find((one) => one.shape !== null && !this.isRare(one));
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
      if (!this.isRare(waiting)) ripe.push(waiting);
      else {
        this.#all.delete(waiting);
        this.#patient.add(waiting);
      }
    }
    const taken = new Set(ripe);
    for (const target of new Set(ripe.map(({ targetIndex }) => targetIndex))) this.takeTarget(target, (one) => taken.has(one));
    return ripe;
  }

  #drop(waiting: WaitingRecord): void {
    this.#all.delete(waiting);
    this.#patient.delete(waiting);
    if (waiting.shape !== null) this.#shapes.count(waiting.targetIndex, waiting.shape, -1);
  }
}

/** Counts, for each target, how many of its resets look alike. */
class ResetShapes {
  readonly #counts: Map<number, Map<number, number>> = new Map();

  count(target: number, shape: ResetShape, change: 1 | -1): void {
    const counts = this.#counts.get(target) ?? new Map<number, number>();
    const key = keyOf(shape);
    const count = (counts.get(key) ?? 0) + change;
    if (count === 0) counts.delete(key);
    else counts.set(key, count);
    if (counts.size === 0) this.#counts.delete(target);
    else this.#counts.set(target, counts);
  }

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

/** How many pairs of each target have no verdict yet. */
export class OpenPairs {
  readonly #left: Map<number, number> = new Map();

  /** Takes a step for each pair of `order`; `ports` is how many each target has. */
  constructor(order: PairOrder, ports: number) {
    for (let position = 0; position < order.length; position++) {
      const target = Math.floor(order.at(position) / ports);
      this.#left.set(target, (this.#left.get(target) ?? 0) + 1);
    }
  }

  /** Takes note of a verdict about the target; true where it was the last. */
  close(target: number): boolean {
    const left = (this.#left.get(target) ?? 0) - 1;
    this.#left.set(target, left);
    return left === 0;
  }
}
