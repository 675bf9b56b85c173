import { lookupService } from 'node:dns/promises';

import { type Address, formatAddress } from '../wire/address.ts';

/** How long a name is waited for. */
const PATIENCE_MS = 1000;
/** The service of port 0 is not asked for; getnameinfo(3) wants one. */
const NO_SERVICE = 0;

/** Names of addresses, each asked for once; a resolver that does not answer in time costs a second, once, and the name. */
export class HopNames {
  readonly #asked: Map<Address, Promise<void>> = new Map();
  readonly #names: Map<Address, string> = new Map();

  /** The name, if it is known by now. */
  nameOf(address: Address): string | null {
    return this.#names.get(address) ?? null;
  }

  /** Resolves when all of these are known, or have been waited for long enough. */
  async learn(addresses: readonly Address[]): Promise<void> {
    await Promise.all(addresses.map((address) => this.#ask(address)));
  }

  #ask(address: Address): Promise<void> {
    let asked = this.#asked.get(address);
    if (asked === undefined) {
      asked = Promise.race([this.#lookUp(address), patience()]);
      this.#asked.set(address, asked);
    }
    return asked;
  }

  async #lookUp(address: Address): Promise<void> {
    const text = formatAddress(address);
    try {
      const { hostname } = await lookupService(text, NO_SERVICE);
      if (hostname !== text) this.#names.set(address, hostname);
    } catch {
      // An address without a name is shown as it is.
    }
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS).unref();
  });
}
