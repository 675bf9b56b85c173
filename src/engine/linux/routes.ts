import { Errno } from '../../transport/errno.ts';
import type { Source } from '../../transport/transport.ts';
import { type Address, isLoopback, UNSPECIFIED } from '../../wire/address.ts';
import { InterfaceRequests, unknownInterface } from './interfaces.ts';
import { NetlinkSocket } from './netlink.ts';
import { type OpenRoutes, type RouteOptions, SourceList } from './route-sources.ts';
import { emptyAnswer, NeighbourRequest, RouteRequest, RTN_LOCAL, RTN_UNICAST } from './rtnetlink.ts';
import { hasSystemCalls, type SystemCalls, systemCalls } from './system-calls.ts';
import { TableRoutes } from './table-routes.ts';

/** An IP packet's total length field ends here, whatever the loopback's MTU says. */
const LARGEST_PACKET = 65535;

/**
 * The kernel's own answers where netlink can be asked, else those of the main table. Throws a usage error for
 * an interface that is not there.
 */
export function openRoutes(options: RouteOptions): OpenRoutes {
  const calls = systemCalls();
  if (hasSystemCalls(calls)) {
    const socket = NetlinkSocket.open(calls);
    if (socket !== null) return new KernelRoutes(calls, socket, options);
  }
  return new TableRoutes(options);
}

/**
 * Asks the kernel for each target (RTM_GETROUTE), so that policy rules, metrics, a route's source hint and
 * its MTU are honoured. Measured: 4 us a target, nothing allocated; no packet is sent and no capability
 * needed.
 */
class KernelRoutes implements OpenRoutes {
  readonly #socket: NetlinkSocket;
  readonly #options: RouteOptions;
  readonly #interfaces: InterfaceRequests;
  readonly #request: RouteRequest;
  readonly #anyInterface = new RouteRequest(0);
  readonly #neighbour = new NeighbourRequest();
  readonly #answer = emptyAnswer();
  readonly #sources = new SourceList();
  readonly #local = new Map<Address, boolean>();

  /** Owns `socket`. */
  constructor(calls: SystemCalls, socket: NetlinkSocket, options: RouteOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#interfaces = new InterfaceRequests(calls);
    const index = options.interface === null ? 0 : this.#interfaces.indexOf(options.interface);
    this.#request = new RouteRequest(index);
    if (options.interface !== null && index === 0) {
      this.close();
      throw unknownInterface(options.interface);
    }
  }

  get sources(): readonly Source[] {
    return this.#sources.all;
  }

  lookup(target: Address): number {
    const error = this.#ask(this.#request, target);
    if (error < 0) return error;
    const { interfaceIndex, mtu } = this.#answer;
    const address = this.#options.sourceIp ?? this.#answer.source ?? UNSPECIFIED;
    const known = this.#sources.find(address, interfaceIndex, mtu);
    return known >= 0 ? known : this.#addSource(address, interfaceIndex, mtu);
  }

  isLocal(address: Address): boolean {
    const known = this.#local.get(address);
    if (known !== undefined) return known;
    const local = isLoopback(address) || (this.#ask(this.#anyInterface, address) === 0 && this.#answer.type === RTN_LOCAL);
    // Bounded: errors can be forged from any number of addresses.
    if (this.#local.size >= 4096) this.#local.clear();
    this.#local.set(address, local);
    return local;
  }

  /** Measured: 7 us. */
  isUnresolved(target: Address): boolean {
    if (this.#ask(this.#request, target) < 0 || this.#answer.type !== RTN_UNICAST) return false;
    const { interfaceIndex, gateway } = this.#answer;
    return this.#neighbour.isUnresolved(this.#socket, interfaceIndex, gateway ?? target);
  }

  close(): void {
    this.#socket.close();
    this.#interfaces.close();
  }

  #addSource(address: Address, interfaceIndex: number, routeMtu: number): number {
    const name = this.#interfaces.nameOf(interfaceIndex);
    if (name === null) return -Errno.ENODEV;
    const mtu = routeMtu === 0 ? (this.#interfaces.mtuOf(name) ?? LARGEST_PACKET) : routeMtu;
    return this.#sources.add({ address, interface: name, mtu: Math.min(mtu, LARGEST_PACKET) }, interfaceIndex, routeMtu);
  }

  /** 0 with the answer in place, or `-errno`. */
  #ask(request: RouteRequest, target: Address): number {
    request.ask(this.#socket, target, this.#answer);
    return this.#answer.error;
  }
}
