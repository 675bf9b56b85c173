import { Errno } from '../../transport/errno.ts';
import type { Routes, Source } from '../../transport/transport.ts';
import { type Address, formatAddress, isLoopback, UNSPECIFIED } from '../../wire/address.ts';
import { InterfaceRequests, interfaceAddresses, unknownInterface } from './interfaces.ts';
import { NetlinkSocket } from './netlink.ts';
import { readProcFile, readProcNumber } from './proc-file.ts';
import { NeighbourRequest, RouteRequest, RTN_LOCAL, RTN_UNICAST } from './rtnetlink.ts';
import { hasSystemCalls, type SystemCalls, systemCalls } from './system-calls.ts';

/** What the user fixed of the route. */
export interface RouteOptions {
  /** Every source has this address instead of the kernel's choice; it need not be ours. */
  readonly sourceIp: Address | null;
  /** Every target is reached through this interface. */
  readonly interface: string | null;
}

/** Routes that hold a socket. */
export interface OpenRoutes extends Routes {
  /** Idempotent; lookups after it fail with EBADF. */
  close(): void;
}

/** One line of /proc/net/route. */
export interface TableRoute {
  readonly interface: string;
  readonly destination: number;
  readonly mask: number;
  /** 0 where targets are on the link. */
  readonly gateway: number;
  readonly metric: number;
  /** RTF_REJECT: an unreachable route. */
  readonly rejects: boolean;
}

/** An IP packet's total length field ends here, whatever the loopback's MTU says. */
const LARGEST_PACKET = 65535;
const RTF_UP = 0x1;
const RTF_REJECT = 0x200;
/** ATF_COM: there is a hardware address. The kernel shows 0 for INCOMPLETE and FAILED (net/ipv4/arp.c). */
const ATF_COM = 0x2;
const ETHERNET_MTU = 1500;
const LOOPBACK = 'lo';

/** By the kernel's answers, else by the main table. Throws a usage error for an unknown interface. */
export function openRoutes(options: RouteOptions): OpenRoutes {
  const calls = systemCalls();
  const socket = hasSystemCalls(calls) ? NetlinkSocket.open(calls) : null;
  return socket === null ? new TableRoutes(options) : new KernelRoutes(calls as SystemCalls, socket, options);
}

/**
 * Asks the kernel for each target (RTM_GETROUTE), so that policy rules, metrics, source hints and MTUs of
 * routes are honoured. Measured: 4 us a target, nothing allocated; no packet is sent and no capability
 * needed.
 */
class KernelRoutes implements OpenRoutes {
  readonly sources: Source[] = [];
  /** Of each source: index of the interface, and the route's own MTU. */
  readonly #interfaceIndexes: number[] = [];
  readonly #routeMtus: number[] = [];
  readonly #socket: NetlinkSocket;
  readonly #options: RouteOptions;
  readonly #interfaces: InterfaceRequests;
  readonly #request: RouteRequest;
  readonly #anyInterface: RouteRequest;
  readonly #neighbour: NeighbourRequest;
  readonly #local = new Map<Address, boolean>();

  /** Owns `socket`. */
  constructor(calls: SystemCalls, socket: NetlinkSocket, options: RouteOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#interfaces = new InterfaceRequests(calls);
    const index = options.interface === null ? 0 : this.#interfaces.indexOf(options.interface);
    this.#request = new RouteRequest(socket, index);
    this.#anyInterface = new RouteRequest(socket, 0);
    this.#neighbour = new NeighbourRequest(socket);
    if (options.interface !== null && index === 0) {
      this.close();
      throw unknownInterface(options.interface);
    }
  }

  lookup(target: Address): number {
    const { error, source, interfaceIndex, mtu } = this.#request.ask(target);
    if (error < 0) return error;
    const address = this.#options.sourceIp ?? source ?? UNSPECIFIED;
    // Linear: a host has a handful.
    for (let place = 0; place < this.sources.length; place++) {
      const same = this.#interfaceIndexes[place] === interfaceIndex && this.#routeMtus[place] === mtu;
      if (same && (this.sources[place] as Source).address === address) return place;
    }
    return this.#addSource(address, interfaceIndex, mtu);
  }

