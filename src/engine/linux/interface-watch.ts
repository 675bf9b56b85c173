import type { Routes, TransportFault } from '../../transport/transport.ts';
import { type Nanos, NANOS_PER_MS } from '../../wire/numbers.ts';
import { InterfaceRequests, stateByListing } from './interfaces.ts';
import type { LinkState } from './rtnetlink.ts';
import { hasSystemCalls, systemCalls } from './system-calls.ts';

const WATCH_INTERVAL: Nanos = 250 * NANOS_PER_MS;
/** A carrier may blink, an interface be replaced by its namesake: only one away this many looks is lost. */
const BLINKS = 2;
const LOOPBACK = 'lo';

const STATE_TEXT: Readonly<Record<Exclude<LinkState, 'up'>, string>> = {
  down: 'is down',
  gone: 'is gone',
  'no-carrier': 'has lost its carrier',
};

/**
 * Watches the interfaces that a run sends by: silence on a dead link is not a filtered port, so what they
 * lose ends the run. While one is left it goes on, since sending by the others fails with an errno. A carrier
 * counts as lost only after it was seen: some drivers never report one, and packets pass all the same.
 */
export class InterfaceWatch {
  readonly #routes: Routes;
  readonly #fixed: string | null;
  readonly #requests: InterfaceRequests | null;
  readonly #hadCarrier = new Set<string>();
  #nextLook: Nanos = 0;
  #looksWithout = 0;
  #fault: TransportFault | null = null;

  /** Watches `fixed`, or if null whatever `routes` has found so far at each look. */
  constructor(routes: Routes, fixed: string | null) {
    const calls = systemCalls();
    this.#routes = routes;
    this.#fixed = fixed;
    this.#requests = hasSystemCalls(calls) ? new InterfaceRequests(calls) : null;
  }

  /** The fault found by `now`, or null. Looks at most once an interval; a look costs 8 us an interface. */
  fault(now: Nanos): TransportFault | null {
    if (this.#fault !== null || now < this.#nextLook) return this.#fault;
    const names = this.#needed();
    // The first look is due at once: a carrier lost before it would never have been seen.
    if (names.length === 0) return null;
    this.#nextLook = now + WATCH_INTERVAL;
    this.#fault = this.#look(names);
    return this.#fault;
  }

  close(): void {
    this.#requests?.close();
  }

  #look(names: readonly string[]): TransportFault | null {
    const states = names.map((name) => this.#stateOf(name));
    if (states.includes('up')) {
      this.#looksWithout = 0;
      return null;
    }
    this.#looksWithout++;
    if (states.some((state) => state !== 'down') && this.#looksWithout < BLINKS) return null;
    const lost = names.map((name, index) => `${name} ${STATE_TEXT[states[index] as Exclude<LinkState, 'up'>]}`);
    return {
      message: `interface ${lost.join(', ')}`,
      hint: 'bring it up and run again; ports without an answer so far are not judged',
    };
  }

  #stateOf(name: string): LinkState {
    const state = this.#requests?.stateOf(name) ?? stateByListing(name);
    if (state === 'up') this.#hadCarrier.add(name);
    return state === 'no-carrier' && !this.#hadCarrier.has(name) ? 'up' : state;
  }

  /** The loopback does not count beside others: it never fails, and would hide that they did. */
  #needed(): string[] {
    if (this.#fixed !== null) return [this.#fixed];
    const names = [...new Set(this.#routes.sources.map((source) => source.interface))];
    const others = names.filter((name) => name !== LOOPBACK);
    return others.length > 0 ? others : names;
  }
}
