import { type SynscopeError, usageError } from '../../errors.ts';
import { Errno } from '../../transport/errno.ts';
import { listedInterfaces } from './interface-addresses.ts';
import { IFF_UP, type LinkState, LinkRequest } from './link-message.ts';
import { NetlinkSocket } from './netlink.ts';
import { readProcFile } from './proc-file.ts';
import type { SystemCalls } from './system-calls.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCGIFNAME = 0x8910;
const SIOCGIFMTU = 0x8921;
const SIOCGIFINDEX = 0x8933;
/** struct ifreq: the name in 16 bytes, then a union of which these calls use the first 4. */
const IFREQ = 40;
const NAME = 16;

/** Asks the kernel about interfaces of the current network namespace (netdevice(7)); /sys may show another one's. */
export class InterfaceRequests {
  readonly #calls: SystemCalls;
  readonly #socket: number;
  readonly #netlink: NetlinkSocket | null;
  readonly #request = new Uint8Array(IFREQ);
  readonly #value = new Int32Array(this.#request.buffer, NAME, 1);

  constructor(calls: SystemCalls) {
    this.#calls = calls;
    this.#socket = calls.socket(AF_INET, SOCK_DGRAM, 0);
    this.#netlink = NetlinkSocket.open(calls);
  }

  /** 0 when there is no such interface. */
  indexOf(name: string): number {
    return this.#ask(SIOCGIFINDEX, name) < 0 ? 0 : (this.#value[0] as number);
  }

  /** Null when there is no such interface (any more). */
  nameOf(index: number): string | null {
    this.#request.fill(0);
    this.#value[0] = index;
    if (this.#calls.ioctl(this.#socket, SIOCGIFNAME, this.#request) < 0) return null;
    const end = this.#request.indexOf(0);
    return Buffer.from(this.#request.subarray(0, end < 0 || end > NAME ? NAME : end)).toString('utf8');
  }

  /** Bytes of the largest IP packet, or null when there is no such interface. */
  mtuOf(name: string): number | null {
    return this.#ask(SIOCGIFMTU, name) < 0 ? null : (this.#value[0] as number);
  }

  /** Measured: 8 us. */
  stateOf(name: string): LinkState {
    return this.#netlink === null ? stateByListing(name) : new LinkRequest(name).stateOf(this.#netlink);
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

/**
 * The state of an interface by what files say, for hosts where netlink cannot be asked. Node lists what the kernel calls operational and has an
 * address, so what it does not list may still carry packets. `up` when /sys cannot tell, as where it shows another network namespace.
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
