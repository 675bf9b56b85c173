import { Errno } from '../../transport/errno.ts';
import { type Address, UNSPECIFIED } from '../../wire/address.ts';
import { type Nanos, NANOS_PER_MS } from '../../wire/numbers.ts';
import type { EngineProblem } from '../engine.ts';
import { type EthernetLink, ethernetLink } from '../linux/interfaces.ts';
import { MAC_BYTES, NeighbourRequest, requestFrom, type RouteRequest, RTN_UNICAST } from '../linux/rtnetlink.ts';
import { NetlinkSocket, ROUTE_NOTICES } from '../linux/netlink.ts';
import type { SystemCalls } from '../linux/system-calls.ts';
import { DestinationCache } from './destination-cache.ts';
import { addressWord } from './frame-slots.ts';
import { HopState, HopTable } from './hop-table.ts';

/** How long an address is believed: a neighbour with a new one must not cost a SYN all its retries. */
const CONFIRMED: Nanos = 50 * NANOS_PER_MS;
/** With more hops than these, asking so often would take as long as sending. */
const FEW_HOPS = 64;
const CONFIRMED_OF_MANY: Nanos = 500 * NANOS_PER_MS;
/** How long a hop without an address is left to the kernel. */
const UNRESOLVED: Nanos = 50 * NANOS_PER_MS;
const NOTICES: Nanos = 100 * NANOS_PER_MS;
/** Questions to the kernel (3 to 5 us each) in a turn; packets beyond this limit use the raw socket. */
const QUESTIONS = 16;

/** What the cache knows of a destination, besides the number of its hop. */
const NO_HOP = -1;
const NEW = -2;
const SEEN = -3;

/** Which packets hops are wanted for. */
export interface HopOptions {
  readonly interface: string;
  /** The packets' source address: routing rules may look at it. */
  readonly source: Address;
  /** Whether the user fixed the interface: then the routing tables do not choose it. */
  readonly bound: boolean;
}

/**
 * Next hops behind one Ethernet interface, and the header that a frame to them needs. The kernel is asked for
 * route and neighbour, and resolves neighbours when its raw socket sends. That socket gets the packets whose
 * route is no plain Ethernet one, whose neighbour has no address or is found STALE (the kernel then confirms
 * it), and the first to each destination, since asking costs more than a packet or two.
 */
export class NextHops {
  readonly table: HopTable = new HopTable();
  readonly #calls: SystemCalls;
  readonly #options: HopOptions;
  readonly #socket: NetlinkSocket;
  readonly #notices: NetlinkSocket;
  readonly #neighbour: NeighbourRequest;
  readonly #cache = new DestinationCache();
  readonly #address = new Uint8Array(MAC_BYTES);
  #link: EthernetLink;
  #route: RouteRequest;
  #now: Nanos = 0;
  #nextNotices: Nanos = 0;
  #questions = QUESTIONS;
  #last: number = UNSPECIFIED;
  #lastHop = NO_HOP;

  /** Says why frames cannot be built for this interface. */
  static open(calls: SystemCalls, options: HopOptions): NextHops | EngineProblem {
    const name = options.interface;
    const link = ethernetLink(calls, name);
    if (link === null) {
      const hint = 'packets to it go through the raw IP socket';
      return { code: 'not-supported', message: `${name} is not an Ethernet interface`, hint };
    }
    const socket = NetlinkSocket.open(calls);
    const notices = socket === null ? null : NetlinkSocket.open(calls, ROUTE_NOTICES);
    if (socket !== null && notices !== null) return new NextHops(calls, options, { link, socket, notices });
    socket?.close();
    const hint = 'this sandbox refuses netlink sockets';
    return { code: 'not-supported', message: 'netlink cannot be asked for next hops', hint };
  }

  private constructor(calls: SystemCalls, options: HopOptions, { link, socket, notices }: Opened) {
    this.#calls = calls;
    this.#options = options;
    this.#socket = socket;
    this.#notices = notices;
    this.#link = link;
    this.#neighbour = new NeighbourRequest(socket);
    this.#route = this.#routeRequest();
  }

