import type { Address } from '../wire/address.ts';

/** What every SYN of a run looks like, apart from the fields that name the probe. */
export interface SynSpec {
  /** The `--options` text, or null for the default list with the MSS from the outgoing interface's MTU. */
  readonly options: string | null;
  readonly ttl: number;
  /** DSCP code point, 0 to 63. */
  readonly dscp: number;
  /** ECN-setup SYN: ECE and CWR set (RFC 3168, 6.1.1). */
  readonly ecn: boolean;
  readonly window: number;
  /** A fixed ISN for every probe, or null for the keyed cookie. */
  readonly seq: number | null;
  /** A fixed IP identification, or null for one derived from the cookie. */
  readonly ipId: number | null;
  readonly df: boolean;
  readonly payload: Uint8Array;
  /** Send a TCP checksum that is wrong (`--badsum`). */
  readonly badChecksum: boolean;
  /** A fixed source address, or null for what the route says. */
  readonly sourceIp: Address | null;
}
