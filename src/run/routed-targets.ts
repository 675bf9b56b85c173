import type { ConnectionPlan } from '../probe/connection/connection-session.ts';
import { type PortSet, portsIn } from '../probe/targets/ports.ts';
import type { TargetName } from '../records/probe/build.ts';
import type { Routes, Source } from '../transport/transport.ts';
import { formatAddress } from '../wire/address.ts';
import type { RunFacts } from './run-records.ts';

/** A target and the route to it. */
export interface RoutedTarget extends TargetName {
  /** Where packets to it leave; null without a route. */
  readonly source: Source | null;
  /** Why there is no route; 0 with one. */
  readonly errno: number;
}

/** A port of it. */
export interface RoutedPair extends Omit<RoutedTarget, 'text' | 'hostname'> {
  /** What its record is called. */
  readonly name: { readonly target: string; readonly hostname: string | null; readonly port: number };
}

/** A pair with a route. */
export interface ReachablePair extends RoutedPair {
  readonly source: Source;
}

/** The targets of a run in order, each looked up when its turn comes. */
export function* routedTargets({ targets }: Pick<RunFacts, 'targets'>, routes: Routes): Generator<RoutedTarget> {
  for (let index = 0; index < targets.size; index++) {
    const address = targets.at(index);
    const route = routes.lookup(address);
    const source = routes.sources[route] ?? null;
    yield { address, text: formatAddress(address), hostname: targets.hostname(index), source, errno: Math.max(0, -route) };
  }
}

/** The (target, port) pairs of a target. */
export function pairsOf({ text: target, hostname, ...route }: RoutedTarget, ports: PortSet): readonly RoutedPair[] {
  return portsIn(ports).map((port) => ({ name: { target, hostname, port }, ...route }));
}

/**
 * A connection plan for each pair of a run, made when its turn comes. Pairs without a route go to
 * `unrouted`.
 */
export function* pairPlans(
  run: Pick<RunFacts, 'targets' | 'ports'>,
  routes: Routes,
  to: { readonly plan: (pair: ReachablePair) => ConnectionPlan; readonly unrouted: (pair: RoutedPair) => void },
): Generator<ConnectionPlan> {
  for (const target of routedTargets(run, routes)) {
    for (const pair of pairsOf(target, run.ports)) {
      const { source } = pair;
      if (source === null) to.unrouted(pair);
      else yield to.plan({ ...pair, source });
    }
  }
}
