import type { ProbeColumns } from '../../wire/syn-template.ts';
import type { NextHops } from './next-hops.ts';
import type { SessionPlan } from './session-plan.ts';

const LARGEST = 256;
/** Nonces taken from the keystream at a time. */
const NONCES = 4096;

/** First SYNs from one source, as columns: a loop over arrays costs a fraction of a call for each packet. */
export class SynBlock implements ProbeColumns {
  count = 0;
  /** Index into `routes.sources`. */
  source = 0;
  readonly pairs: Float64Array = new Float64Array(LARGEST);
  readonly nonces: Int32Array = new Int32Array(LARGEST);
  readonly destinations: Int32Array = new Int32Array(LARGEST);
  readonly destinationPorts: Uint16Array = new Uint16Array(LARGEST);
  readonly seqs: Int32Array = new Int32Array(LARGEST);
  readonly tsvals: Int32Array = new Int32Array(LARGEST);
  readonly ipIds: Uint16Array = new Uint16Array(LARGEST);
}

/** Makes blocks of the pairs of a run, in its order. */
export class SynBlocks {
  readonly #plan: SessionPlan;
  readonly #hops: NextHops;
  readonly #block: SynBlock = new SynBlock();
  readonly #nonces: Int32Array = new Int32Array(NONCES);
  #usedNonces = NONCES;

  constructor(plan: SessionPlan, hops: NextHops) {
    this.#plan = plan;
    this.#hops = hops;
  }

  /**
   * The pairs from `position` on, `most` at most, up to one that leaves from another source: none when the
   * first has no route. Destinations and nonces are set; valid until the next call.
   */
  at(position: number, most: number): SynBlock {
    const block = this.#block;
    const count = Math.min(most, LARGEST, this.#plan.order.length - position);
    this.#plan.order.fill(block.pairs, position, count);
    this.#setDestinations(count);
    this.#takeNonces(block.count);
    return block;
  }

  #setDestinations(count: number): void {
    const block = this.#block;
    const { ports, targets } = this.#plan;
    const { pairs, destinations, destinationPorts } = block;
    const { size } = ports;
    let target = -1;
    let destination = 0;
    block.count = 0;
    for (let index = 0; index < count; index++) {
      const pair = pairs[index] as number;
      const itsTarget = Math.floor(pair / size);
      if (itsTarget !== target) {
        target = itsTarget;
        destination = targets.at(target);
        const source = this.#hops.routeOfNew(target);
        if (source < 0 || (index > 0 && source !== block.source)) return;
        block.source = source;
      }
      destinations[index] = destination;
      destinationPorts[index] = ports.at(pair - target * size);
      block.count = index + 1;
    }
  }

  #takeNonces(count: number): void {
    if (this.#usedNonces + count > NONCES) {
      this.#plan.keystream(this.#nonces);
      this.#usedNonces = 0;
    }
    const { nonces } = this.#block;
    for (let index = 0; index < count; index++) nonces[index] = this.#nonces[this.#usedNonces++] as number;
  }
}
