import type { Routes } from '../../transport/transport.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { TargetSet } from '../targets/targets.ts';

/** A power of two. */
const ENTRIES = 65_536;
const FRESH: Nanos = 20 * NANOS_PER_MS;

/** Remembers for 20 ms which targets' next hops do not answer: asking the kernel costs microseconds, and a silent target has many ports. */
export class NeighbourMemory {
  /** The time of the questions to come; whoever asks sets it. */
  now: Nanos = 0;
  readonly #targets: TargetSet;
  readonly #routes: Routes;
  readonly #keys: Float64Array = new Float64Array(ENTRIES).fill(-1);
  readonly #askedAt: Float64Array = new Float64Array(ENTRIES);
  readonly #unresolved: Uint8Array = new Uint8Array(ENTRIES);

  constructor(targets: TargetSet, routes: Routes) {
    this.#targets = targets;
    this.#routes = routes;
  }

  /** `Routes.isUnresolved` of a target, as it is or was a moment ago. */
  isUnresolved(target: number): boolean {
    const entry = target & (ENTRIES - 1);
    if (this.#keys[entry] !== target || this.now - (this.#askedAt[entry] as number) > FRESH) {
      this.#keys[entry] = target;
      this.#askedAt[entry] = this.now;
      this.#unresolved[entry] = this.#routes.isUnresolved(this.#targets.at(target)) ? 1 : 0;
    }
    return this.#unresolved[entry] === 1;
  }
}
