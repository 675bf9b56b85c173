import type { Address } from './address.ts';

/** An address family, named by its IP version. Another member makes the table below fail to compile. */
export type Family = 4;

/** The family of every address so far. */
export const IPV4: Family = 4;

interface FamilyFacts {
  /** Of an IP header without options or extensions (RFC 791, 3.1). */
  readonly headerBytes: number;
  readonly addressBytes: number;
  /** The first byte of the shortest header: version and length. */
  readonly firstByte: number;
  /** `sa_family`, and the family of a netlink message: AF_INET, the same on every system. */
  readonly socketFamily: number;
  /** EtherType (IEEE 802 numbers). */
  readonly etherType: number;
}

/** What differs from one family to the next. */
export const FAMILIES: Readonly<Record<Family, FamilyFacts>> = {
  [IPV4]: { headerBytes: 20, addressBytes: 4, firstByte: 0x45, socketFamily: 2, etherType: 0x0800 },
};

/** The family of an address. */
export function familyOf(_address: Address): Family {
  return IPV4;
}
