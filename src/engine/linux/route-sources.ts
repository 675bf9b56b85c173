import type { Routes, Source } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';

/** What the user fixed of the route. */
export interface RouteOptions {
  /** Every source has this address instead of the kernel's choice; it need not be ours. */
  readonly sourceIp: Address | null;
  /** Every target is reached through this interface. */
  readonly interface: string | null;
}

/** Routes that hold a socket. */
export interface OpenRoutes extends Routes {
  /** Idempotent; lookups after it fail with EBADF. */
  close(): void;
}

/** Distinct sources of packets, in the order they were found; an index stays valid. */
export class SourceList {
  readonly all: Source[] = [];
  readonly #interfaceIndexes: number[] = [];
  readonly #routeMtus: number[] = [];

  /** Place of the source with these three, or -1. Linear: a host has a handful. */
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
