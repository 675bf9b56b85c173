import type { PortSet } from '../probe/targets/ports.ts';
import type { TargetSet } from '../probe/targets/targets.ts';
import type { Routes, Source } from '../transport/transport.ts';
import { type Address, formatAddress } from '../wire/address.ts';

/** A target and the route to it. */
export interface RoutedTarget {
  readonly address: Address;
  /** `address` as text, for records. */
  readonly target: string;
  readonly hostname: string | null;
  /** Where packets to it leave; null without a route. */
  readonly source: Source | null;
  /** Why there is no route; 0 with one. */
  readonly errno: number;
}

/** A port of it. */
export interface RoutedPair extends Pick<RoutedTarget, 'address' | 'source' | 'errno'> {
  /** What its record is called. */
  readonly name: { readonly target: string; readonly hostname: string | null; readonly port: number };
}

/** The targets of a run in order, each looked up when its turn comes. */
export function* routedTargets({ targets }: { readonly targets: TargetSet }, routes: Routes): Generator<RoutedTarget> {
  for (let index = 0; index < targets.size; index++) {
    const address = targets.at(index);
    const route = routes.lookup(address);
    const source = route < 0 ? null : (routes.sources[route] ?? null);
    const errno = Math.max(0, -route);
    yield { address, target: formatAddress(address), hostname: targets.hostname(index), source, errno };
  }
}

/** The ports of a set as an array; for the few ports of a run that looks at each closely. */
export function portsIn(ports: PortSet): readonly number[] {
  return Array.from({ length: ports.size }, (_, place) => ports.at(place));
}

/** All (target, port) pairs of a run in order. */
export function* routedPairs(
  run: { readonly targets: TargetSet; readonly ports: PortSet },
  routes: Routes,
): Generator<RoutedPair> {
  for (const { target, hostname, address, source, errno } of routedTargets(run, routes)) {
    for (const port of portsIn(run.ports)) yield { name: { target, hostname, port }, address, source, errno };
  }
}
