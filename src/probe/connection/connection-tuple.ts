import type { Address } from '../../wire/address.ts';

/** Both ends of a connection. */
export interface ConnectionTuple {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
}
