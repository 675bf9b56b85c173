import type { MakeSyn } from '../../probe/responder/responder-query.ts';
import { proofOption, type ProofWords } from '../../probe/responder/proof.ts';
import type { ProvenSyns } from '../../probe/responder/proven-syns.ts';
import type { SynSpec } from '../../probe/craft/syn-spec.ts';
import type { Routes, Source } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import { concatBytes } from '../../wire/bytes.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import { formatOptions } from '../../wire/tcp-options.ts';
import { craftSyn, synOptionsText } from '../probe/prepare.ts';

/** Carriers of the proof that change the SYN, so that they are used only when asked for. */
export const EXTRA_CARRIERS = ['option', 'data'] as const;

/** One of them. */
export type ExtraCarrier = (typeof EXTRA_CARRIERS)[number];

/** What the SYNs look like. */
interface ResponderSynForm {
  readonly spec: SynSpec;
  readonly carriers: readonly ExtraCarrier[];
}

/** Makes SYNs with a proof, as they leave by the way out to each address. */
export class ResponderSynMakers {
  readonly #form: ResponderSynForm;
  readonly #routes: Routes;
  readonly #syns: ProvenSyns;
  readonly #templates: Map<number, SynTemplate> = new Map();
  #words: ProofWords | null = null;

  constructor(form: ResponderSynForm, routes: Routes, syns: ProvenSyns) {
    this.#form = form;
    this.#routes = routes;
    this.#syns = syns;
  }

  /** SYNs to that address and port. */
  to(address: Address, port: number): MakeSyn {
    return () => this.#syns.make(this.#template(this.#routes.lookup(address)), address, port);
  }

  /** Without a route the SYN is made for the first way out, and the kernel refuses it. */
  #template(route: number): SynTemplate {
    const { words } = this.#syns;
    if (words !== this.#words) this.#templates.clear();
    this.#words = words;
    const index = Math.max(0, route);
    const known = this.#templates.get(index);
    if (known !== undefined) return known;
    const source = this.#routes.sources[index] as Source;
    const template = craftSyn({ spec: this.#withProof(words, source) }, source);
    this.#templates.set(index, template);
    return template;
  }

  #withProof(words: ProofWords, source: Source): SynSpec {
    const { spec, carriers } = this.#form;
    const own = synOptionsText({ spec }, source.mtu);
    const proof = formatOptions([proofOption(words)]);
    return {
      ...spec,
      options: !carriers.includes('option') ? spec.options : own === 'none' ? proof : `${own},${proof}`,
      payload: carriers.includes('data') ? concatBytes([words.data, spec.payload]) : spec.payload,
    };
  }
}