  isLocal(address: Address): boolean {
    const known = this.#local.get(address);
    if (known !== undefined) return known;
    const { error, type } = this.#anyInterface.ask(address);
    const local = isLoopback(address) || (error === 0 && type === RTN_LOCAL);
    // Bounded: errors can be forged from any number of addresses.
    if (this.#local.size >= 4096) this.#local.clear();
    this.#local.set(address, local);
    return local;
  }

  /** Measured: 7 us. */
  isUnresolved(target: Address): boolean {
    const { error, type, interfaceIndex, gateway } = this.#request.ask(target);
    return error === 0 && type === RTN_UNICAST && this.#neighbour.isUnresolved(interfaceIndex, gateway ?? target);
  }

  close(): void {
    this.#socket.close();
    this.#interfaces.close();
  }

  #addSource(address: Address, interfaceIndex: number, routeMtu: number): number {
    const name = this.#interfaces.nameOf(interfaceIndex);
    if (name === null) return -Errno.ENODEV;
    const mtu = routeMtu === 0 ? (this.#interfaces.mtuOf(name) ?? LARGEST_PACKET) : routeMtu;
    this.#interfaceIndexes.push(interfaceIndex);
    this.#routeMtus.push(routeMtu);
    return this.sources.push({ address, interface: name, mtu: Math.min(mtu, LARGEST_PACKET) }) - 1;
  }
}

/**
 * Routes without netlink: longest prefix in the main table, source address the interface's first. Does not
 * know policy rules, route sources or route MTUs.
 */
export class TableRoutes implements OpenRoutes {
  readonly sources: Source[] = [];
  readonly #options: RouteOptions;
  readonly #routes: readonly TableRoute[];
  readonly #interfaces = interfaceAddresses();
  readonly #own = new Set([...this.#interfaces.values()].flat());

  constructor(options: RouteOptions) {
    if (options.interface !== null && !this.#interfaces.has(options.interface)) throw unknownInterface(options.interface);
    this.#options = options;
    this.#routes = parseRouteTable(readProcFile('/proc/net/route') ?? '');
  }

  lookup(target: Address): number {
    const isLocal = this.isLocal(target);
    const name = isLocal ? LOOPBACK : (this.#options.interface ?? interfaceFor(target, this.#routes));
    if (name === null) return -Errno.ENETUNREACH;
    const address = this.#options.sourceIp ?? (isLocal ? target : this.#interfaces.get(name)?.[0]);
    // The kernel would put one into the packet, but too late for the checksum.
    if (address === undefined) return -Errno.EADDRNOTAVAIL;
    const known = this.sources.findIndex((source) => source.interface === name && source.address === address);
    if (known >= 0) return known;
    const mtu = readProcNumber(`/sys/class/net/${name}/mtu`) ?? ETHERNET_MTU;
    return this.sources.push({ address, interface: name, mtu: Math.min(mtu, LARGEST_PACKET) }) - 1;
  }

  isLocal(address: Address): boolean {
    return isLoopback(address) || this.#own.has(address);
  }

  /** Reads a file each time: measured, 15 us. */
  isUnresolved(target: Address): boolean {
    const { interface: fixed } = this.#options;
    const routes = fixed === null ? this.#routes : this.#routes.filter((route) => route.interface === fixed);
    const route = this.isLocal(target) ? null : bestRoute(target, routes);
    if (route === null) return false;
    const nextHop = route.gateway === 0 ? target : route.gateway;
    return isUnresolvedIn(readProcFile('/proc/net/arp') ?? '', route.interface, nextHop as Address);
  }

  close(): void {
    // Nothing is held open.
  }
}

/** The usable lines of /proc/net/route, whose addresses are words in host byte order. */
export function parseRouteTable(text: string): TableRoute[] {
  const lines = text.split('\n').slice(1);
  return lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    if (fields.length < 8) return [];
    const flags = Number.parseInt(fields[3] as string, 16);
    const rejects = (flags & RTF_REJECT) !== 0;
    if ((flags & RTF_UP) === 0 && !rejects) return [];
    const [destination, gateway, mask] = [1, 2, 7].map((index) => networkOrder(fields[index] as string)) as [
      number,
      number,
      number,
    ];
    return [{ interface: fields[0] as string, destination, mask, gateway, metric: Number(fields[6]), rejects }];
  });
}

/** Interface of the longest prefix that holds `target`, then of the lowest metric; null without a route. */
export function interfaceFor(target: Address, routes: readonly TableRoute[]): string | null {
  return bestRoute(target, routes)?.interface ?? null;
}

function bestRoute(target: Address, routes: readonly TableRoute[]): TableRoute | null {
  const matching = routes.filter((route) => (target & route.mask) >>> 0 === route.destination);
  const [best] = matching.toSorted((a, b) => b.mask - a.mask || a.metric - b.metric);
  return best === undefined || best.rejects ? null : best;
}

function networkOrder(hex: string): number {
  const word = new Uint32Array([Number.parseInt(hex, 16)]);
  return new DataView(word.buffer).getUint32(0);
}

/** Whether /proc/net/arp (`text`) has an entry for `neighbour` there without a hardware address. */
export function isUnresolvedIn(text: string, interfaceName: string, neighbour: Address): boolean {
  const dotted = formatAddress(neighbour);
  return text.split('\n').some((line) => {
    const fields = line.trim().split(/\s+/);
    return fields[0] === dotted && fields[5] === interfaceName && (Number(fields[2]) & ATF_COM) === 0;
  });
}
