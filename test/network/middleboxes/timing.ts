import { milliseconds, onward, type Middlebox } from '../middlebox.ts';

/** Delays every packet by `ms` and up to `jitterMs` more. */
export function delay(ms: number, jitterMs: number = 0): Middlebox {
  return (packet, { random }) => [onward(packet, milliseconds(ms + random.fraction() * jitterMs))];
}

/** Sends a second copy of a packet `afterMs` later with `probability`. */
export function duplicate(probability: number, afterMs: number = 0.1): Middlebox {
  return (packet, { random }) =>
    random.fraction() < probability ? [onward(packet), onward(packet, milliseconds(afterMs))] : [onward(packet)];
}

/** Delays a packet by up to `ms` with `probability`, so that later ones overtake it. */
export function reorder(probability: number, ms: number): Middlebox {
  return (packet, { random }) => [onward(packet, random.fraction() < probability ? milliseconds(random.fraction() * ms) : 0)];
}
