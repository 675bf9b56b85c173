import { Resolver } from 'node:dns/promises';
import { setTimeout } from 'node:timers/promises';

import { type Address, formatAddress } from '../../wire/address.ts';

/** How long to wait for a name. */
const PATIENCE_MS = 1000;

/**
 * Names of addresses, each asked for once, for a second at most. Not by getnameinfo(3): it may hold for
 * long one of the few threads that captures are waited for on, and keep the process alive.
 */
export class HopNames {
  readonly #resolver: Resolver;
  readonly #asked: Map<Address, Promise<void>> = new Map();
  readonly #names: Map<Address, string> = new Map();

  /** `servers` takes the place of the system's name servers: `address` or `address:port`. */
  constructor(servers?: readonly string[]) {
    this.#resolver = new Resolver({ timeout: PATIENCE_MS, tries: 1 });
    if (servers !== undefined) this.#resolver.setServers(servers);
  }

  /** The name, if it is known by now. */
  nameOf(address: Address): string | null {
    return this.#names.get(address) ?? null;
  }

  /** Resolves when all of these are known, or have been waited for long enough. */
  async learn(addresses: readonly Address[]): Promise<void> {
    await Promise.all(addresses.map((address) => this.#ask(address)));
  }

  /** Gives up what is still asked for, so that nothing keeps the process. */
  close(): void {
    this.#resolver.cancel();
  }

  #ask(address: Address): Promise<void> {
    const asked = this.#asked.get(address) ?? Promise.race([this.#lookUp(address), patience()]);
    this.#asked.set(address, asked);
    return asked;
  }

  async #lookUp(address: Address): Promise<void> {
    try {
      const [name] = await this.#resolver.reverse(formatAddress(address));
      if (name !== undefined) this.#names.set(address, name);
    } catch {
      // An address without a name is shown as it is.
    }
  }
}

function patience(): Promise<void> {
  return setTimeout(PATIENCE_MS, undefined, { ref: false });
}
