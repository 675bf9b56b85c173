import type { Address } from '../../src/wire/address.ts';
import type { Nanos } from '../../src/wire/numbers.ts';
import { EventQueue } from './event-queue.ts';
import type { Context, Emission } from './middlebox.ts';
import { milliseconds } from './middlebox.ts';
import type { Network, Router, Site } from './network.ts';
import { Paths } from './paths.ts';
import { hostStop, routerStop, type Stop, type Direction } from './stop.ts';
import { destinationOf, type Packet } from './packet.ts';
import type { Random } from './random.ts';

/** The prober's index on every path. */
const HOME = -1;

/**
 * Packets in flight through a network: an event for each stop, handled in order of time. It has no clock of
 * its own: `step` handles the next event.
 */
export class Simulation {
  readonly random: Random;
  readonly #events: EventQueue<() => void> = new EventQueue();
  readonly #memory: Map<object, unknown> = new Map();
  readonly #paths: Map<Address, Paths>;
  readonly #elsewhere: readonly Stop[];
  readonly #arrived: (packet: Packet, at: Nanos) => void;
  #now: Nanos = 0;
  /** Where the packet at hand is, for timers that its middlebox sets. */
  #place: Place = { stops: [], from: HOME, direction: 'forward' };

  /** `arrived` gets every packet that reaches the prober. */
  constructor(network: Network, random: Random, arrived: (packet: Packet, at: Nanos) => void) {
    this.random = random;
    this.#arrived = arrived;
    this.#paths = new Map(network.sites.map((site) => [site.host.address, this.#pathsTo(site)]));
    this.#elsewhere = network.elsewhere.map((router) => this.#routerStop(router));
  }

  /** Time of the next event; Infinity when nothing is in flight. */
  get nextAt(): Nanos {
    return this.#events.nextAt;
  }

  /** Time of the event being handled. */
  get now(): Nanos {
    return this.#now;
  }

  /** The context of the node at `address`. */
  context(address: Address | null): Context {
    const now = (): Nanos => this.#now;
    return {
      get now(): Nanos {
        return now();
      },
      random: this.random,
      address,
      remember: (key, create) => this.#remember(key, create),
      later: (delay, make) => this.#later(delay, make),
    };
  }

  /** Runs `action` at `at`. */
  schedule(at: Nanos, action: () => void): void {
    this.#events.push(at, action);
  }

  /** A packet leaves the prober at `at`. */
  depart(packet: Packet, at: Nanos): void {
    const stops = this.#paths.get(destinationOf(packet))?.choose(packet) ?? this.#elsewhere;
    this.#move({ packet, stops, from: HOME, direction: 'forward', at });
  }

  /** Handles the next event. */
  step(): void {
    this.#now = Math.max(this.#now, this.#events.nextAt);
    this.#events.pop()?.();
  }

  #move(leg: Leg): void {
    const { stops, from, direction } = leg;
    const to = direction === 'forward' ? from + 1 : from - 1;
    if (to >= stops.length) return;
    const link = stops[Math.max(from, to)] as Stop;
    this.#events.push(leg.at + link.delay, () => this.#arrive(leg, to));
  }

  #arrive({ packet, stops, direction }: Leg, index: number): void {
    if (index === HOME) return this.#arrived(packet, this.#now);
    this.#place = { stops, from: index, direction };
    this.#emitAll((stops[index] as Stop).handle(packet, direction), this.#place);
  }

  #later(delay: Nanos, make: (now: Nanos) => readonly Emission[]): void {
    const place = this.#place;
    this.#events.push(this.#now + delay, () => {
      this.#place = place;
      this.#emitAll(make(this.#now), place);
    });
  }

  #emitAll(emissions: readonly Emission[], place: Place): void {
    for (const emission of emissions) this.#emit(emission, place);
  }

  #emit(emission: Emission, { stops, from, direction }: Place): void {
    const { packet, delay, unless } = emission;
    const leg = {
      packet,
      stops,
      from,
      at: this.#now + delay,
      direction: emission.way === 'onward' ? direction : opposite(direction),
    };
    if (unless === undefined) return this.#move(leg);
    this.#events.push(leg.at, () => {
      if (!unless()) this.#move(leg);
    });
  }

  #pathsTo(site: Site): Paths {
    const context = Object.assign(this.context(site.host.address), { host: site.host });
    const end = hostStop(site.host, milliseconds(site.delayMs), context);
    return new Paths(site.path, end, (router) => this.#routerStop(router));
  }

  #routerStop(router: Router): Stop {
    return routerStop(router, this.context(router.address));
  }

  #remember<T>(key: object, create: () => T): T {
    if (!this.#memory.has(key)) this.#memory.set(key, create());
    return this.#memory.get(key) as T;
  }
}

/** A stop on a path, and the direction of the packet there. */
interface Place {
  readonly stops: readonly Stop[];
  readonly from: number;
  readonly direction: Direction;
}

/** A packet that leaves stop `from`. */
interface Leg extends Place {
  readonly packet: Packet;
  readonly at: Nanos;
}

function opposite(direction: Direction): Direction {
  return direction === 'forward' ? 'reverse' : 'forward';
}
