import { Errno } from '../../transport/errno.ts';
import { NETLINK_HEADER, NetlinkRequest, type NetlinkSocket } from './netlink.ts';

/**
 * RTM_GETLINK by name, rtnetlink(7). The older SIOCGIFFLAGS has only 16 flags, and of those IFF_RUNNING says operational (RFC 2863), not carrier:
 * it comes up to a second after the carrier, and never to a dormant link, while packets pass.
 *
 *     request  nlmsghdr 16 | ifinfomsg 16 (family 1, 1 unused, type 2, index 4, flags 4, change 4) | IFLA_IFNAME | IFLA_EXT_MASK 8
 *     answer   the same with more attributes, or an nlmsgerr
 */
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const LINK_MESSAGE = 16;
const FLAGS: number = NETLINK_HEADER + 8;
const IFLA_IFNAME = 3;
const IFLA_EXT_MASK = 29;
const RTEXT_FILTER_SKIP_STATS = 8;
const IFF_LOWER_UP = 0x10000;

/** Administratively up (netdevice(7)). */
export const IFF_UP = 0x1;

/** `no-carrier`: administratively up, but the other end is gone. */
export type LinkState = 'up' | 'no-carrier' | 'down' | 'gone';

/** A question about one interface. */
export class LinkRequest {
  readonly #request: NetlinkRequest;

  constructor(name: string) {
    const text = Buffer.from(`${name}\0`, 'utf8');
    this.#request = new NetlinkRequest(RTM_GETLINK, LINK_MESSAGE, [
      [IFLA_IFNAME, text.length],
      [IFLA_EXT_MASK, 4],
    ]);
    const [at, mask] = this.#request.values as [number, number];
    this.#request.bytes.set(text, at);
    this.#request.words[mask / 4] = RTEXT_FILTER_SKIP_STATS;
  }

  /** `up` when the kernel cannot be asked: no reason to end a run. */
  stateOf(socket: NetlinkSocket): LinkState {
    const length = socket.ask(this.#request, RTM_NEWLINK);
    if (length < NETLINK_HEADER + LINK_MESSAGE) return length === -Errno.ENODEV ? 'gone' : 'up';
    const flags = socket.reply.words[FLAGS / 4] as number;
    if ((flags & IFF_UP) === 0) return 'down';
    return (flags & IFF_LOWER_UP) === 0 ? 'no-carrier' : 'up';
  }
}
