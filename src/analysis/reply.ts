import type { DecodedPacket, TcpSegment, TcpOption } from '../wire/decoded.ts';
import { TcpFlag } from '../wire/tcp-flags.ts';
import { initialTtl } from '../probe/craft/profiles.ts';

/** SYN and ACK without RST and FIN; ECN bits may be set. */
function isSynAck(segment: TcpSegment): boolean {
  return (segment.header.flags & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST | TcpFlag.FIN)) === (TcpFlag.SYN | TcpFlag.ACK);
}

/** The packet's segment where it is a SYN-ACK, else null. */
export function synAckOf(packet: DecodedPacket | null): TcpSegment | null {
  const segment = packet?.tcp ?? null;
  return segment !== null && isSynAck(segment) ? segment : null;
}

/** The packet's segment where it is a reset, else null. */
export function resetOf(packet: DecodedPacket | null): TcpSegment | null {
  const segment = packet?.tcp ?? null;
  return segment !== null && (segment.header.flags & TcpFlag.RST) !== 0 ? segment : null;
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
