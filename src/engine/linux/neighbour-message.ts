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
const NUD_FAILED = 0x20;

/** A question about one entry of the kernel's neighbour table, asked again in place. */
export class NeighbourRequest {
  readonly #request = new NetlinkRequest(RTM_GETNEIGH, NEIGHBOUR_MESSAGE, [[NDA_DST, 4]]);

  constructor() {
    this.#request.bytes[NETLINK_HEADER] = AF_INET;
  }

  /** True when the entry is INCOMPLETE or FAILED; false for any other, for none, and where the kernel cannot be asked. */
  isUnresolved(socket: NetlinkSocket, interfaceIndex: number, nextHop: Address): boolean {
    this.#request.words[INTERFACE / 4] = interfaceIndex;
    writeAddress(this.#request.bytes, this.#request.values[0] as number, nextHop);
    const length = socket.ask(this.#request, RTM_NEWNEIGH);
    if (length < NETLINK_HEADER + NEIGHBOUR_MESSAGE) return false;
    return ((socket.reply.halves[STATE / 2] as number) & (NUD_INCOMPLETE | NUD_FAILED)) !== 0;
  }
}
