import type { DecodedPacket } from '../wire/decoded.ts';
import { hopDistance, synAckOf } from './reply.ts';

/** SYN-ACKs that came over the same number of hops. */
export interface HopGroup {
  readonly distance: number;
  /** The lowest of their ports, and the TTL of its SYN-ACK. */
  readonly port: number;
  readonly ttl: number;
  readonly synAcks: number;
}

/** What the SYN-ACKs of one target have in common so far: the baseline for its resets and its other ports. */
export interface HostFacts {
  /** SYN-ACKs counted. */
  readonly synAcks: number;
  /** Port and TTL of the largest hop group; among equals, of the one with the lowest port. */
  readonly port: number;
  readonly ttl: number;
  /** In order of appearance, at most sixteen: different machines may serve the ports of one address. */
  readonly hopGroups: readonly HopGroup[];
  /** True while every SYN-ACK carried IP ID 0. */
  readonly ipIdAlwaysZero: boolean;
  /** Smallest and largest SYN-ACK RTT in milliseconds, or null when none was measured. */
  readonly minRttMs: number | null;
  readonly maxRttMs: number | null;
}

/** About 15 MB when full. */
const DEFAULT_CAPACITY = 65_536;
const MAX_GROUPS = 16;
const LEAST_LEAD = 4;
const UNKNOWN: HostFacts = { synAcks: 0, port: 0, ttl: 0, hopGroups: [], ipIdAlwaysZero: true, minRttMs: null, maxRttMs: null };

/** The facts of one target, in a list ordered by use. */
interface Entry {
  readonly target: number;
  facts: HostFacts;
  older: Entry | null;
  newer: Entry | null;
}

/**
 * Learns what each target's SYN-ACKs look like. Of more than `capacity` targets the least recently used is
 * forgotten, which costs its later ports a comparison and nothing else. The caller numbers the targets.
 */
export class HostLedger {
  readonly #capacity: number;
  readonly #hosts: Map<number, Entry> = new Map();
  /** Ends of the list in order of use: every reset of a scan is a use, and moving in a Map costs more. */
  #oldest: Entry | null = null;
  #newest: Entry | null = null;

  constructor(capacity: number = DEFAULT_CAPACITY) {
    this.#capacity = capacity;
  }

  /** Takes a packet of `target` into account; ignores anything but a SYN-ACK. */
  learn(target: number, packet: DecodedPacket, rttMs: number | null): void {
    const segment = synAckOf(packet);
    if (segment === null) return;
    const entry = this.#entry(target);
    const known = entry.facts;
    const hopGroups = withDistance(known.hopGroups, packet.ip.ttl, segment.header.sourcePort);
    const { port, ttl } = largest(hopGroups);
    entry.facts = {
      synAcks: known.synAcks + 1,
      port,
      ttl,
      hopGroups,
      ipIdAlwaysZero: known.ipIdAlwaysZero && packet.ip.id === 0,
      minRttMs: oneOf(Math.min, known.minRttMs, rttMs),
      maxRttMs: oneOf(Math.max, known.maxRttMs, rttMs),
    };
  }

  /** What is known of `target`; null while no SYN-ACK of it was seen, or when it was forgotten. */
  facts(target: number): HostFacts | null {
    const entry = this.#newest?.target === target ? this.#newest : this.#hosts.get(target);
    if (entry === undefined) return null;
    this.#touch(entry);
    return entry.facts;
  }

  /** The same without one learned SYN-ACK of that TTL; null when there was no other. */
  factsBeside(target: number, ttl: number): HostFacts | null {
    const known = this.facts(target);
    if (known === null) return null;
    const distance = hopDistance(ttl);
    const without = (group: HopGroup): HopGroup =>
      group.distance === distance ? { ...group, synAcks: group.synAcks - 1 } : group;
    const hopGroups = known.hopGroups.map(without).filter(({ synAcks }) => synAcks > 0);
    if (hopGroups.length === 0) return null;
    const { port, ttl: usualTtl } = largest(hopGroups);
    return { ...known, synAcks: known.synAcks - 1, port, ttl: usualTtl, hopGroups };
  }

  /** The target's entry, created if need be and moved to the newest place. */
  #entry(target: number): Entry {
    const known = this.#hosts.get(target);
    const entry = known ?? { target, facts: UNKNOWN, older: null, newer: null };
    if (known === undefined) this.#hosts.set(target, entry);
    this.#touch(entry);
    const oldest = this.#oldest;
    if (this.#hosts.size <= this.#capacity || oldest === null) return entry;
    this.#unlink(oldest);
    this.#hosts.delete(oldest.target);
    return entry;
  }

  #touch(entry: Entry): void {
    if (entry === this.#newest) return;
    this.#unlink(entry);
    entry.older = this.#newest;
    if (this.#newest !== null) this.#newest.newer = entry;
    this.#newest = entry;
    this.#oldest ??= entry;
  }

  /** Removes an entry from the list, if it is there. */
  #unlink(entry: Entry): void {
    const { older, newer } = entry;
    if (older !== null) older.newer = newer;
    if (newer !== null) newer.older = older;
    if (entry === this.#oldest) this.#oldest = newer;
    if (entry === this.#newest) this.#newest = older;
    entry.older = null;
    entry.newer = null;
  }
}

/**
 * The distance from which so many more SYN-ACKs came than from any other that the order of answers cannot
 * explain it; null before. When another machine serves nine ports, four of them come first in one run of 126.
 */
export function usualDistance({ hopGroups }: HostFacts): number | null {
  const { distance, synAcks } = largest(hopGroups);
  const most = hopGroups.reduce((count, group) => (group.distance === distance ? count : Math.max(count, group.synAcks)), 0);
  return synAcks - most >= LEAST_LEAD ? distance : null;
}

function withDistance(groups: readonly HopGroup[], ttl: number, port: number): readonly HopGroup[] {
  const distance = hopDistance(ttl);
  const isKnown = groups.some((group) => group.distance === distance);
  if (!isKnown) return groups.length < MAX_GROUPS ? [...groups, { distance, port, ttl, synAcks: 1 }] : groups;
  return groups.map((group) => {
    if (group.distance !== distance) return group;
    const synAcks = group.synAcks + 1;
    return port < group.port ? { distance, port, ttl, synAcks } : { ...group, synAcks };
  });
}

/** `groups` is not empty. The result must not depend on the order of answers. */
function largest(groups: readonly HopGroup[]): HopGroup {
  return groups.reduce((best, group) => {
    const more = group.synAcks - best.synAcks;
    return more > 0 || (more === 0 && group.port < best.port) ? group : best;
  });
}

function oneOf(choose: (a: number, b: number) => number, a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : choose(a, b);
}
