import { Errno } from '../../transport/errno.ts';
import { type Address, readAddress, writeAddress } from '../../wire/address.ts';
import { FAMILIES, IPV4 } from '../../wire/family.ts';
import { NETLINK_HEADER, NetlinkRequest, type NetlinkSocket } from './netlink.ts';

/* rtnetlink(7): nlmsghdr 16, the body of the type, attributes (length 2, type 2, value, padded to 4). */
const ADDRESS = FAMILIES[IPV4].addressBytes;
const Rtm = { NEWLINK: 16, GETLINK: 18, NEWROUTE: 24, GETROUTE: 26, NEWNEIGH: 28, GETNEIGH: 30 } as const;

/** RTM_GETROUTE: which route a packet would take, as `ip route get` says. Body: rtmsg 12. */
const ROUTE_MESSAGE = 12;
const ROUTE_ATTRIBUTES: number = NETLINK_HEADER + ROUTE_MESSAGE;
const ROUTE_TYPE: number = NETLINK_HEADER + 7;

const Rta = { DST: 1, SRC: 2, OIF: 4, GATEWAY: 5, PREFSRC: 7, METRICS: 8, VIA: 18, ENCAP: 22 } as const;
const RTAX_MTU = 2;

/** RTM_GETNEIGH for one entry (Linux 5.0). Body: ndmsg 12 (family 1, 3 unused, interface 4, state 2, ...). */
const NEIGHBOUR_MESSAGE = 12;
const NEIGHBOUR_ATTRIBUTES: number = NETLINK_HEADER + NEIGHBOUR_MESSAGE;
const NEIGHBOUR_INTERFACE: number = NETLINK_HEADER + 4;
const NEIGHBOUR_STATE: number = NETLINK_HEADER + 8;
const Nda = { DST: 1, LLADDR: 2 } as const;
const Nud = { INCOMPLETE: 0x01, STALE: 0x04, FAILED: 0x20 } as const;
/** REACHABLE, STALE, DELAY, PROBE, NOARP, PERMANENT. */
const NUD_WITH_ADDRESS = 0x02 | Nud.STALE | 0x08 | 0x10 | 0x40 | 0x80;

/** RTM_GETLINK by name. Body: ifinfomsg 16 (family 1, 1 unused, type 2, index 4, flags 4, change 4). */
const LINK_MESSAGE = 16;
const LINK_FLAGS: number = NETLINK_HEADER + 8;
const Ifla = { IFNAME: 3, EXT_MASK: 29 } as const;
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

/** Where a packet to the target would go. */
export interface RouteAnswer {
  /** `-errno` where there is no such route: the rest means nothing then. Else 0. */
  error: number;
  /** rtm_type: 1 unicast, 2 local, 3 broadcast, ... */
  type: number;
  interfaceIndex: number;
  /** Source address that the kernel would choose; null when it names none. */
  source: Address | null;
  /** MTU of the route itself, or learnt from ICMP 3/4; 0 when it is the interface's. */
  mtu: number;
  /** Address of the next hop; null when the target itself is, or when the next hop is of another family. */
  gateway: Address | null;
  /** False for a tunnel and for a gateway of another family: an Ethernet header alone does not do. */
  isPlain: boolean;
}

/** Asks for the route of a packet. Target and answer are written in place: nothing is allocated. */
export class RouteRequest {
  readonly #answer: RouteAnswer = {
    error: 0,
    type: 0,
    interfaceIndex: 0,
    source: null,
    mtu: 0,
    gateway: null,
    isPlain: true,
  };
  readonly #socket: NetlinkSocket;
  readonly #request: NetlinkRequest;

  /** `interfaceIndex` 0 leaves the interface to the routing tables; `source` is for rules that look at it. */
  constructor(socket: NetlinkSocket, interfaceIndex: number, source: Address | null = null) {
    const request = new NetlinkRequest(Rtm.GETROUTE, ROUTE_MESSAGE, [
      [Rta.DST, ADDRESS],
      ...(interfaceIndex === 0 ? [] : [[Rta.OIF, 4] as const]),
      ...(source === null ? [] : [[Rta.SRC, ADDRESS] as const]),
    ]);
    this.#socket = socket;
    this.#request = request;
    request.bytes[NETLINK_HEADER] = FAMILIES[IPV4].socketFamily;
    // Prefix lengths of the target and, where there is one, of the source.
    request.bytes[NETLINK_HEADER + 1] = ADDRESS * 8;
    if (interfaceIndex !== 0) request.words[(request.values[1] as number) / 4] = interfaceIndex;
    if (source === null) return;
    request.bytes[NETLINK_HEADER + 2] = ADDRESS * 8;
    writeAddress(request.bytes, request.values.at(-1) as number, source);
  }

  /** The answer, valid until the next question. Measured: 4 us. */
  ask(target: Address): Readonly<RouteAnswer> {
    const answer = this.#answer;
    writeAddress(this.#request.bytes, this.#request.values[0] as number, target);
    const length = this.#socket.ask(this.#request, Rtm.NEWROUTE);
    answer.error = Math.min(length, 0);
    if (length < 0) return answer;
    answer.type = this.#socket.bytes[ROUTE_TYPE] as number;
    answer.interfaceIndex = 0;
    answer.source = null;
    answer.mtu = 0;
    answer.gateway = null;
    answer.isPlain = true;
    this.#socket.readAttributes(ROUTE_ATTRIBUTES, length, this.#readAttribute);
    return answer;
  }

  readonly #readAttribute = (kind: number, at: number, end: number): void => {
    const { bytes, words } = this.#socket;
    if (kind === Rta.OIF) this.#answer.interfaceIndex = words[at / 4] as number;
    else if (kind === Rta.PREFSRC) this.#answer.source = readAddress(bytes, at);
    else if (kind === Rta.GATEWAY) this.#answer.gateway = readAddress(bytes, at);
    else if (kind === Rta.METRICS) this.#socket.readAttributes(at, end, this.#readMetric);
    else if (kind === Rta.VIA || kind === Rta.ENCAP) this.#answer.isPlain = false;
  };

  readonly #readMetric = (metric: number, at: number): void => {
    if (metric === RTAX_MTU) this.#answer.mtu = this.#socket.words[at / 4] as number;
  };
}

