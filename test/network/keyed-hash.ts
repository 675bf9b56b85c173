import { endpointsOf, type Packet } from './packet.ts';

/** Numbers that look random and are the same for the same `values`, under `secret`: a keyed hash, good enough where nobody attacks. */
export function keyedHash(secret: number, ...values: readonly number[]): number {
  let hash = secret >>> 0;
  for (const value of values) {
    hash = Math.imul(hash ^ value, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  return hash >>> 0;
}

/** The same number for every packet of a TCP connection that goes this way: what load balancers and routers choose by. */
export function flowHash(packet: Packet): number {
  const { source, destination, sourcePort, destinationPort } = endpointsOf(packet);
  return keyedHash(0x5eed, source, destination, (sourcePort << 16) | destinationPort);
}
