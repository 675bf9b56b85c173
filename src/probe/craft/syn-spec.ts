import type { Address } from '../../wire/address.ts';
import type { ProfileName } from './profiles.ts';

/** What every SYN of a run looks like, apart from the fields that name the probe. */
export interface SynSpec {
  readonly profile: ProfileName;
  /** The `--options` text, or null for the profile's list with the MSS from the outgoing interface's MTU. */
  readonly options: string | null;
  readonly ttl: number;
  /** DSCP code point, 0 to 63. */
  readonly dscp: number;
  /** ECN-setup SYN: ECE and CWR set (RFC 3168, 6.1.1). */
  readonly ecn: boolean;
  /** The raw window, or null for the profile's. */
  readonly window: number | null;
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
