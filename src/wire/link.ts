import { readU16, readU32 } from './bytes.ts';
import { FAMILIES, IPV4 } from './family.ts';
import { ipVersion } from './ipv4.ts';

/** What stands before the IP header in a capture, in libpcap's words (pcap-linktype(7)). */
export type LinkType = 'ethernet' | 'linux-sll' | 'linux-sll2' | 'raw' | 'null';

/** 802.1Q, 802.1ad, and the number that Q-in-Q used before it. */
const VLAN_ETHERTYPES: readonly number[] = [0x8100, 0x88a8, 0x9100];
const VLAN_TAG_BYTES = 4;

/** BSD loopback: the address family in the byte order of the capturing host, so in either end of the word. */
const NULL_HEADER_BYTES = 4;
const { socketFamily } = FAMILIES[IPV4];

/**
 * Where the IPv4 header of a captured frame of `length` bytes begins, behind VLAN tags; -1 when it carries
 * something else or ends before the shortest header does. Allocates nothing.
 */
export function ipOffset(link: LinkType, bytes: Uint8Array, length: number): number {
  const offset = payloadOffset(link, bytes, length);
  if (offset === -1 || length - offset < FAMILIES[IPV4].headerBytes) return -1;
  return ipVersion(bytes, offset) === IPV4 ? offset : -1;
}

function payloadOffset(link: LinkType, bytes: Uint8Array, length: number): number {
  switch (link) {
    case 'raw':
      return 0;
    case 'null':
      return length >= NULL_HEADER_BYTES && isInetFamily(readU32(bytes, 0)) ? NULL_HEADER_BYTES : -1;
    case 'ethernet':
      return ethertypePayload(bytes, length, 12, 14);
    case 'linux-sll':
      return ethertypePayload(bytes, length, 14, 16);
    case 'linux-sll2':
      return ethertypePayload(bytes, length, 0, 20);
    default:
      return link satisfies never;
  }
}

function isInetFamily(word: number): boolean {
  return word === socketFamily || word === socketFamily << 24;
}

/** A VLAN tag is 2 bytes and the EtherType of what follows (IEEE 802.1Q, 9.6), in cooked captures too. */
function ethertypePayload(bytes: Uint8Array, length: number, typeAt: number, payloadAt: number): number {
  if (length < payloadAt) return -1;
  let type = readU16(bytes, typeAt);
  let offset = payloadAt;
  while (VLAN_ETHERTYPES.includes(type)) {
    if (length - offset < VLAN_TAG_BYTES) return -1;
    type = readU16(bytes, offset + 2);
    offset += VLAN_TAG_BYTES;
  }
  return type === FAMILIES[IPV4].etherType ? offset : -1;
}
