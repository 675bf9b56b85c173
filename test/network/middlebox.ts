import type { Address } from '../../src/wire/address.ts';
import { NANOS_PER_MS, type Nanos } from '../../src/wire/numbers.ts';
import type { Match } from './match.ts';
import type { Packet } from './packet.ts';
import type { Random } from './random.ts';

/** One packet that leaves a middlebox or a host. */
export interface Emission {
  readonly packet: Packet;
  /** `onward`: the way the handled packet was going; `back`: where it came from. */
  readonly way: 'onward' | 'back';
  /** How long after the handled packet came. */
  readonly delay: Nanos;
  /** Asked when its time has come: true keeps the packet back (a timer that was stopped). */
  readonly unless?: () => boolean;
}

/** What a middlebox knows besides the packet. */
export interface Context {
  readonly now: Nanos;
  readonly random: Random;
  /** The node's own address; null on a bare wire. */
  readonly address: Address | null;
  /** State of this run under `key`, made by `create` at the first call: networks stay plain data that can be run again. */
  readonly remember: <T>(key: object, create: () => T) => T;
  /** Lets `make` say what else leaves from here, `delay` from now: a timer. It is told the time then; ways are as for the packet at hand. */
  readonly later: (delay: Nanos, make: (now: Nanos) => readonly Emission[]) => void;
}

/** What becomes of one packet: nothing (dropped), itself, another one, an answer, several, later. */
export type Box<C extends Context> = (packet: Packet, context: C) => readonly Emission[];

/** Something in the path. A host's service has the same shape and knows its host too, so every middlebox can stand before a service. */
export type Middlebox = Box<Context>;

/** The packet goes on. */
export function onward(packet: Packet, delay: Nanos = 0): Emission {
  return { packet, way: 'onward', delay };
}

/** The packet goes to where the handled one came from. */
export function back(packet: Packet, delay: Nanos = 0): Emission {
  return { packet, way: 'back', delay };
}

/** Forwards everything. */
export const pass: Middlebox = (packet) => [onward(packet)];

/** Forwards nothing, says nothing. */
export const drop: Middlebox = () => [];

/** One box after the other; what a box sends back, at once or later, does not visit the boxes before it. */
export function chain<C extends Context>(...boxes: readonly Box<C>[]): Box<C> {
  const [head, ...rest] = boxes;
  if (head === undefined) return pass;
  if (rest.length === 0) return head;
  const next = chain(...rest);
  return (packet, context) => through(head(packet, withTimersThrough(next, context)), next, context);
}

function through<C extends Context>(emissions: readonly Emission[], next: Box<C>, context: C): readonly Emission[] {
  return emissions.flatMap((emission) => (emission.way === 'back' ? [emission] : after(emission, next, context)));
}

/** What a timer lets go passes the boxes behind its own too. */
function withTimersThrough<C extends Context>(next: Box<C>, context: C): C {
  return {
    ...context,
    later: (delay, make) => context.later(delay, (now) => through(make(now), next, { ...context, now })),
  };
}

function after<C extends Context>(emission: Emission, next: Box<C>, context: C): readonly Emission[] {
  const { delay } = emission;
  if (delay === 0) return next(emission.packet, context);
  const shifted: C = {
    ...context,
    now: context.now + delay,
    later: (more, make) => context.later(delay + more, make),
  };
  return next(emission.packet, shifted).map((one) => ({ ...one, delay: one.delay + delay }));
}

/** `box` for the packets that match; the others go on. */
export function when<C extends Context>(match: Match, box: Box<C>): Box<C> {
  return (packet, context) => (match(packet) ? box(packet, context) : [onward(packet)]);
}

/** `box` for the first `count` packets that match; the others go on. */
export function first<C extends Context>(count: number, match: Match, box: Box<C>): Box<C> {
  const key = {};
  return (packet, context) => {
    if (!match(packet)) return [onward(packet)];
    const seen = context.remember(key, () => ({ packets: 0 }));
    return seen.packets++ < count ? box(packet, context) : [onward(packet)];
  };
}

/** `box` for what matches after the first `count`; the others go on. */
export function afterFirst<C extends Context>(count: number, match: Match, box: Box<C>): Box<C> {
  return when(match, skipFirst(count, box));
}

function skipFirst<C extends Context>(count: number, box: Box<C>): Box<C> {
  const key = {};
  return (packet, context) => {
    const seen = context.remember(key, () => ({ packets: 0 }));
    return seen.packets++ < count ? [onward(packet)] : box(packet, context);
  };
}

/** Changes each packet and forwards the result. */
export function rewrite(change: (packet: Packet, context: Context) => Packet): Middlebox {
  return (packet, context) => [onward(change(packet, context))];
}

/** Milliseconds as the nanoseconds of emissions. */
export function milliseconds(count: number): Nanos {
  return Math.round(count * NANOS_PER_MS);
}
