import { InterfaceRequests } from './interfaces.ts';
import { MAC_BYTES } from './neighbour-message.ts';
import type { SystemCalls } from './system-calls.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCGIFHWADDR = 0x8927;
/** linux/if_arp.h. The loopback has another number, and so has what carries bare IP (tun, WireGuard, IPIP). */
const ARPHRD_ETHER = 1;
/** struct ifreq: the name in 16 bytes, then a sockaddr: the hardware type in 2 and the address. */
const IFREQ = 40;
const NAME = 16;

/** An interface whose frames have an Ethernet header. */
export interface EthernetLink {
  readonly index: number;
  /** Bytes of the largest IP packet. */
  readonly mtu: number;
  /** 6 bytes. */
  readonly address: Uint8Array;
}

/** Null when there is no such interface, or when it is no Ethernet. */
export function ethernetLink(calls: SystemCalls, name: string): EthernetLink | null {
  const requests = new InterfaceRequests(calls);
  const index = requests.indexOf(name);
  const mtu = requests.mtuOf(name);
  requests.close();
  const address = index === 0 ? null : hardwareAddress(calls, name);
  return address === null || mtu === null ? null : { index, mtu, address };
}

function hardwareAddress(calls: SystemCalls, name: string): Uint8Array | null {
  const socket = calls.socket(AF_INET, SOCK_DGRAM, 0);
  if (socket < 0) return null;
  const request = new Uint8Array(IFREQ);
  request.set(Buffer.from(name, 'utf8').subarray(0, NAME - 1));
  const result = calls.ioctl(socket, SIOCGIFHWADDR, request);
  calls.close(socket);
  const type = new Uint16Array(request.buffer, NAME, 1)[0];
  return result < 0 || type !== ARPHRD_ETHER ? null : request.slice(NAME + 2, NAME + 2 + MAC_BYTES);
}
