import { Errno } from '../../src/transport/errno.ts';
import type { Address } from '../../src/wire/address.ts';
import type { Match } from './match.ts';
import type { Context } from './middlebox.ts';
import { address, type Packet } from './packet.ts';

/** The kernel's result for an outgoing packet: 0 sends it, an errno does not. */
export type SendFault = (packet: Packet, context: Context) => number;

/** The prober's machine, and its faults. */
export interface Local {
  readonly address: Address;
  readonly interface: string;
  /** Bytes of the largest packet that it sends; EMSGSIZE for more. */
  readonly mtu: number;
  /** Addresses without a route, with the errno. */
  readonly noRoute: ReadonlyMap<Address, number>;
  /** Addresses on the link that answer no ARP: our own kernel's ICMP 3/1 follows when it gives up. */
  readonly noNeighbour: readonly Address[];
  /** Milliseconds until it does; three probes a second apart (net/ipv4/arp.c). */
  readonly neighbourMs: number;
  readonly sendFault: SendFault;
  /** Milliseconds after which the interface is gone, or null. */
  readonly lostAtMs: number | null;
  /** The kernel resets segments that belong to no connection, as it does without reset suppression. */
  readonly resets: boolean;
  /** Ports on which kernel resets are suppressed. */
  readonly silentPorts: readonly number[];
  /** Data segments of one instant are captured as one packet, as after generic receive offload. */
  readonly mergesSegments: boolean;
  /** Our own packets are captured too, when they leave. */
  readonly seesOwnPackets: boolean;
  /** Packets to other addresses are captured too, as on a link that floods. */
  readonly promiscuous: boolean;
  /** Share of packets that the capture drops and counts, 0 to 1. */
  readonly captureLoss: number;
  /** Most bytes captured of a packet. */
  readonly snapLength: number;
  /** Captured packets are padded with garbage to this length; an Ethernet payload has at least 46 bytes. */
  readonly paddedTo: number;
  /** Milliseconds that a ring's block collects packets after its first. */
  readonly blockMs: number;
  /** Nanoseconds that sending one packet takes. */
  readonly sendCost: number;
}

/** A prober at 192.0.2.1 on `sim0` without faults, except for `own`. */
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

/** Refuses the first `count` packets that match: a queue that is full for a moment (ENOBUFS, EAGAIN). */
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
