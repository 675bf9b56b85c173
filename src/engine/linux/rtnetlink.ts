import { Errno } from '../../transport/errno.ts';
import { type Address, readAddress, writeAddress } from '../../wire/address.ts';
import { FAMILIES, IPV4 } from '../../wire/family.ts';
import { NETLINK_HEADER, NetlinkRequest, type NetlinkReply, type NetlinkSocket } from './netlink.ts';

/*
 * Questions to the kernel's routing, rtnetlink(7). All begin with nlmsghdr 16, the body of their type, and
 * attributes (length 2, type 2, value, padded to 4); so does the answer, unless it is an nlmsgerr with
 * -errno.
 */
const ADDRESS = FAMILIES[IPV4].addressBytes;

/** RTM_GETROUTE: which route a packet would take, as `ip route get` says. Body: rtmsg 12. */
const RTM_GETROUTE = 26;
const RTM_NEWROUTE = 24;
const ROUTE_MESSAGE = 12;
const ROUTE_ATTRIBUTES: number = NETLINK_HEADER + ROUTE_MESSAGE;
const ROUTE_TYPE: number = NETLINK_HEADER + 7;

const RTA_DST = 1;
const RTA_SRC = 2;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PREFSRC = 7;
const RTA_METRICS = 8;
const RTA_VIA = 18;
const RTA_ENCAP = 22;
const RTAX_MTU = 2;

/** RTM_GETNEIGH for one entry (Linux 5.0). Body: ndmsg 12 (family 1, 3 unused, interface 4, state 2, ...). */
const RTM_NEWNEIGH = 28;
const RTM_GETNEIGH = 30;
const NEIGHBOUR_MESSAGE = 12;
const NEIGHBOUR_ATTRIBUTES: number = NETLINK_HEADER + NEIGHBOUR_MESSAGE;
const NEIGHBOUR_INTERFACE: number = NETLINK_HEADER + 4;
const NEIGHBOUR_STATE: number = NETLINK_HEADER + 8;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NUD_INCOMPLETE = 0x01;
const NUD_STALE = 0x04;
const NUD_FAILED = 0x20;
/** REACHABLE, STALE, DELAY, PROBE, NOARP, PERMANENT. */
const NUD_WITH_ADDRESS = 0x02 | NUD_STALE | 0x08 | 0x10 | 0x40 | 0x80;

/** RTM_GETLINK by name. Body: ifinfomsg 16 (family 1, 1 unused, type 2, index 4, flags 4, change 4). */
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const LINK_MESSAGE = 16;
const LINK_FLAGS: number = NETLINK_HEADER + 8;
const IFLA_IFNAME = 3;
const IFLA_EXT_MASK = 29;
const RTEXT_FILTER_SKIP_STATS = 8;
const IFF_LOWER_UP = 0x10000;

/** rtm_type of a gateway or a direct route. */
export const RTN_UNICAST = 1;
/** rtm_type of an address of this host; 127/8 too. */
export const RTN_LOCAL = 2;
/** Administratively up (netdevice(7)). */
export const IFF_UP = 0x1;
/** Bytes of an Ethernet address. */
export const MAC_BYTES = 6;

/** The packet needs more than an Ethernet header of this interface's. */
export const NO_NEXT_HOP = -1;
/** The kernel could not be asked. */
export const NOT_ASKED = -2;

/** Where a packet to the target would go. One object for all answers: a lookup allocates nothing. */
export interface RouteAnswer {
  /** 0, or `-errno` and nothing else is valid. */
  error: number;
  /** rtm_type: 1 unicast, 2 local, 3 broadcast, ... */
  type: number;
  /** Index of the outgoing interface. */
  interfaceIndex: number;
  /** Source address that the kernel would choose; null when it names none. */
  source: Address | null;
  /** MTU of the route itself, or learnt from ICMP 3/4; 0 when it is the interface's. */
  mtu: number;
  /** Address of the next hop; null when the target itself is, or when the next hop is of another family. */
  gateway: Address | null;
}

/** An answer for `RouteRequest` to fill. */
export function emptyAnswer(): RouteAnswer {
  return { error: 0, type: 0, interfaceIndex: 0, source: null, mtu: 0, gateway: null };
}

/** A lookup whose target can be changed in place. */
export class RouteRequest {
  readonly #request: NetlinkRequest;

  /** `interfaceIndex` 0 leaves the interface to the routing tables. */
  constructor(interfaceIndex: number) {
    this.#request = routeRequest(interfaceIndex === 0 ? [] : [[RTA_OIF, 4]]);
    const [, outgoing] = this.#request.values;
    if (outgoing !== undefined) this.#request.words[outgoing / 4] = interfaceIndex;
  }

