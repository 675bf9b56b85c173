import { readU16, readU32 } from './bytes.ts';
import { IPV4_HEADER_BYTES } from './ipv4.ts';

/** What stands before the IP header in a capture, in libpcap's words (pcap-linktype(7)). */
export type LinkType = 'ethernet' | 'linux-sll' | 'linux-sll2' | 'raw' | 'null';

const ETHERTYPE_IPV4 = 0x0800;

/** 802.1Q, 802.1ad, and the number that Q-in-Q used before it. */
const VLAN_ETHERTYPES: readonly number[] = [0x8100, 0x88a8, 0x9100];
const VLAN_TAG_BYTES = 4;

/** Where each link type has its EtherType, and where what it names begins. */
const ETHERTYPE_AT = { ethernet: 12, 'linux-sll': 14, 'linux-sll2': 0 } as const;
const PAYLOAD_AT = { ethernet: 14, 'linux-sll': 16, 'linux-sll2': 20 } as const;

/** BSD loopback: the address family in the byte order of the capturing host; AF_INET is 2 everywhere. */
const AF_INET_BIG_ENDIAN = 0x0000_0002;
const AF_INET_LITTLE_ENDIAN = 0x0200_0000;
const NULL_HEADER_BYTES = 4;

/**
 * Where the IPv4 header of a captured frame of `length` bytes begins, VLAN tags skipped; -1 when it carries something else or ends
 * before 20 bytes of it. Allocates nothing.
 */
export function ipOffset(link: LinkType, bytes: Uint8Array, length: number): number {
  const offset = payloadOffset(link, bytes, length);
  if (offset === -1 || length - offset < IPV4_HEADER_BYTES) return -1;
  return (bytes[offset] as number) >>> 4 === 4 ? offset : -1;
}

function payloadOffset(link: LinkType, bytes: Uint8Array, length: number): number {
  switch (link) {
    case 'raw':
      return 0;
    case 'null':
      return isInetFamily(bytes, length) ? NULL_HEADER_BYTES : -1;
    case 'ethernet':
    case 'linux-sll':
    case 'linux-sll2':
      return ethertypePayload(bytes, length, ETHERTYPE_AT[link], PAYLOAD_AT[link]);
    default:
      return link satisfies never;
  }
}

function isInetFamily(bytes: Uint8Array, length: number): boolean {
  if (length < NULL_HEADER_BYTES) return false;
  const family = readU32(bytes, 0);
  return family === AF_INET_BIG_ENDIAN || family === AF_INET_LITTLE_ENDIAN;
}

/** A VLAN tag is 2 bytes of tag and the EtherType of what follows (IEEE 802.1Q, 9.6); cooked captures keep it in their payload. */
function ethertypePayload(bytes: Uint8Array, length: number, typeAt: number, payloadAt: number): number {
  if (length < payloadAt) return -1;
  let type = readU16(bytes, typeAt);
  let offset = payloadAt;
  while (VLAN_ETHERTYPES.includes(type)) {
    if (length - offset < VLAN_TAG_BYTES) return -1;
    type = readU16(bytes, offset + 2);
    offset += VLAN_TAG_BYTES;
  }
  return type === ETHERTYPE_IPV4 ? offset : -1;
}
