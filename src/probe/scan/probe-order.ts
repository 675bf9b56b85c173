import { createPairOrder, type PairOrder, type PairOrderSpec } from './pair-order.ts';
import type { PortSet } from '../targets/ports.ts';

/** Ports that tend to be let through, or reset, where all others are dropped. */
const TELLING_PORTS: readonly number[] = [443, 80, 22, 3389, 445, 25, 53, 8080, 8443, 135, 139, 113, 21, 23, 110, 143];
/** Most pairs that are moved to the front. */
const MAX_EARLY = 64;
/** With so few pairs the first window holds most of them. */
const FEW_PAIRS = 128;

/** What an order of probes depends on. */
export interface ProbeOrderSpec extends Omit<PairOrderSpec, 'total'> {
  readonly targets: number;
  readonly ports: PortSet;
}

/**
 * The order of `createPairOrder`; if it is random and the targets are few, ports that are likely to answer
 * come first: until one answers, nothing is known of the path and little may be in flight.
 */
export function createProbeOrder({ targets, ports, ...spec }: ProbeOrderSpec): PairOrder {
  const total = targets * ports.size;
  const order = createPairOrder({ ...spec, total });
  if (!spec.randomize || total <= FEW_PAIRS || targets > MAX_EARLY) return order;
  const early = earlyPairs(targets, ports).filter((pair) => order.positionOf(pair) >= 0);
  return early.length === 0 ? order : withEarly(order, early);
}

function earlyPairs(targets: number, ports: PortSet): readonly number[] {
  const places = TELLING_PORTS.map((port) => ports.indexOf(port)).filter((place) => place >= 0);
  const all = Array.from({ length: targets }, (_, target) => target);
  return places.flatMap((place) => all.map((target) => target * ports.size + place)).slice(0, MAX_EARLY);
}

/** `order`, but the pairs of `early`, which are distinct and all in it, change places with the first. */
function withEarly(order: PairOrder, early: readonly number[]): PairOrder {
  const pairs = new Map<number, number>();
  const positions = new Map<number, number>();
  for (const [position, pair] of early.entries()) {
    const from = positions.get(pair) ?? order.positionOf(pair);
    const other = pairs.get(position) ?? order.at(position);
    pairs.set(position, pair).set(from, from === position ? pair : other);
    positions.set(other, from).set(pair, position);
  }
  const exchanged = Float64Array.from(pairs.keys()).toSorted();
  return {
    length: order.length,
    at: (position) => pairs.get(position) ?? order.at(position),
    fill: (into, position, count) => {
      order.fill(into, position, count);
      for (const place of exchanged) {
        if (place >= position + count) return;
        if (place >= position) into[place - position] = pairs.get(place) as number;
      }
    },
    positionOf: (pair) => positions.get(pair) ?? order.positionOf(pair),
  };
}
