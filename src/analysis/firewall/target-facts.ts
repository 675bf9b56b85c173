import type { TargetEvidence } from '../../probe/firewall/firewall-plan.ts';
import type { Address } from '../../wire/address.ts';
import { classOf, hopsOf, PortTests, tcpReplyOf } from './port-tests.ts';

/** The TCP answer from farthest away: what the host's own answers look like. */
export interface Baseline {
  readonly port: number;
  /** Routers on the reverse path, plus one. */
  readonly hops: number;
  readonly ttl: number;
}

/** What the tests of all ports show about a target and the path to it. */
export interface TargetFacts {
  readonly target: Address;
  readonly ports: readonly PortTests[];
  /** Null while nothing has answered by TCP. */
  readonly baseline: Baseline | null;
  /** The TTL with which SYNs reach what answers from as far away as the baseline; null when unknown. */
  readonly hostTtl: number | null;
  /** Addresses of routers, by hop. */
  readonly routers: ReadonlyMap<number, Address>;
  /** The largest TTL that ran out before the target, which is farther away; 0 when none did. */
  readonly expiredAt: number;
  /** SYNs expired at the target's own address: it forwards ports to machines behind it. */
  readonly forwards: boolean;
}

/** Compares the ports of a target. */
export function targetFacts({ target, ports: evidence }: Pick<TargetEvidence, 'target' | 'ports'>): TargetFacts {
  const ports = evidence.map((one) => new PortTests(one));
  const expired = ports.flatMap((one) => one.expired);
  const elsewhere = expired.filter(({ address }) => address !== target);
  const baseline = farthestAnswer(ports);
  return {
    target,
    ports,
    baseline,
    hostTtl: baseline === null ? null : ttlTo(baseline, ports),
    routers: new Map(elsewhere.toReversed().map(({ ttl, address }) => [ttl, address])),
    expiredAt: Math.max(0, ...elsewhere.map(({ ttl }) => ttl)),
    forwards: elsewhere.length < expired.length,
  };
}

/** What answers a wrong checksum is no host. */
function farthestAnswer(ports: readonly PortTests[]): Baseline | null {
  let farthest: Baseline | null = null;
  for (const { port, all } of ports) {
    for (const test of all) {
      const reply = test.kind === 'syn-badsum' ? null : tcpReplyOf(test);
      if (reply === null || (farthest !== null && hopsOf(reply) <= farthest.hops)) continue;
      farthest = { port, hops: hopsOf(reply), ttl: reply.ip.ttl };
    }
  }
  return farthest;
}

/** The largest TTL among ports that are answered from there: a nearer device may need less. */
function ttlTo({ hops }: Baseline, ports: readonly PortTests[]): number | null {
  const ttls = ports
    .filter(({ syn }) => classOf(syn) === 'open' || classOf(syn) === 'rst')
    .filter(({ syn }) => syn.reply !== null && hopsOf(syn.reply) === hops)
    .flatMap((one) => one.answeringTtl ?? []);
  return ttls.length === 0 ? null : Math.max(...ttls);
}
