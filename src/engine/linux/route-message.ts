import { type Address, readAddress, writeAddress } from '../../wire/address.ts';
import { NETLINK_HEADER, NetlinkRequest, type NetlinkReply, type NetlinkSocket } from './netlink.ts';

/**
 * RTM_GETROUTE, rtnetlink(7): the kernel is asked which route a packet would take, as `ip route get` does.
 *
 *     request  nlmsghdr 16 | rtmsg 12 | RTA_DST 8 [| RTA_OIF 8]
 *     answer   nlmsghdr 16 | rtmsg 12 | attributes (length 2, type 2, value, padded to 4), or an nlmsgerr with -errno
 */
const RTM_GETROUTE = 26;
const RTM_NEWROUTE = 24;
const AF_INET = 2;
const ROUTE_MESSAGE = 12;
const ATTRIBUTES: number = NETLINK_HEADER + ROUTE_MESSAGE;

const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PREFSRC = 7;
const RTA_METRICS = 8;
const RTAX_MTU = 2;

/** rtm_type of a gateway or a direct route. */
export const RTN_UNICAST = 1;
/** rtm_type of an address of this host; 127/8 too. */
export const RTN_LOCAL = 2;

/** Where a packet to the target would go. One object, overwritten by each answer: the lookup of a target allocates nothing. */
export interface RouteAnswer {
  /** 0, or `-errno` and nothing else is valid. */
  error: number;
  /** rtm_type: 1 unicast, 2 local, 3 broadcast, ... */
  type: number;
  /** Index of the outgoing interface. */
  interfaceIndex: number;
  /** Source address that the kernel would choose; null when it names none. */
  source: Address | null;
  /** MTU of the route itself, or learnt from ICMP 3/4; 0 when it is the interface's. */
  mtu: number;
  /** IPv4 address of the next hop; null when the target itself is, or when the next hop is an IPv6 one. */
  gateway: Address | null;
}

/** An answer for `RouteReply` to fill. */
export function emptyAnswer(): RouteAnswer {
  return { error: 0, type: 0, interfaceIndex: 0, source: null, mtu: 0, gateway: null };
}

/** A lookup whose target can be changed in place. */
export class RouteRequest {
  readonly #request: NetlinkRequest;

  /** `interfaceIndex` 0 leaves the way out to the routing tables. */
  constructor(interfaceIndex: number) {
    const target = [RTA_DST, 4] as const;
    const request = new NetlinkRequest(RTM_GETROUTE, ROUTE_MESSAGE, interfaceIndex === 0 ? [target] : [target, [RTA_OIF, 4]]);
    request.bytes[NETLINK_HEADER] = AF_INET;
    request.bytes[NETLINK_HEADER + 1] = 32;
    const [, outgoing] = request.values;
    if (outgoing !== undefined) request.words[outgoing / 4] = interfaceIndex;
    this.#request = request;
  }

  /** Overwrites `answer`: its `error` is 0, or `-errno`. */
  ask(socket: NetlinkSocket, target: Address, answer: RouteAnswer): void {
    writeAddress(this.#request.bytes, this.#request.values[0] as number, target);
    const length = socket.ask(this.#request, RTM_NEWROUTE);
    answer.error = Math.min(length, 0);
    if (length >= ATTRIBUTES) read(socket.reply, length, answer);
  }
}

function read(reply: NetlinkReply, length: number, answer: RouteAnswer): void {
  answer.type = reply.bytes[NETLINK_HEADER + 7] as number;
  answer.interfaceIndex = 0;
  answer.source = null;
  answer.mtu = 0;
  answer.gateway = null;
  reply.readAttributes(ATTRIBUTES, length, (kind, at, end) => keep(reply, answer, { kind, at, end }));
}

function keep(reply: NetlinkReply, answer: RouteAnswer, { kind, at, end }: Attribute): void {
  if (kind === RTA_OIF) answer.interfaceIndex = reply.words[at / 4] as number;
  else if (kind === RTA_PREFSRC) answer.source = readAddress(reply.bytes, at);
  else if (kind === RTA_GATEWAY) answer.gateway = readAddress(reply.bytes, at);
  else if (kind === RTA_METRICS) {
    reply.readAttributes(at, end, (metric, value) => {
      if (metric === RTAX_MTU) answer.mtu = reply.words[value / 4] as number;
    });
  }
}

interface Attribute {
  readonly kind: number;
  readonly at: number;
  readonly end: number;
}