  /** Overwrites `answer`: its `error` is 0, or `-errno`. */
  ask(socket: NetlinkSocket, target: Address, answer: RouteAnswer): void {
    const length = askRoute(socket, this.#request, target);
    answer.error = Math.min(length, 0);
    if (length >= ROUTE_ATTRIBUTES) readRoute(socket.reply, length, answer);
  }
}

/**
 * Asks for the next hop of packets from one source through one interface; the target is changed in place. The
 * source is part of the question, for rules that look at it, and the answer says whether frames can be built
 * for it.
 */
export class NextHopRequest {
  readonly #interfaceIndex: number;
  readonly #source: Address;
  readonly #bound: boolean;
  #request: NetlinkRequest | null = null;

  /** `bound`: packets leave by this interface whatever the routing tables say, as from a bound socket. */
  constructor(interfaceIndex: number, source: Address, bound: boolean) {
    this.#interfaceIndex = interfaceIndex;
    this.#source = source;
    this.#bound = bound;
  }

  /**
   * The address of the next hop, which is the target itself on the link; or `NO_NEXT_HOP`: another interface,
   * an address of this host, broadcast, multicast, no route, a tunnel, a gateway of another family. Measured:
   * 4 us.
   */
  nextHop(socket: NetlinkSocket, target: Address): Address | typeof NO_NEXT_HOP | typeof NOT_ASKED {
    this.#request ??= this.#newRequest(socket);
    const length = askRoute(socket, this.#request, target);
    if (length < ROUTE_ATTRIBUTES) return length === -Errno.ENOBUFS || length === -Errno.EIO ? NOT_ASKED : NO_NEXT_HOP;
    const { reply } = socket;
    let hop: Address | typeof NO_NEXT_HOP = reply.bytes[ROUTE_TYPE] === RTN_UNICAST ? target : NO_NEXT_HOP;
    let through = 0;
    reply.readAttributes(ROUTE_ATTRIBUTES, length, (kind, at) => {
      if (kind === RTA_OIF) through = reply.words[at / 4] as number;
      else if (kind === RTA_GATEWAY && hop !== NO_NEXT_HOP) hop = readAddress(reply.bytes, at);
      else if (kind === RTA_VIA || kind === RTA_ENCAP) hop = NO_NEXT_HOP;
    });
    return through === this.#interfaceIndex ? hop : NO_NEXT_HOP;
  }

  /** A question may name own addresses alone as source, a raw packet any: then rules are asked without. */
  #newRequest(socket: NetlinkSocket): NetlinkRequest {
    const answered = askRoute(socket, routeRequest([]), this.#source);
    const isOurs = answered >= ROUTE_ATTRIBUTES && socket.reply.bytes[ROUTE_TYPE] === RTN_LOCAL;
    const request = routeRequest([
      ...(this.#bound ? [[RTA_OIF, 4] as const] : []),
      ...(isOurs ? [[RTA_SRC, ADDRESS] as const] : []),
    ]);
    if (this.#bound) request.words[(request.values[1] as number) / 4] = this.#interfaceIndex;
    if (isOurs) writeAddress(request.bytes, request.values.at(-1) as number, this.#source);
    return request;
  }
}

/**
 * How far the kernel trusts an entry. `stale`: its address holds, but the kernel confirms it only once it has
 * itself sent a packet there; confirming (DELAY, PROBE) counts as fresh, for that packet was sent. `none`: no
 * address that could be used.
 */
export type NeighbourTrust = 'fresh' | 'stale' | 'none';

/** A question about one entry of the kernel's neighbour table, asked again in place. */
export class NeighbourRequest {
  readonly #request = new NetlinkRequest(RTM_GETNEIGH, NEIGHBOUR_MESSAGE, [[NDA_DST, ADDRESS]]);

  constructor() {
    this.#request.bytes[NETLINK_HEADER] = FAMILIES[IPV4].socketFamily;
  }

  /** Copies the entry's Ethernet address to `into`, 6 bytes, unless `none`. Measured: 3 us. */
  readAddress(socket: NetlinkSocket, at: { interfaceIndex: number; nextHop: Address }, into: Uint8Array): NeighbourTrust {
    const { reply } = socket;
    const length = this.#ask(socket, at.interfaceIndex, at.nextHop);
    if (length < NEIGHBOUR_ATTRIBUTES) return 'none';
    const state = reply.halves[NEIGHBOUR_STATE / 2] as number;
    let found = false;
    reply.readAttributes(NEIGHBOUR_ATTRIBUTES, length, (kind, from, to) => {
      if (kind !== NDA_LLADDR || to - from !== MAC_BYTES) return;
      for (let index = 0; index < MAC_BYTES; index++) into[index] = reply.bytes[from + index] as number;
      found = true;
    });
    if (!found || (state & NUD_WITH_ADDRESS) === 0) return 'none';
    return (state & NUD_STALE) === 0 ? 'fresh' : 'stale';
  }

  /** True when the entry is INCOMPLETE or FAILED; false for others, or when the kernel cannot be asked. */
  isUnresolved(socket: NetlinkSocket, interfaceIndex: number, nextHop: Address): boolean {
    const length = this.#ask(socket, interfaceIndex, nextHop);
    if (length < NEIGHBOUR_ATTRIBUTES) return false;
    return ((socket.reply.halves[NEIGHBOUR_STATE / 2] as number) & (NUD_INCOMPLETE | NUD_FAILED)) !== 0;
  }

  #ask(socket: NetlinkSocket, interfaceIndex: number, nextHop: Address): number {
    this.#request.words[NEIGHBOUR_INTERFACE / 4] = interfaceIndex;
    writeAddress(this.#request.bytes, this.#request.values[0] as number, nextHop);
    return socket.ask(this.#request, RTM_NEWNEIGH);
  }
}

/** `no-carrier`: administratively up, but the other end is gone. */
export type LinkState = 'up' | 'no-carrier' | 'down' | 'gone';

/**
 * The state of one interface. The older SIOCGIFFLAGS has only 16 flags, and of those IFF_RUNNING says
 * operational (RFC 2863), not carrier: it comes up to a second after the carrier, and never to a dormant
 * link, while packets pass. `up` when the kernel cannot be asked: no reason to end a run.
 */
export function linkState(socket: NetlinkSocket, name: string): LinkState {
  const text = Buffer.from(`${name}\0`, 'utf8');
  const request = new NetlinkRequest(RTM_GETLINK, LINK_MESSAGE, [
    [IFLA_IFNAME, text.length],
    [IFLA_EXT_MASK, 4],
  ]);
  const [at, mask] = request.values as [number, number];
  request.bytes.set(text, at);
  request.words[mask / 4] = RTEXT_FILTER_SKIP_STATS;
  const length = socket.ask(request, RTM_NEWLINK);
  if (length < NETLINK_HEADER + LINK_MESSAGE) return length === -Errno.ENODEV ? 'gone' : 'up';
  const flags = socket.reply.words[LINK_FLAGS / 4] as number;
  if ((flags & IFF_UP) === 0) return 'down';
  return (flags & IFF_LOWER_UP) === 0 ? 'no-carrier' : 'up';
}

/** A question whose first attribute is the target. */
function routeRequest(attributes: readonly (readonly [type: number, length: number])[]): NetlinkRequest {
  const request = new NetlinkRequest(RTM_GETROUTE, ROUTE_MESSAGE, [[RTA_DST, ADDRESS], ...attributes]);
  request.bytes[NETLINK_HEADER] = FAMILIES[IPV4].socketFamily;
  // Prefix lengths of the target and, where there is one, of the source.
  request.bytes[NETLINK_HEADER + 1] = ADDRESS * 8;
  if (attributes.some(([type]) => type === RTA_SRC)) request.bytes[NETLINK_HEADER + 2] = ADDRESS * 8;
  return request;
}

function askRoute(socket: NetlinkSocket, request: NetlinkRequest, target: Address): number {
  writeAddress(request.bytes, request.values[0] as number, target);
  return socket.ask(request, RTM_NEWROUTE);
}

function readRoute(reply: NetlinkReply, length: number, answer: RouteAnswer): void {
  answer.type = reply.bytes[ROUTE_TYPE] as number;
  answer.interfaceIndex = 0;
  answer.source = null;
  answer.mtu = 0;
  answer.gateway = null;
  reply.readAttributes(ROUTE_ATTRIBUTES, length, (kind, at, end) => {
    if (kind === RTA_OIF) answer.interfaceIndex = reply.words[at / 4] as number;
    else if (kind === RTA_PREFSRC) answer.source = readAddress(reply.bytes, at);
    else if (kind === RTA_GATEWAY) answer.gateway = readAddress(reply.bytes, at);
    else if (kind === RTA_METRICS) answer.mtu = mtuMetric(reply, at, end);
  });
}

function mtuMetric(reply: NetlinkReply, from: number, to: number): number {
  let mtu = 0;
  reply.readAttributes(from, to, (metric, value) => {
    if (metric === RTAX_MTU) mtu = reply.words[value / 4] as number;
  });
  return mtu;
}
