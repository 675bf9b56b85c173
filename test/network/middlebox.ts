import type { Address } from '../../src/wire/address.ts';
import { NANOS_PER_MS, type Nanos } from '../../src/wire/numbers.ts';
import type { Match } from './match.ts';
import type { Packet } from './packet.ts';
import type { Random } from './random.ts';

/** One packet that leaves a middlebox or a host. */
export interface Emission {
  readonly packet: Packet;
  /** `onward`: in the direction of the handled packet; `back`: towards its sender. */
  readonly way: 'onward' | 'back';
  /** After the arrival of the handled packet. */
  readonly delay: Nanos;
  /** Asked when the packet is due: true drops it (a timer that was stopped). */
  readonly unless?: () => boolean;
}

/** What a middlebox knows apart from the packet. */
export interface Context {
  readonly now: Nanos;
  readonly random: Random;
  /** The node's own address; null on a bare wire. */
  readonly address: Address | null;
  /**
   * State of this run under `key`, made by `create` at the first call, so that a network stays plain data.
   */
  readonly remember: <T>(key: object, create: () => T) => T;
  /** A timer: after `delay`, sends what `make` returns. Its emissions are relative to the packet at hand. */
  readonly later: (delay: Nanos, make: (now: Nanos) => readonly Emission[]) => void;
}

/**
 * What leaves for one packet: nothing (dropped), the packet, another one, an answer, several, or some
 * later.
 */
export type Box<C extends Context> = (packet: Packet, context: C) => readonly Emission[];

/**
 * Something on the path. A host's service has the same shape and also knows its host, so any middlebox fits
 * before it.
 */
export type Middlebox = Box<Context>;

/** Forwards the packet. */
export function onward(packet: Packet, delay: Nanos = 0): Emission {
  return { packet, way: 'onward', delay };
}

/** Sends the packet towards the sender of the handled one. */
export function back(packet: Packet, delay: Nanos = 0): Emission {
  return { packet, way: 'back', delay };
}

/** Forwards everything. */
export const pass: Middlebox = (packet) => [onward(packet)];

/** Drops silently. */
export const drop: Middlebox = () => [];

/** One box after the other. What a box sends back, at once or later, skips the boxes before it. */
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

/** What a timer sends also passes the boxes after its own. */
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

/** `box` for packets that match; others are forwarded. */
export function when<C extends Context>(match: Match, box: Box<C>): Box<C> {
  return (packet, context) => (match(packet) ? box(packet, context) : [onward(packet)]);
}

/** `box` for the first `count` packets that match; others are forwarded. */
export function first<C extends Context>(count: number, match: Match, box: Box<C>): Box<C> {
  const key = {};
  return (packet, context) => {
    if (!match(packet)) return [onward(packet)];
    const seen = context.remember(key, () => ({ packets: 0 }));
    return seen.packets++ < count ? box(packet, context) : [onward(packet)];
  };
}

/** `box` for packets that match, except the first `count`; others are forwarded. */
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

/** Milliseconds as nanoseconds. */
export function milliseconds(count: number): Nanos {
  return Math.round(count * NANOS_PER_MS);
}
