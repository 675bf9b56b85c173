import type { DecodedPacket } from '../wire/decoded.ts';
import { hopDistance } from './hop-distance.ts';
import type { HopGroup, HostFacts } from './host-facts.ts';
import { synAckOf } from './syn-ack.ts';

/** About 15 MB when full. */
const DEFAULT_CAPACITY = 65_536;
const MAX_GROUPS = 4;
const NOTHING_KNOWN: HostFacts = { synAcks: 0, port: 0, ttl: 0, hopGroups: [], ipIdAlwaysZero: true, minRttMs: null };

/**
 * Learns what each target's SYN-ACKs look like. At most `capacity` targets are kept: the one whose facts were touched longest ago is forgotten, which
 * costs its later ports a comparison and nothing else. A target is named by any number of the caller's, such as its index.
 */
export class HostLedger {
  readonly #capacity: number;
  /** In order of use, oldest first: a Map iterates in order of insertion. */
  readonly #hosts: Map<number, HostFacts> = new Map();

  constructor(capacity: number = DEFAULT_CAPACITY) {
    this.#capacity = capacity;
  }

  /** Takes one packet of `target` into account; anything but a SYN-ACK is ignored. */
  learn(target: number, packet: DecodedPacket, rttMs: number | null): void {
    const segment = synAckOf(packet);
    if (segment === null) return;
    const known = this.#hosts.get(target) ?? NOTHING_KNOWN;
    const hopGroups = withDistance(known.hopGroups, packet.ip.ttl, segment.header.sourcePort);
    const { port, ttl } = largest(hopGroups);
    this.#touch(target, {
      synAcks: known.synAcks + 1,
      port,
      ttl,
      hopGroups,
      ipIdAlwaysZero: known.ipIdAlwaysZero && packet.ip.id === 0,
      minRttMs: smaller(known.minRttMs, rttMs),
    });
  }

  /** What is known of `target`, or null while no SYN-ACK of it was seen (or it was forgotten). */
  facts(target: number): HostFacts | null {
    const known = this.#hosts.get(target);
    if (known === undefined) return null;
    this.#touch(target, known);
    return known;
  }

  #touch(target: number, facts: HostFacts): void {
    this.#hosts.delete(target);
    this.#hosts.set(target, facts);
    if (this.#hosts.size <= this.#capacity) return;
    for (const oldest of this.#hosts.keys()) {
      this.#hosts.delete(oldest);
      return;
    }
  }
}

function withDistance(groups: readonly HopGroup[], ttl: number, port: number): readonly HopGroup[] {
  const distance = hopDistance(ttl);
  const isKnown = groups.some((group) => group.distance === distance);
  if (!isKnown) return groups.length < MAX_GROUPS ? [...groups, { distance, port, ttl, synAcks: 1 }] : groups;
  return groups.map((group) => (group.distance === distance ? { ...group, synAcks: group.synAcks + 1 } : group));
}

/** `groups` is not empty. */
function largest(groups: readonly HopGroup[]): HopGroup {
  return groups.reduce((best, group) => (group.synAcks > best.synAcks ? group : best));
}

function smaller(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
