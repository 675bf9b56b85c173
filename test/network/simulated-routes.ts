import type { Routes, Source } from '../../src/transport/transport.ts';
import type { Address } from '../../src/wire/address.ts';
import type { Local } from './local.ts';

/** The routing table of a simulated prober: one interface, and addresses without a route. */
export class SimulatedRoutes implements Routes {
  readonly sources: readonly Source[];
  readonly #local: Local;

  constructor(local: Local) {
    this.#local = local;
    this.sources = [{ address: local.address, interface: local.interface, mtu: local.mtu }];
  }

  lookup(target: Address): number {
    const errno = this.#local.noRoute.get(target);
    return errno === undefined ? 0 : -errno;
  }

  isLocal(address: Address): boolean {
    return address === this.#local.address;
  }

  isUnresolved(target: Address): boolean {
    return this.#local.noNeighbour.includes(target);
  }
}
