import { type Address, writeAddress } from '../../wire/address.ts';
import { NETLINK_HEADER, NetlinkRequest, type NetlinkSocket } from './netlink.ts';

/**
 * RTM_GETNEIGH for one entry (rtnetlink(7); net/core/neighbour.c, neigh_get, Linux 5.0): what the kernel knows of a neighbour.
 *
 *     request  nlmsghdr 16 | ndmsg 12 (family 1, 3 unused, interface 4, state 2, flags 1, type 1) | NDA_DST 8
 *     answer   the same with more attributes, or an nlmsgerr: ENOENT without an entry, EOPNOTSUPP before 5.0
 */
const RTM_NEWNEIGH = 28;
const RTM_GETNEIGH = 30;
const AF_INET = 2;
const NEIGHBOUR_MESSAGE = 12;
const NDA_DST = 1;
const INTERFACE: number = NETLINK_HEADER + 4;
const STATE: number = NETLINK_HEADER + 8;
const NUD_INCOMPLETE = 0x01;
const NUD_REACHABLE = 0x02;
const NUD_STALE = 0x04;
const NUD_DELAY = 0x08;
const NUD_PROBE = 0x10;
const NUD_FAILED = 0x20;
const NUD_NOARP = 0x40;
const NUD_PERMANENT = 0x80;
const NDA_LLADDR = 2;
const WITH_ADDRESS = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_NOARP | NUD_PERMANENT;

/** Bytes of an Ethernet address. */
export const MAC_BYTES = 6;

/**
 * How far the kernel trusts an entry. `stale`: its address holds, but the kernel confirms it only once it has itself sent a packet there; confirming
 * (DELAY, PROBE) counts as fresh, for that packet was sent. `none`: no address that could be used.
 */
export type NeighbourTrust = 'fresh' | 'stale' | 'none';

/** A question about one entry of the kernel's neighbour table, asked again in place. */
export class NeighbourRequest {
  readonly #request = new NetlinkRequest(RTM_GETNEIGH, NEIGHBOUR_MESSAGE, [[NDA_DST, 4]]);

  constructor() {
    this.#request.bytes[NETLINK_HEADER] = AF_INET;
  }

  /** Copies the entry's Ethernet address to `into`, 6 bytes; `none` leaves them alone, and is the answer too where the kernel cannot be asked. Measured: 3 us. */
  readAddress(socket: NetlinkSocket, at: { interfaceIndex: number; nextHop: Address }, into: Uint8Array): NeighbourTrust {
    const { reply } = socket;
    const length = this.#ask(socket, at.interfaceIndex, at.nextHop);
    if (length < NETLINK_HEADER + NEIGHBOUR_MESSAGE) return 'none';
    const state = reply.halves[STATE / 2] as number;
    let found = false;
    reply.readAttributes(NETLINK_HEADER + NEIGHBOUR_MESSAGE, length, (kind, from, to) => {
      if (kind !== NDA_LLADDR || to - from !== MAC_BYTES) return;
      for (let index = 0; index < MAC_BYTES; index++) into[index] = reply.bytes[from + index] as number;
      found = true;
    });
    if (!found || (state & WITH_ADDRESS) === 0) return 'none';
    return (state & NUD_STALE) === 0 ? 'fresh' : 'stale';
  }

  /** True when the entry is INCOMPLETE or FAILED; false for any other, for none, and where the kernel cannot be asked. */
  isUnresolved(socket: NetlinkSocket, interfaceIndex: number, nextHop: Address): boolean {
    const length = this.#ask(socket, interfaceIndex, nextHop);
    if (length < NETLINK_HEADER + NEIGHBOUR_MESSAGE) return false;
    return ((socket.reply.halves[STATE / 2] as number) & (NUD_INCOMPLETE | NUD_FAILED)) !== 0;
  }

  #ask(socket: NetlinkSocket, interfaceIndex: number, nextHop: Address): number {
    this.#request.words[INTERFACE / 4] = interfaceIndex;
    writeAddress(this.#request.bytes, this.#request.values[0] as number, nextHop);
    return socket.ask(this.#request, RTM_NEWNEIGH);
  }
}
