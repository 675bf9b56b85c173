import type { Address } from '../../src/wire/address.ts';
import type { IcmpExtensionObject } from '../../src/wire/decoded.ts';
import { isIcmpError } from '../../src/wire/icmp.ts';
import { mplsObject } from '../../src/wire/icmp-extensions.ts';
import { encodeIcmpPacket } from '../../src/wire/packet.ts';
import { isIcmp, sourceOf, transportOf, type Packet } from './packet.ts';

/** How much of the offending packet an ICMP error quotes, and what follows the quote. */
export interface Quoting {
  /** Quoted bytes after the IP header: 8 by RFC 792, all that fits by RFC 1812, 4.3.2.3. */
  readonly payloadBytes: number;
  /** RFC 4884 objects; the quote is then padded and its length given. */
  readonly extensions?: readonly IcmpExtensionObject[];
  /** True keeps the length field 0, as senders did before RFC 4884. */
  readonly legacyExtensions?: boolean;
  /** Changes the packet before it is quoted (a NAT that does not restore). */
  readonly altered?: (packet: Packet) => Packet;
}

/** What to report and how. `rest` is bytes 4 to 7 of the message (next-hop MTU, gateway). */
export interface IcmpError {
  readonly type: number;
  readonly code: number;
  readonly rest?: number;
  readonly quoting?: Quoting;
}

/** IP header and 8 bytes, where TCP's ports and sequence number stand (RFC 792). */
export const QUOTE_8: Quoting = { payloadBytes: 8 };

/** IP header and 28 bytes: the option-less header of TCP and 8 more. */
export const QUOTE_28: Quoting = { payloadBytes: 28 };

/** What a kernel quotes: 576 bytes of message (RFC 1812, 4.3.2.3; net/ipv4/icmp.c). */
export const QUOTE_FULL: Quoting = { payloadBytes: 528 };

/** A full quote followed by an MPLS label stack entry (RFC 4950). */
export const QUOTE_MPLS: Quoting = {
  payloadBytes: 528,
  extensions: [mplsObject([{ label: 1234, trafficClass: 0, bottomOfStack: true, ttl: 1 }])],
};

/** The same from a router older than RFC 4884: no length field, the structure 128 bytes in. */
export const QUOTE_MPLS_LEGACY: Quoting = { ...QUOTE_MPLS, payloadBytes: 108, legacyExtensions: true };

/** The ICMP error about `packet` that `sender` sends to the packet's source. */
export function icmpErrorAbout(packet: Packet, sender: Address, error: IcmpError): Packet {
  const { type, code, rest = 0, quoting = QUOTE_FULL } = error;
  const seen = quoting.altered?.(packet) ?? packet;
  const quote = seen.subarray(0, transportOf(seen) + quoting.payloadBytes);
  // RFC 1812, 4.3.2.5: an error has precedence 6; kernels send it without DF.
  const ip = { source: sender, destination: sourceOf(packet), tos: 0xc0, df: false };
  const message = { type, code, rest, quote, legacyExtensions: quoting.legacyExtensions ?? false };
  return encodeIcmpPacket({ ...ip, ...message, ...(quoting.extensions === undefined ? {} : { extensions: quoting.extensions }) });
}

/** True for packets about which no ICMP error may be sent (RFC 1122, 3.2.2). */
export function isAboutAnError(packet: Packet): boolean {
  return isIcmp(packet) && isIcmpError(packet[transportOf(packet)] as number);
}
