import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

import { type Address, parseAddress, readAddress } from '../../wire/address.ts';
import { readProcFile } from './proc-file.ts';
import { hasSystemCalls, systemCalls } from './system-calls.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCGIFADDR = 0x8915;
/** struct ifreq: the name in 16 bytes, then a sockaddr_in, whose address stands at 4. */
const IFREQ = 40;
const NAME = 16;
const ADDRESS_AT = 20;

/** Interfaces as Node lists them; null where it cannot, for it asks by netlink, which a sandbox may refuse. */
export function listedInterfaces(): Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>> | null {
  try {
    return networkInterfaces();
  } catch {
    return null;
  }
}

/**
 * The IPv4 addresses of each interface, the main one first: as Node lists them, else the main one of each interface of /proc/net/dev as an ioctl
 * tells it (netdevice(7)). An interface is listed without addresses where neither can tell.
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
  const socket = hasSystemCalls(calls) ? calls.socket(AF_INET, SOCK_DGRAM, 0) : -1;
  const mainAddressOf = (name: string): readonly Address[] => {
    const request = new Uint8Array(IFREQ);
    request.set(Buffer.from(name, 'utf8').subarray(0, NAME - 1));
    const told = hasSystemCalls(calls) && socket >= 0 && calls.ioctl(socket, SIOCGIFADDR, request) >= 0;
    return told ? [readAddress(request, ADDRESS_AT)] : [];
  };
  const addresses = new Map(namesIn(readProcFile('/proc/net/dev') ?? '').map((name) => [name, mainAddressOf(name)]));
  if (hasSystemCalls(calls) && socket >= 0) calls.close(socket);
  return addresses;
}

/** The names in /proc/net/dev: two lines of titles, then `  name: counters`. */
function namesIn(devices: string): readonly string[] {
  const lines = devices.split('\n').slice(2);
  return lines.map((line) => line.slice(0, line.lastIndexOf(':')).trim()).filter((name) => name !== '');
}
