import type { Source } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';

/** Distinct ways out, in the order they were found; an index stays valid. */
export class SourceList {
  readonly all: Source[] = [];
  readonly #interfaceIndexes: number[] = [];
  readonly #routeMtus: number[] = [];

  /** Place of the way out with these three, or -1. Linear: a host has a handful. */
  find(address: Address, interfaceIndex: number, routeMtu: number): number {
    for (let place = 0; place < this.all.length; place++) {
      const same = this.#interfaceIndexes[place] === interfaceIndex && this.#routeMtus[place] === routeMtu;
      if (same && (this.all[place] as Source).address === address) return place;
    }
    return -1;
  }

  add(source: Source, interfaceIndex: number, routeMtu: number): number {
    this.#interfaceIndexes.push(interfaceIndex);
    this.#routeMtus.push(routeMtu);
    return this.all.push(source) - 1;
  }
}
