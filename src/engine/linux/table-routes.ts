import { Errno } from '../../transport/errno.ts';
import type { Source } from '../../transport/transport.ts';
import { type Address, formatAddress, isLoopback } from '../../wire/address.ts';
import { interfaceAddresses, unknownInterface } from './interfaces.ts';
import { readProcFile, readProcNumber } from './proc-file.ts';
import { type OpenRoutes, type RouteOptions, SourceList } from './route-sources.ts';

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

const RTF_UP = 0x1;
const RTF_REJECT = 0x200;
/** ATF_COM: there is a hardware address. The kernel shows 0 for INCOMPLETE and FAILED (net/ipv4/arp.c). */
const ATF_COM = 0x2;
const ETHERNET_MTU = 1500;
const LOOPBACK = 'lo';

/**
 * Routes for hosts where netlink cannot be asked: longest prefix in the main table, source address the
 * interface's first. Does not know policy rules, route sources or route MTUs.
 */
export class TableRoutes implements OpenRoutes {
  readonly #options: RouteOptions;
  readonly #routes: readonly TableRoute[];
  readonly #interfaces = interfaceAddresses();
  readonly #own = new Set([...this.#interfaces.values()].flat());
  readonly #sources = new SourceList();
  readonly #names: string[] = [];

  constructor(options: RouteOptions) {
    if (options.interface !== null && !this.#interfaces.has(options.interface)) throw unknownInterface(options.interface);
    this.#options = options;
    this.#routes = parseRouteTable(readProcFile('/proc/net/route') ?? '');
  }

  get sources(): readonly Source[] {
    return this.#sources.all;
  }

  lookup(target: Address): number {
    const name = this.isLocal(target) ? LOOPBACK : (this.#options.interface ?? interfaceFor(target, this.#routes));
    if (name === null) return -Errno.ENETUNREACH;
    const address = this.#options.sourceIp ?? (this.isLocal(target) ? target : this.#interfaces.get(name)?.[0]);
    // The kernel would put one into the packet, but too late for the checksum.
    if (address === undefined) return -Errno.EADDRNOTAVAIL;
    const index = this.#indexOf(name);
    const known = this.#sources.find(address, index, 0);
    if (known >= 0) return known;
    const mtu = readProcNumber(`/sys/class/net/${name}/mtu`) ?? ETHERNET_MTU;
    return this.#sources.add({ address, interface: name, mtu: Math.min(mtu, 65535) }, index, 0);
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

  #indexOf(name: string): number {
    const place = this.#names.indexOf(name);
    return place >= 0 ? place : this.#names.push(name) - 1;
  }
}

/** The usable lines of /proc/net/route, whose addresses are words in host byte order. */
export function parseRouteTable(text: string): TableRoute[] {
  const lines = text.split('\n').slice(1);
  return lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    if (fields.length < 8) return [];
    const flags = Number.parseInt(fields[3] as string, 16);
    const destination = networkOrder(fields[1] as string);
    const route = {
      interface: fields[0] as string,
      destination,
      mask: networkOrder(fields[7] as string),
      gateway: networkOrder(fields[2] as string),
      metric: Number(fields[6]),
      rejects: (flags & RTF_REJECT) !== 0,
    };
    return (flags & RTF_UP) === 0 && !route.rejects ? [] : [route];
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
