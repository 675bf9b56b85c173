import type { Address } from '../../wire/address.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import { ProbeCookie } from './cookie.ts';

/** What the SYNs of a run of connections have in common. */
export interface SynMakerPlan {
  /** Guarded by the caller; used in turn, so that no two connections to one port share a tuple before all have been used. */
  readonly sourcePorts: readonly number[];
  /** Four words from the operating system's random source. */
  readonly key: Uint32Array;
  /** A fixed ISN, or null for one that nobody can guess. */
  readonly seq: number | null;
  /** A fixed IP identification, or null. */
  readonly ipId: number | null;
}

/** Where a SYN goes. */
export interface SynTarget {
  readonly source: Address;
  readonly destination: Address;
  readonly port: number;
}

/** Makes SYNs for connections: another source port each, and numbers from a keyed hash, so that who names them has seen the SYN. */
export class SynMaker {
  readonly #plan: SynMakerPlan;
  readonly #cookie: ProbeCookie;
  #made = 0;

  constructor(plan: SynMakerPlan) {
    this.#plan = plan;
    this.#cookie = new ProbeCookie(plan.key);
  }

  /** A whole IP packet, ready for `Connection`. */
  make(template: SynTemplate, { source, destination, port }: SynTarget): Uint8Array {
    const { sourcePorts, seq, ipId } = this.#plan;
    const cookie = this.#cookie;
    const sourcePort = sourcePorts[this.#made % sourcePorts.length] as number;
    cookie.compute(source, destination, (sourcePort << 16) | port, this.#made++);
    const bytes = new Uint8Array(template.length);
    template.write(bytes, 0, {
      destination,
      sourcePort,
      destinationPort: port,
      seq: seq ?? cookie.nonce,
      tsval: cookie.tsval,
      ipId: ipId ?? cookie.ipId,
    });
    return bytes;
  }
}
