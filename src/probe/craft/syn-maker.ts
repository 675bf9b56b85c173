import type { Address } from '../../wire/address.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import type { CookieNumbers, ProbeCookie } from './cookie.ts';

/** A 5-tuple. */
export interface Flow {
  readonly source: Address;
  readonly target: Address;
  readonly sourcePort: number;
  readonly port: number;
}

/** The numbers by which an answer names its SYN, unsigned. */
export interface SynNumbers extends Pick<CookieNumbers, 'tsval' | 'ipId'> {
  readonly seq: number;
}

/** Chooses the numbers of a SYN; `made` counts those that the maker has numbered before. */
export type SynNumbering = (flow: Flow, made: number) => SynNumbers;

/** A SYN and what tells it from others. */
export interface Syn extends Flow, SynNumbers {
  /** A whole IP packet. */
  readonly bytes: Uint8Array;
}

/**
 * Makes SYNs one at a time, for everything but the scan, which makes them by the block. Two SYNs to one port
 * share a source port only after all have been used.
 */
export class SynMaker {
  /** Reserved by the caller. */
  readonly #sourcePorts: readonly number[];
  readonly #numbering: SynNumbering;
  #made = 0;
  /** Where in turn the next SYN to each address and port takes its source port. */
  readonly #turns: Map<string, number> = new Map();

  constructor(sourcePorts: readonly number[], numbering: SynNumbering) {
    this.#sourcePorts = sourcePorts;
    this.#numbering = numbering;
  }

  /** The next SYN of that template to a port. */
  make(template: SynTemplate, target: Address, port: number): Syn {
    const named = this.number(template.source, target, port);
    const bytes = template.packet({ ...named, destination: target, destinationPort: port });
    return { ...named, bytes };
  }

  /** What the next SYN is named by, for a template that depends on it. */
  number(source: Address, target: Address, port: number): Flow & SynNumbers {
    const flow = { source, target, sourcePort: this.#sourcePort(`${target}:${port}`), port };
    return { ...flow, ...this.#numbering(flow, this.#made++) };
  }

  #sourcePort(pair: string): number {
    const turn = this.#turns.get(pair) ?? this.#turns.size;
    this.#turns.set(pair, turn + 1);
    return this.#sourcePorts[turn % this.#sourcePorts.length] as number;
  }
}

/** Numbers from the cookie, other ones for each SYN, where none are fixed. */
export function cookieNumbering(
  cookie: ProbeCookie,
  { seq, ipId }: { readonly seq: number | null; readonly ipId: number | null },
): SynNumbering {
  return ({ source, target, sourcePort, port }, made) => {
    const numbers = cookie.compute(source, target, (sourcePort << 16) | port, made);
    return { seq: seq ?? numbers.nonce >>> 0, tsval: numbers.tsval, ipId: ipId ?? numbers.ipId };
  };
}
