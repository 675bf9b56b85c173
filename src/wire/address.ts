import { readU32, writeU32 } from './bytes.ts';

/** An IPv4 address as an unsigned 32-bit number, network order read as big-endian. */
type Ipv4 = number & { readonly __ipv4: unique symbol };

/** Of any supported family. Opaque outside wire/: compare with `===`; nothing may assume 32 bits. */
export type Address = Ipv4;

/** `0.0.0.0`: the kernel fills the source in where a raw packet carries it (ip(7), IP_HDRINCL). */
export const UNSPECIFIED: Address = 0 as Ipv4;

/** Addresses as the 32-bit words of a typed array, where a scan keeps one for each of its many packets. */
export type AddressColumn = Int32Array;

/** Whether packets to it never leave this host: 127/8 (RFC 1122, 3.2.1.3). */
export function isLoopback(address: Address): boolean {
  return address >>> 24 === 127;
}

/** Reads the address that stands at `offset`, 4 bytes in network order. The caller has checked the length. */
export function readAddress(bytes: Uint8Array, offset: number): Address {
  return readU32(bytes, offset) as Ipv4;
}

/** Writes `address` at `offset`, 4 bytes in network order. */
export function writeAddress(bytes: Uint8Array, offset: number, address: Address): void {
  writeU32(bytes, offset, address);
}

/** Dotted quad. */
export function formatAddress(address: Address): string {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
}

/** Four decimal octets without leading zeros (an octal trap in inet_aton), or `null`. */
export function parseAddress(text: string): Address | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  let value = 0;
  for (const octet of match.slice(1)) {
    const number = Number(octet);
    if (number > 255 || (octet.length > 1 && octet.startsWith('0'))) return null;
    value = value * 256 + number;
  }
  return value as Ipv4;
}

/** The address `count` places after `base`; the caller keeps it inside the family's range. */
export function addressPlus(base: Address, count: number): Address {
  return (base + count) as Ipv4;
}

/** How many places `a` lies after `b`; negative when before. */
export function addressDistance(a: Address, b: Address): number {
  return a - b;
}