/**
 * Asks for routes of packets from `source`, through one interface alone unless `interfaceIndex` is 0. A
 * question may name own addresses alone as source, a raw packet any: then rules are asked without.
 */
export function requestFrom(socket: NetlinkSocket, source: Address, interfaceIndex: number): RouteRequest {
  const own = new RouteRequest(socket, 0);
  const { error, type } = own.ask(source);
  const isOurs = error === 0 && type === RTN_LOCAL;
  return new RouteRequest(socket, interfaceIndex, isOurs ? source : null);
}

/**
 * How far the kernel trusts an entry. `stale`: the address holds until the kernel has itself sent a packet
 * there; while it confirms (DELAY, PROBE) the entry is fresh, that packet being sent. `none`: no usable
 * address.
 */
export type NeighbourTrust = 'fresh' | 'stale' | 'none';

/** A question about one entry of the kernel's neighbour table, asked again in place. */
export class NeighbourRequest {
  readonly #socket: NetlinkSocket;
  readonly #request = new NetlinkRequest(Rtm.GETNEIGH, NEIGHBOUR_MESSAGE, [[Nda.DST, ADDRESS]]);

  constructor(socket: NetlinkSocket) {
    this.#socket = socket;
    this.#request.bytes[NETLINK_HEADER] = FAMILIES[IPV4].socketFamily;
  }

  /** Copies the entry's Ethernet address to `into`, 6 bytes, unless `none`. Measured: 3 us. */
  readAddress(interfaceIndex: number, nextHop: Address, into: Uint8Array): NeighbourTrust {
    const { bytes } = this.#socket;
    const length = this.#ask(interfaceIndex, nextHop);
    let found = false;
    this.#socket.readAttributes(NEIGHBOUR_ATTRIBUTES, length, (kind, from, to) => {
      if (kind !== Nda.LLADDR || to - from !== MAC_BYTES) return;
      for (let index = 0; index < MAC_BYTES; index++) into[index] = bytes[from + index] as number;
      found = true;
    });
    if (!found || !this.#isIn(NUD_WITH_ADDRESS)) return 'none';
    return this.#isIn(Nud.STALE) ? 'stale' : 'fresh';
  }

  /** True when the entry is INCOMPLETE or FAILED; false for others, or when the kernel cannot be asked. */
  isUnresolved(interfaceIndex: number, nextHop: Address): boolean {
    return this.#ask(interfaceIndex, nextHop) >= 0 && this.#isIn(Nud.INCOMPLETE | Nud.FAILED);
  }

  #ask(interfaceIndex: number, nextHop: Address): number {
    this.#request.words[NEIGHBOUR_INTERFACE / 4] = interfaceIndex;
    writeAddress(this.#request.bytes, this.#request.values[0] as number, nextHop);
    return this.#socket.ask(this.#request, Rtm.NEWNEIGH);
  }

  #isIn(states: number): boolean {
    return ((this.#socket.halves[NEIGHBOUR_STATE / 2] as number) & states) !== 0;
  }
}

/** `no-carrier`: administratively up, but the other end is gone. */
export type LinkState = 'up' | 'no-carrier' | 'down' | 'gone';

/**
 * The state of one interface. SIOCGIFFLAGS will not do: its IFF_RUNNING says operational (RFC 2863), which
 * comes up to a second after the carrier, and never to a dormant link. `up` when the kernel cannot be asked.
 */
export function linkState(socket: NetlinkSocket, name: string): LinkState {
  const text = Buffer.from(`${name}\0`, 'utf8');
  const request = new NetlinkRequest(Rtm.GETLINK, LINK_MESSAGE, [
    [Ifla.IFNAME, text.length],
    [Ifla.EXT_MASK, 4],
  ]);
  const [at, mask] = request.values as [number, number];
  request.bytes.set(text, at);
  request.words[mask / 4] = RTEXT_FILTER_SKIP_STATS;
  const length = socket.ask(request, Rtm.NEWLINK);
  if (length < NETLINK_HEADER + LINK_MESSAGE) return length === -Errno.ENODEV ? 'gone' : 'up';
  const flags = socket.words[LINK_FLAGS / 4] as number;
  if ((flags & IFF_UP) === 0) return 'down';
  return (flags & IFF_LOWER_UP) === 0 ? 'no-carrier' : 'up';
}
