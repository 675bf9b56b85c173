import { type Address, formatAddress } from '../../wire/address.ts';

/** ATF_COM: the entry has a hardware address. The kernel shows 0 for INCOMPLETE and FAILED (net/ipv4/arp.c, arp_state_to_flags). */
const ATF_COM = 0x2;

/** Whether /proc/net/arp, given as `text`, has an entry for `neighbour` on that interface without a hardware address. */
export function isUnresolvedIn(text: string, interfaceName: string, neighbour: Address): boolean {
  const dotted = formatAddress(neighbour);
  return text.split('\n').some((line) => {
    const fields = line.trim().split(/\s+/);
    return fields[0] === dotted && fields[5] === interfaceName && (Number(fields[2]) & ATF_COM) === 0;
  });
}
