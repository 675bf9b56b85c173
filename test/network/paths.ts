import type { Fork, Router, Site } from './network.ts';
import { isTcp, type Packet, flowHash } from './packet.ts';
import type { Stop } from './stop.ts';
import { keyedHash } from './random.ts';

/** Paths to one host: one, or one for each combination of branches. */
export class Paths {
  readonly #stages: readonly (Stop | Branching)[];
  readonly #only: readonly Stop[] | null;
  #sent = 0;

  /** `stopOf` is called once per router, so that branches share its state. */
  constructor(path: Site['path'], end: Stop, stopOf: (router: Router) => Stop) {
    const known = new Map<Router, Stop>();
    const make = (router: Router): Stop => {
      const stop = known.get(router) ?? stopOf(router);
      known.set(router, stop);
      return stop;
    };
    const stages = path.map((stage) => ('branches' in stage ? branching(stage, make) : make(stage)));
    this.#stages = [...stages, end];
    this.#only = this.#stages.every((stage): stage is Stop => !('branches' in stage)) ? this.#stages : null;
  }

  /** The stops on the path of `packet`. */
  choose(packet: Packet): readonly Stop[] {
    if (this.#only !== null) return this.#only;
    const hash = isTcp(packet) ? flowHash(packet) : 0;
    const count = this.#sent++;
    return this.#stages.flatMap((stage, index) => {
      if (!('branches' in stage)) return [stage];
      // A hash for each fork, so that their choices are independent.
      const choice = stage.by === 'flow' ? keyedHash(index, hash) : count;
      return stage.branches[choice % stage.branches.length] ?? [];
    });
  }
}

interface Branching {
  readonly branches: readonly (readonly Stop[])[];
  readonly by: Fork['by'];
}

function branching({ branches, by }: Fork, make: (router: Router) => Stop): Branching {
  return { branches: branches.map((routers) => routers.map(make)), by };
}
