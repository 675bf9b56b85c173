import type { Address } from '../../wire/address.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import { type ProofWords, proofWords, slotAt } from './proof.ts';
import type { Mac } from './token-mac.ts';

const LARGEST_ID = 0xffff;

/** What the SYNs of a run that carry a proof have in common. */
export interface ProvenSynPlan {
  readonly mac: Mac;
  /** Epoch milliseconds. */
  readonly wallClock: () => number;
  /** Guarded by the caller; used in turn. */
  readonly sourcePorts: readonly number[];
  /** A fixed IP identification, or null for another one each: the far end's log is then searched by it. */
  readonly ipId: number | null;
  /** Where the others start. */
  readonly firstId: number;
}

/** Makes SYNs that a responder answers. Two to one port never share a source port before all have been used, nor an IP ID before 65535. */
export class ProvenSyns {
  readonly #plan: ProvenSynPlan;
  #made = 0;
  #slot = Number.NaN;
  #words: ProofWords;

  constructor(plan: ProvenSynPlan) {
    this.#plan = plan;
    this.#words = this.#present();
  }

  /** What SYNs carry now: also what a template's options or data are to carry. */
  get words(): ProofWords {
    return this.#present();
  }

  /** A whole IP packet. The template's options may leave TSval open; a fixed one carries no proof. */
  make(template: SynTemplate, destination: Address, port: number): Uint8Array {
    const { sourcePorts, ipId, firstId } = this.#plan;
    const { isn, tsval } = this.#present();
    const bytes = new Uint8Array(template.length);
    template.write(bytes, 0, {
      destination,
      destinationPort: port,
      sourcePort: sourcePorts[this.#made % sourcePorts.length] as number,
      seq: isn,
      tsval,
      ipId: ipId ?? ((firstId + this.#made) % LARGEST_ID) + 1,
    });
    this.#made++;
    return bytes;
  }

  #present(): ProofWords {
    const { mac, wallClock } = this.#plan;
    const slot = slotAt(wallClock());
    if (slot !== this.#slot) {
      this.#slot = slot;
      this.#words = proofWords(mac, slot);
    }
    return this.#words;
  }
}
