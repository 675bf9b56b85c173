import type { DecodedPacket, TcpSegment, TcpOption } from '../wire/decoded.ts';
import { formatTcpFlags, TcpFlag } from '../wire/tcp-flags.ts';
import { initialTtl } from '../probe/craft/profiles.ts';

/** The packet's segment where it is a SYN-ACK (without RST and FIN; ECN bits may be set), else null. */
export function synAckOf(packet: DecodedPacket | null): TcpSegment | null {
  const segment = packet?.tcp ?? null;
  const flags = (segment?.header.flags ?? 0) & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST | TcpFlag.FIN);
  return flags === (TcpFlag.SYN | TcpFlag.ACK) ? segment : null;
}

/** The packet's segment where it is a reset, else null. */
export function resetOf(packet: DecodedPacket | null): TcpSegment | null {
  const segment = packet?.tcp ?? null;
  return ((segment?.header.flags ?? 0) & TcpFlag.RST) === 0 ? null : segment;
}

/** The fields of a reset in which stacks differ: `R ttl 64 id 0 win 0`. */
export function resetInWords({ ip, tcp }: DecodedPacket): string {
  return `${formatTcpFlags(tcp?.header.flags ?? 0)} ttl ${ip.ttl} id ${ip.id} win ${tcp?.header.window ?? 0}`;
}

/** Options of the packet's TCP header; empty when there is none. */
export function optionsOf(packet: DecodedPacket | null): readonly TcpOption[] {
  return packet?.tcp?.header.options ?? [];
}

/** Routers that a packet with this TTL has passed: an estimate for usual initial TTLs and up to 31 hops. */
export function hopDistance(ttl: number): number {
  return initialTtl(ttl) - ttl;
}

/** The distance in words: `1 hop`, `3 hops`. */
export function formatHops(ttl: number): string {
  return hopsInWords(hopDistance(ttl));
}

/** `1 hop`, `3 hops`. */
export function hopsInWords(hops: number): string {
  return hops === 1 ? '1 hop' : `${hops} hops`;
}
