import { type Address, formatAddress } from '../../wire/address.ts';
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
  /** A fixed IP identification, or null for another one each: the responder's log is then searched by it. */
  readonly ipId: number | null;
  /** Where the others start. */
  readonly firstId: number;
}

/** Makes SYNs that a responder answers. Two to one port share no source port before all have been used, and no two an IP ID before 65535. */
export class ProvenSyns {
  readonly #plan: ProvenSynPlan;
  #made = 0;
  /** Where in turn the next SYN to each address and port takes its source port. */
  readonly #turns: Map<string, number> = new Map();
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
    const { ipId, firstId } = this.#plan;
    const { isn, tsval } = this.#present();
    const bytes = new Uint8Array(template.length);
    template.write(bytes, 0, {
      destination,
      destinationPort: port,
      sourcePort: this.#sourcePort(`${formatAddress(destination)}:${port}`),
      seq: isn,
      tsval,
      ipId: ipId ?? ((firstId + this.#made) % LARGEST_ID) + 1,
    });
    this.#made++;
    return bytes;
  }

  #sourcePort(pair: string): number {
    const { sourcePorts } = this.#plan;
    const turn = this.#turns.get(pair) ?? this.#turns.size;
    this.#turns.set(pair, turn + 1);
    return sourcePorts[turn % sourcePorts.length] as number;
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
