import type { PairOrder } from '../../probe/scan/pair-order.ts';

/** How many pairs of each target have no verdict yet. */
export class OpenPairs {
  readonly #left: Map<number, number> = new Map();

  /** Takes a step for each pair of `order`; `ports` is how many each target has. */
  constructor(order: PairOrder, ports: number) {
    for (let position = 0; position < order.length; position++) this.#add(Math.floor(order.at(position) / ports), 1);
  }

  /** Takes note of a verdict about the target; true where it was the last. */
  close(target: number): boolean {
    return this.#add(target, -1) === 0;
  }

  #add(target: number, count: number): number {
    const left = (this.#left.get(target) ?? 0) + count;
    this.#left.set(target, left);
    return left;
  }
}
