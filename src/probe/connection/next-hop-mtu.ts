import type { IcmpMessage } from '../../wire/decoded.ts';

const ICMP_UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;

/** Next-hop MTU of "fragmentation needed" (RFC 1191, 4); null in any other error, and where routers older than that leave 0. */
export function nextHopMtu({ type, code, rest }: IcmpMessage): number | null {
  const mtu = rest & 0xffff;
  return type === ICMP_UNREACHABLE && code === FRAGMENTATION_NEEDED && mtu > 0 ? mtu : null;
}
