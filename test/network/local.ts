import { Errno } from '../../src/transport/errno.ts';
import type { Address } from '../../src/wire/address.ts';
import { address } from './address-text.ts';
import type { Match } from './match.ts';
import type { Context } from './middlebox.ts';
import type { Packet } from './packet.ts';

/** What the kernel says to a packet on its way out: 0 sends it, an errno does not. */
export type SendFault = (packet: Packet, context: Context) => number;

/** The machine that probes, and what goes wrong on it. */
export interface Local {
  readonly address: Address;
  readonly interface: string;
  /** Bytes of the largest packet that it sends; EMSGSIZE for more. */
  readonly mtu: number;
  /** Addresses without a route, and the errno that says so. */
  readonly noRoute: ReadonlyMap<Address, number>;
  /** Addresses on the link that answer no ARP: an ICMP 3/1 of our own follows when the kernel gives up. */
  readonly noNeighbour: readonly Address[];
  /** Milliseconds until it does; three probes a second apart (net/ipv4/arp.c). */
  readonly neighbourMs: number;
  readonly sendFault: SendFault;
  /** Milliseconds after which the interface is gone, or null. */
  readonly lostAtMs: number | null;
  /** The kernel answers segments that belong to no connection with a reset, as it does without a port guard. */
  readonly resets: boolean;
  /** Ports that a guard keeps the kernel from resetting. */
  readonly silentPorts: readonly number[];
  /** The capture sees data segments of one instant merged into one packet, as after generic receive offload. */
  readonly mergesSegments: boolean;
  /** The capture sees our own packets too, at the time they left. */
  readonly seesOwnPackets: boolean;
  /** The capture sees packets to other addresses too, as on a link that floods. */
  readonly promiscuous: boolean;
  /** Share of captured packets that the capture loses and counts, 0 to 1. */
  readonly captureLoss: number;
  /** Captured bytes of a packet at most. */
  readonly snapLength: number;
  /** Captured packets are padded with garbage to this length: an Ethernet frame's payload is 46 bytes at least. */
  readonly paddedTo: number;
  /** Milliseconds that captured packets are collected after the first before they are handed over (a ring's block time-out). */
  readonly blockMs: number;
  /** Nanoseconds that sending one packet takes. */
  readonly sendCost: number;
}

/** A prober at 192.0.2.1 on `sim0` where nothing goes wrong, but for what `own` says. */
export function local(own: Partial<Local> = {}): Local {
  return {
    address: address('192.0.2.1'),
    interface: 'sim0',
    mtu: 1500,
    noRoute: new Map(),
    noNeighbour: [],
    neighbourMs: 3000,
    sendFault: () => 0,
    lostAtMs: null,
    resets: true,
    silentPorts: [],
    mergesSegments: false,
    seesOwnPackets: true,
    promiscuous: false,
    captureLoss: 0,
    snapLength: 65_535,
    paddedTo: 46,
    blockMs: 0,
    sendCost: 1000,
    ...own,
  };
}

/** Refuses every packet that matches: an OUTPUT rule gives EPERM. */
export function refuse(errno: number, match: Match): SendFault {
  return (packet) => (match(packet) ? errno : 0);
}

/** Refuses the first `count` packets that match: a full queue (ENOBUFS, EAGAIN) for a moment. */
export function refuseFirst(count: number, errno: number, match: Match): SendFault {
  const key = {};
  return (packet, { remember }) => {
    if (!match(packet)) return 0;
    const seen = remember(key, () => ({ packets: 0 }));
    return seen.packets++ < count ? errno : 0;
  };
}

/** Refuses each packet with `probability`: a queue that is full now and then. */
export function refuseSometimes(probability: number, errno: number = Errno.ENOBUFS): SendFault {
  return (_, { random }) => (random.fraction() < probability ? errno : 0);
}
