import type { Address } from '../../../src/wire/address.ts';
import { seq, type Seq } from '../../../src/wire/numbers.ts';
import { decodePacket } from '../../../src/wire/packet.ts';
import type { Endpoints, Packet } from '../packet.ts';

/** "Fragmentation needed" about a segment that this host sent (RFC 1191, 4). */
export interface TooBig {
  /** Of a packet from the peer: its source is the peer. */
  readonly endpoints: Endpoints;
  readonly seq: Seq;
  /** Bytes of the largest packet that passes. */
  readonly mtu: number;
}

/** Linux accepts no smaller path MTU (net.ipv4.route.min_pmtu). */
const SMALLEST_PATH_MTU = 552;

/** Reads ICMP 3/4; null for any other packet, or where the quote is too short. */
export function readTooBig(packet: Packet): TooBig | null {
  const decoded = decodePacket(packet);
  const icmp = decoded.ok ? decoded.value.icmp : null;
  if (icmp?.type !== 3 || icmp.code !== 4 || icmp.quote === null) return null;
  const { ip, sourcePort, destinationPort, seq: quoted } = icmp.quote;
  if (sourcePort === null || destinationPort === null || quoted === null) return null;
  const ports = { sourcePort: destinationPort, destinationPort: sourcePort };
  const mtu = Math.max(icmp.rest & 0xffff, SMALLEST_PATH_MTU);
  return { endpoints: { source: ip.destination, destination: ip.source, ...ports }, seq: seq(quoted), mtu };
}

/** Path MTUs that a host has learned. */
export class PathMtus {
  readonly #known: Map<Address, number> = new Map();

  /** Remembers `mtu` unless a smaller one is known. */
  learn(peer: Address, mtu: number): void {
    this.#known.set(peer, this.to(peer, mtu));
  }

  /** The path's MTU, `otherwise` at most. */
  to(peer: Address, otherwise: number): number {
    return Math.min(this.#known.get(peer) ?? otherwise, otherwise);
  }
}
