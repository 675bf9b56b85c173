import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

import { type SynscopeError, usageError } from '../../errors.ts';
import { Errno } from '../../transport/errno.ts';
import { type Address, parseAddress, readAddress } from '../../wire/address.ts';
import { FAMILIES, IPV4 } from '../../wire/family.ts';
import { NetlinkSocket } from './netlink.ts';
import { readProcFile } from './proc-file.ts';
import { IFF_UP, linkState, type LinkState, MAC_BYTES } from './rtnetlink.ts';
import { hasSystemCalls, Socket, type SystemCalls, systemCalls } from './system-calls.ts';

const Siocgif = { NAME: 0x8910, ADDR: 0x8915, MTU: 0x8921, HWADDR: 0x8927, INDEX: 0x8933 } as const;
/** struct ifreq: the name in 16 bytes, then a union: a number of 4 bytes, or a sockaddr. */
const IFREQ_BYTES = 40;
const NAME = 16;
/** In a sockaddr: the hardware type or the family, then a hardware address, or port and IPv4 address. */
const HARDWARE_ADDRESS_AT: number = NAME + 2;
const INET_ADDRESS_AT: number = NAME + 4;
/** linux/if_arp.h. Other numbers: the loopback, and what carries bare IP (tun, WireGuard, IPIP). */
const ARPHRD_ETHER = 1;

/** An interface whose frames have an Ethernet header. */
export interface EthernetLink {
  readonly index: number;
  /** Bytes of the largest IP packet. */
  readonly mtu: number;
  readonly address: Uint8Array;
}

/** Asks the kernel about interfaces of this network namespace (netdevice(7)); /sys may show another one's. */
export class InterfaceRequests {
  readonly #calls: SystemCalls;
  readonly #socket: number;
  readonly #netlink: NetlinkSocket | null;
  readonly #request = new Uint8Array(IFREQ_BYTES);
  readonly #value = new Int32Array(this.#request.buffer, NAME, 1);

  constructor(calls: SystemCalls) {
    this.#calls = calls;
    this.#socket = calls.socket(FAMILIES[IPV4].socketFamily, Socket.DGRAM, 0);
    this.#netlink = NetlinkSocket.open(calls);
  }

  /** 0 when there is no such interface. */
  indexOf(name: string): number {
    return this.#ask(Siocgif.INDEX, name) < 0 ? 0 : (this.#value[0] as number);
  }

  nameOf(index: number): string | null {
    this.#request.fill(0);
    this.#value[0] = index;
    if (this.#calls.ioctl(this.#socket, Siocgif.NAME, this.#request) < 0) return null;
    const end = this.#request.indexOf(0);
    return Buffer.from(this.#request.subarray(0, end < 0 || end > NAME ? NAME : end)).toString('utf8');
  }

  /** Bytes of the largest IP packet, or null when there is no such interface. */
  mtuOf(name: string): number | null {
    return this.#ask(Siocgif.MTU, name) < 0 ? null : (this.#value[0] as number);
  }

  /** The main IPv4 address, or null when there is none. */
  addressOf(name: string): Address | null {
    return this.#ask(Siocgif.ADDR, name) < 0 ? null : readAddress(this.#request, INET_ADDRESS_AT);
  }

  /** Null when there is no such interface, or when it is no Ethernet. */
  ethernetLink(name: string): EthernetLink | null {
    const index = this.indexOf(name);
    const mtu = this.mtuOf(name);
    if (index === 0 || mtu === null || this.#ask(Siocgif.HWADDR, name) < 0) return null;
    const type = new Uint16Array(this.#request.buffer, NAME, 1)[0];
    const address = this.#request.slice(HARDWARE_ADDRESS_AT, HARDWARE_ADDRESS_AT + MAC_BYTES);
    return type === ARPHRD_ETHER ? { index, mtu, address } : null;
  }

  /** Measured: 8 us. */
  stateOf(name: string): LinkState {
    return this.#netlink === null ? stateByListing(name) : linkState(this.#netlink, name);
  }

  close(): void {
    if (this.#socket >= 0) this.#calls.close(this.#socket);
    this.#netlink?.close();
  }

  #ask(request: number, name: string): number {
    const bytes = Buffer.from(name, 'utf8');
    if (bytes.length === 0 || bytes.length >= NAME) return -Errno.ENODEV;
    this.#request.fill(0);
    this.#request.set(bytes);
    return this.#calls.ioctl(this.#socket, request, this.#request);
  }
}

/** The Ethernet interface of that name; null when there is none. */
export function ethernetLink(calls: SystemCalls, name: string): EthernetLink | null {
  const requests = new InterfaceRequests(calls);
  const link = requests.ethernetLink(name);
  requests.close();
  return link;
}

/**
 * The state of an interface by files, where netlink cannot be asked. Node lists what is operational and has
 * an address; what it does not list may still carry packets. `up` when /sys cannot tell, as of another
 * network namespace.
 */
export function stateByListing(name: string): LinkState {
  if (listedInterfaces()?.[name] !== undefined) return 'up';
  const devices = readProcFile('/proc/net/dev');
  if (devices !== null && !devices.split('\n').some((line) => line.trimStart().startsWith(`${name}:`))) return 'gone';
  const flags = readProcFile(`/sys/class/net/${name}/flags`);
  if (flags === null) return 'up';
  if ((Number(flags) & IFF_UP) === 0) return 'down';
  return readProcFile(`/sys/class/net/${name}/carrier`) === '0' ? 'no-carrier' : 'up';
}

/** What `--interface` says when the name is not there: exit code 2. */
export function unknownInterface(name: string): SynscopeError {
  const listed = listedInterfaces();
  if (listed === null) return usageError('--interface', name, 'there is no such interface here');
  const names = Object.keys(listed).join(', ');
  return usageError('--interface', name, `there is no such interface here (up are: ${names === '' ? 'none' : names})`);
}

/** Interfaces as Node lists them; null where it cannot: it asks by netlink, which a sandbox may refuse. */
export function listedInterfaces(): Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>> | null {
  try {
    return networkInterfaces();
  } catch {
    return null;
  }
}

/**
 * The IPv4 addresses of each interface, the main one first: as Node lists them, else the kernel's main one of
 * each interface in /proc/net/dev; none where neither can tell.
 */
export function interfaceAddresses(): ReadonlyMap<string, readonly Address[]> {
  const listed = listedInterfaces();
  if (listed === null) return askedAddresses();
  return new Map(Object.entries(listed).map(([name, entries]) => [name, addressesOf(entries)]));
}

function addressesOf(entries: readonly NetworkInterfaceInfo[] = []): readonly Address[] {
  return entries.map(({ address }) => parseAddress(address)).filter((address) => address !== null);
}

function askedAddresses(): ReadonlyMap<string, readonly Address[]> {
  const calls = systemCalls();
  const requests = hasSystemCalls(calls) ? new InterfaceRequests(calls) : null;
  const names = namesIn(readProcFile('/proc/net/dev') ?? '');
  const addresses = new Map(names.map((name) => [name, [requests?.addressOf(name) ?? null].filter((one) => one !== null)]));
  requests?.close();
  return addresses;
}

/** The names in /proc/net/dev: two lines of titles, then `  name: counters`. */
function namesIn(devices: string): readonly string[] {
  const lines = devices.split('\n').slice(2);
  return lines.map((line) => line.slice(0, line.lastIndexOf(':')).trim()).filter((name) => name !== '');
}