  get link(): EthernetLink {
    return this.#link;
  }

  /** Once for each batch, before `find`: takes the time, and notice of changed routes. */
  turn(now: Nanos): void {
    this.#now = now;
    this.#questions = QUESTIONS;
    if (now < this.#nextNotices) return;
    this.#nextNotices = now + NOTICES;
    if (this.#notices.changed()) this.#startAgain();
  }

  /** The hop of the next packet to an `addressWord`; -1 when it is the kernel's. Allocates nothing. */
  find(destination: number): number {
    const hop = destination === this.#last ? this.#lastHop : this.#lookUp(destination);
    if (hop < 0) return hop;
    if ((this.table.due[hop] as number) <= this.#now) this.#ask(hop);
    const state = this.table.states[hop];
    if (state === HopState.ready) return hop;
    if (state === HopState.confirm) this.table.states[hop] = HopState.ready;
    return NO_HOP;
  }

  /** Idempotent. */
  close(): void {
    this.#socket.close();
    this.#notices.close();
  }

  #lookUp(destination: number): number {
    if (destination === UNSPECIFIED) return NO_HOP;
    const place = this.#cache.place(destination, NEW);
    let hop = this.#cache.values[place] as number;
    if (hop === NEW) this.#cache.values[place] = SEEN;
    else if (hop === SEEN) {
      hop = this.#routeTo(addressWord(destination) as Address);
      this.#cache.values[place] = hop;
    }
    if (hop < NO_HOP) return NO_HOP;
    this.#last = destination;
    this.#lastHop = hop;
    return hop;
  }

  /** The hop's number, or SEEN when that has to wait. */
  #routeTo(destination: Address): number {
    if (this.#questions <= 0) return SEEN;
    this.#questions--;
    const { error, type, interfaceIndex, gateway, isPlain } = this.#route.ask(destination);
    if (error === -Errno.ENOBUFS || error === -Errno.EIO) return SEEN;
    if (error < 0 || type !== RTN_UNICAST || !isPlain || interfaceIndex !== this.#link.index) return NO_HOP;
    const hop = this.table.hopAt(gateway ?? destination, this.#now);
    if (hop >= 0) return hop;
    this.#forget();
    return SEEN;
  }

  /** Asks for the hop's address, or leaves things as they are when there were many questions. */
  #ask(hop: number): void {
    if (this.#questions <= 0) return;
    this.#questions--;
    const nextHop = this.table.addresses[hop] as Address;
    const trust = this.#neighbour.readAddress(this.#link.index, nextHop, this.#address);
    const confirmed = this.table.count > FEW_HOPS ? CONFIRMED_OF_MANY : CONFIRMED;
    this.table.due[hop] = this.#now + (trust === 'none' ? UNRESOLVED : confirmed);
    if (trust === 'none') this.table.states[hop] = HopState.unresolved;
    else {
      this.table.resolve(hop, this.#address, this.#link.address);
      this.table.states[hop] = trust === 'stale' ? HopState.confirm : HopState.ready;
    }
  }

  #startAgain(): void {
    this.#forget();
    const link = ethernetLink(this.#calls, this.#options.interface);
    // Another index: the interface was replaced, its routes are gone, and all packets use the raw socket.
    if (link === null || link.index !== this.#link.index) return;
    this.#link = link;
    this.#route = this.#routeRequest();
  }

  #routeRequest(): RouteRequest {
    const { source, bound } = this.#options;
    return requestFrom(this.#socket, source, bound ? this.#link.index : 0);
  }

  #forget(): void {
    this.table.clear();
    this.#cache.clear();
    this.#last = UNSPECIFIED;
  }
}

interface Opened {
  readonly link: EthernetLink;
  readonly socket: NetlinkSocket;
  readonly notices: NetlinkSocket;
}
