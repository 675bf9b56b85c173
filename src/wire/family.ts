import type { Address } from './address.ts';

/** An address family, named by its IP version. Another member makes the table below fail to compile. */
export type Family = 4;

/** The family of every address so far. */
export const IPV4: Family = 4;

/** What differs from one family to the next. */
interface FamilyFacts {
  /** Of an IP header without options (RFC 791, 3.1). */
  readonly headerBytes: number;
  readonly addressBytes: number;
  /** The first byte of the shortest header: version and length. */
  readonly firstByte: number;
  /** AF_INET, the same on every system. */
  readonly socketFamily: number;
  /** EtherType (IEEE 802 numbers). */
  readonly etherType: number;
}

const FACTS: Readonly<Record<Family, FamilyFacts>> = {
  [IPV4]: { headerBytes: 20, addressBytes: 4, firstByte: 0x45, socketFamily: 2, etherType: 0x0800 },
};

/** The family of an address. */
export function familyOf(_address: Address): Family {
  return IPV4;
}

/** Bytes of an IP header without options or extensions. */
export function headerBytes(family: Family): number {
  return FACTS[family].headerBytes;
}

/** Bytes of an address on the wire. */
export function addressBytes(family: Family): number {
  return FACTS[family].addressBytes;
}

/** The first byte of an IP header without options. */
export function firstHeaderByte(family: Family): number {
  return FACTS[family].firstByte;
}

/** `sa_family`, and the family of a netlink message. */
export function socketFamily(family: Family): number {
  return FACTS[family].socketFamily;
}

/** The EtherType of the family's packets. */
export function etherType(family: Family): number {
  return FACTS[family].etherType;
}
