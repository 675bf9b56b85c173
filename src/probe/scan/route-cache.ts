import type { Routes } from '../../transport/transport.ts';
import type { TargetSet } from '../targets/targets.ts';

/** A power of two. */
const ENTRIES = 65_536;

/** Remembers how the latest 65,536 targets are reached: a kernel look-up costs microseconds and a target has many ports. */
export class RouteCache {
  readonly #targets: TargetSet;
  readonly #routes: Routes;
  readonly #keys: Float64Array = new Float64Array(ENTRIES).fill(-1);
  readonly #values: Int16Array = new Int16Array(ENTRIES);

  constructor(targets: TargetSet, routes: Routes) {
    this.#targets = targets;
    this.#routes = routes;
  }

  /** Index into `routes.sources`, or `-errno`. */
  lookup(target: number): number {
    const entry = target & (ENTRIES - 1);
    if (this.#keys[entry] !== target) {
      this.#values[entry] = this.#routes.lookup(this.#targets.at(target));
      this.#keys[entry] = target;
    }
    return this.#values[entry] as number;
  }
}
