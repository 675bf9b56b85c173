import type { InFlightRing } from './in-flight-ring.ts';
import type { Pacer } from './pacer.ts';
import { type PairTable, Phase } from './pair-table.ts';

/**
 * Which SYNs count as in flight for the congestion window: those out for less than the usual time-out that nothing has come back for. A silent SYN
 * is waited for much longer, but by then the path has forgotten it.
 */
export class Inflight {
  readonly #pairs: PairTable;
  readonly #ring: InFlightRing;
  readonly #pacer: Pacer;
  #inTable = 0;

  constructor(pairs: PairTable, ring: InFlightRing, pacer: Pacer) {
    this.#pairs = pairs;
    this.#ring = ring;
    this.#pacer = pacer;
  }

  /** SYNs in flight, those of the first round included. */
  get count(): number {
    return this.#inTable + this.#ring.inFlight;
  }

  /** A SYN of the pair leaves. */
  launch(slot: number): void {
    this.#pairs.inFlight[slot] = 1;
    this.#inTable++;
  }

  /** The pair came from the first round; `pairs.inFlight` says whether its SYN still counts. */
  takeOver(slot: number): void {
    this.#inTable += this.#pairs.inFlight[slot] as number;
  }

  /** The latest SYN of the pair has been answered, refused or given up. */
  land(slot: number): void {
    this.#inTable -= this.#pairs.inFlight[slot] as number;
    this.#pairs.inFlight[slot] = 0;
  }

  /** The usual time-out has passed without an answer. */
  landSilently(slot: number): void {
    if (this.#pairs.inFlight[slot] === 1 && this.#pairs.phase[slot] === Phase.waiting) this.#pacer.onSilence();
    this.land(slot);
  }

  /** The usual time-out has passed for what the first round sent before `time`. */
  landRing(time: number): void {
    for (let silent = this.#ring.land(time); silent > 0; silent--) this.#pacer.onSilence();
  }
}
