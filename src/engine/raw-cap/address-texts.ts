import { type Address, formatAddress } from '../../wire/address.ts';

const PLACES = 4096;

/** Dotted quads of recent addresses: formatting one costs more than the binding's whole send, and a run repeats its targets. */
export class AddressTexts {
  readonly #addresses = new Uint32Array(PLACES);
  readonly #texts: string[] = Array.from({ length: PLACES }, () => '0.0.0.0');

  /** `formatAddress(address)`. */
  of(address: Address): string {
    const place = (address ^ (address >>> 12)) & (PLACES - 1);
    if (this.#addresses[place] !== address) {
      this.#addresses[place] = address;
      this.#texts[place] = formatAddress(address);
    }
    return this.#texts[place] as string;
  }
}
