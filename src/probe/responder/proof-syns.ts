import type { Routes, Source } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import { concatBytes } from '../../wire/bytes.ts';
import { formatOptions } from '../../wire/tcp-options.ts';
import { SynMaker } from '../craft/syn-maker.ts';
import { craftSyn, type SynSpec, synOptionsText } from '../craft/syn-spec.ts';
import { proofOption, type ProofWords, proofWords, slotAt } from './proof.ts';
import type { MakeSyn } from './responder-query.ts';
import type { Mac } from './token-mac.ts';

const LARGEST_ID = 0xffff;

/** Carriers of the proof that change the SYN; used only on request. */
export const EXTRA_CARRIERS = ['option', 'data'] as const;
/** One of them. */
export type ExtraCarrier = (typeof EXTRA_CARRIERS)[number];

/** What the proven SYNs of a run have in common. */
export interface ProofSynPlan {
  readonly mac: Mac;
  /** Epoch milliseconds. */
  readonly wallClock: () => number;
  /** Ports whose kernel resets the caller suppresses; used in turn. */
  readonly sourcePorts: readonly number[];
  /** A fixed IP identification; null to vary it, which lets the responder's log be searched by it. */
  readonly ipId: number | null;
  /** The first of the varying ones. */
  readonly firstId: number;
  readonly routes: Pick<Routes, 'lookup' | 'sources'>;
}

/** The form of a proven SYN. */
interface ProofSynForm {
  readonly spec: SynSpec;
  readonly carriers: readonly ExtraCarrier[];
}

/** Makes SYNs that a responder answers. No two of 65535 share an IP ID. */
export class ProofSyns {
  readonly #plan: ProofSynPlan;
  readonly #maker: SynMaker;
  #slot = Number.NaN;
  #words: ProofWords;

  constructor(plan: ProofSynPlan) {
    this.#plan = plan;
    this.#words = this.#present();
    const { ipId, firstId, sourcePorts } = plan;
    this.#maker = new SynMaker(sourcePorts, (_, made) => {
      const { isn, tsval } = this.#words;
      return { seq: isn, tsval, ipId: ipId ?? ((firstId + made) % LARGEST_ID) + 1 };
    });
  }

  /**
   * SYNs to that address and port; without a route, made for the first interface: the kernel refuses them.
   */
  to(address: Address, port: number, form: ProofSynForm): MakeSyn {
    const { routes } = this.#plan;
    return () => {
      const source = routes.sources[Math.max(0, routes.lookup(address))] as Source;
      const template = craftSyn(withProof(form, this.#present(), source), source);
      return this.#maker.make(template, address, port).bytes;
    };
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

function withProof({ spec, carriers }: ProofSynForm, words: ProofWords, source: Source): SynSpec {
  const own = synOptionsText(spec, source);
  const proof = formatOptions([proofOption(words)]);
  return {
    ...spec,
    options: !carriers.includes('option') ? spec.options : own === 'none' ? proof : `${own},${proof}`,
    payload: carriers.includes('data') ? concatBytes([words.data, spec.payload]) : spec.payload,
  };
}
