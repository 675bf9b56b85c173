import type { Evidence, FindingRule } from '../evidence.ts';
import { type Finding, finding } from '../finding.ts';
import type { HostFacts } from '../host-ledger.ts';
import { formatHops, hopDistance, synAckOf } from '../reply.ts';

/**
 * `possible`: forwarding to containers, load balancers and unequal paths do the same without harm. Resets are
 * left to rst-injected. Where only two ports differ, both are reported, and each names the other.
 */
export const ttlMismatch: FindingRule = {
  description: "a SYN-ACK travelled another number of hops than the SYN-ACKs of the host's other ports",
  find({ reply, conflict, host }: Evidence): readonly Finding[] {
    const packet = synAckOf(reply) === null ? conflict : reply;
    const segment = synAckOf(packet);
    if (packet === null || segment === null || host === null || host.port === segment.header.sourcePort) return [];
    if (!isUnusual(packet.ip.ttl, host)) return [];
    const detail =
      `This SYN-ACK arrived with TTL ${packet.ip.ttl} (about ${formatHops(packet.ip.ttl)}), the one from port ${host.port} with TTL ${host.ttl} ` +
      `(about ${formatHops(host.ttl)}): another machine seems to answer on one of the two ports (a proxy, load balancer, container or NAT), ` +
      `or the paths differ; which of them cannot be told from the TTL.`;
    return [finding('ttl-mismatch', 'possible', detail, { received: packet.ip.ttl })];
  },
};

/** True where more SYN-ACKs of the host came over another number of hops than over this one. */
function isUnusual(ttl: number, host: HostFacts): boolean {
  const alike = host.hopGroups.find(({ distance }) => distance === hopDistance(ttl))?.synAcks ?? 0;
  return host.hopGroups.some(({ synAcks }) => synAcks > alike);
}
