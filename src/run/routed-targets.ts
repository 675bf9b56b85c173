import { type PortSet, portsIn } from '../probe/targets/ports.ts';
import type { TargetSet } from '../probe/targets/targets.ts';
import type { TargetName } from '../records/probe/build.ts';
import type { Routes, Source } from '../transport/transport.ts';
import { formatAddress } from '../wire/address.ts';

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

/** The targets of a run in order, each looked up when its turn comes. */
export function* routedTargets({ targets }: { readonly targets: TargetSet }, routes: Routes): Generator<RoutedTarget> {
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

/** All (target, port) pairs of a run in order. */
export function* routedPairs(
  run: { readonly targets: TargetSet; readonly ports: PortSet },
  routes: Routes,
): Generator<RoutedPair> {
  for (const target of routedTargets(run, routes)) yield* pairsOf(target, run.ports);
}
