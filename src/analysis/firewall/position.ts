import type { Address } from '../../wire/address.ts';
import { isLonely } from './answered-by.ts';
import { hopsOf, type PortTests } from './port-tests.ts';
import type { TargetFacts } from './target-facts.ts';

/** A place on the path to the target. */
export interface Position {
  /** 1 is the first router; null when only the distance to the target is known. */
  readonly hop: number | null;
  /** Null when the router is unknown. */
  readonly address: Address | null;
  /** Hops before the target: 0 is the target's own place. Null when the target's is unknown. */
  readonly hopsBefore: number | null;
}

/** Where the answer to a port's usual SYN was made: a router's place where a reset may be that router's. */
export function answerPosition(tests: PortTests, facts: TargetFacts): Position | null {
  const { reply } = tests.syn;
  if (reply === null) return null;
  if (reply.ip.source !== facts.target) return routerPosition(reply.ip.source, hopsOf(reply), facts);
  const { baseline, hostTtl } = facts;
  const hops = hopsOf(reply);
  if (isLonely(tests, facts)) return { hop: hops, address: facts.routers.get(hops) ?? null, hopsBefore: null };
  const hopsBefore = baseline === null ? null : baseline.hops - hops;
  // Counted from the target where possible: both numbers are then of the reverse path, which may be longer.
  const hop = hostTtl === null || hopsBefore === null ? hops : hostTtl - hopsBefore;
  return hop < 1 ? { hop: null, address: null, hopsBefore } : { hop, address: facts.routers.get(hop) ?? null, hopsBefore };
}

/** The farthest router that a port's SYNs are known to have reached; null when there is none. */
export function lastRouter(tests: PortTests, facts: TargetFacts): Position | null {
  const reached = tests.expired.filter(({ address }) => address !== facts.target).toSorted((a, b) => b.ttl - a.ttl)[0];
  if (reached === undefined) return null;
  const { ttl: hop, address } = reached;
  return { hop, address, hopsBefore: facts.hostTtl === null ? null : facts.hostTtl - hop };
}

function routerPosition(address: Address, guess: number, { routers, hostTtl }: TargetFacts): Position {
  const known = [...routers].find(([, router]) => router === address)?.[0];
  const hop = known ?? guess;
  return { hop, address, hopsBefore: hostTtl === null || hop > hostTtl ? null : hostTtl - hop };
}
