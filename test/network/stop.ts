import type { Nanos } from '../../src/wire/numbers.ts';
import { decodePacket } from '../../src/wire/packet.ts';
import type { Host, HostContext } from './host.ts';
import { icmpErrorAbout, isAboutAnError } from './icmp-error.ts';
import { back, milliseconds, type Context, type Emission } from './middlebox.ts';
import { tokenBucket } from './middleboxes/dropping.ts';
import type { Router } from './network.ts';
import { oneHopOlder } from './packet-edit.ts';
import { destinationPortOf, isTcp, tcpChecksumOf, ttlOf, type Packet } from './packet.ts';

/** Away from the prober, or towards it. */
export type Direction = 'forward' | 'reverse';

/** A router or a host, ready to handle packets of one run. */
export interface Stop {
  /** Nanoseconds on the link from the previous stop. */
  readonly delay: Nanos;
  readonly handle: (packet: Packet, direction: Direction) => readonly Emission[];
}

const TIME_EXCEEDED = { type: 11, code: 0 };

/**
 * A router: the TTL first, then the middleboxes, so that a change made here shows first in the next hop's
 * quote, as with a netfilter FORWARD rule.
 */
export function routerStop(router: Router, context: Context): Stop {
  const mayReport = reporter(router);
  return {
    delay: milliseconds(router.delayMs),
    handle: (packet, direction) => {
      const box = direction === 'forward' ? router.forward : router.reverse;
      if (!router.agesPackets) return box(packet, context);
      if (ttlOf(packet) > 1) return box(oneHopOlder(packet), context);
      if (router.address === null || isAboutAnError(packet) || !mayReport(context)) return [];
      return [back(icmpErrorAbout(packet, router.address, { ...TIME_EXCEEDED, quoting: router.quoting }))];
    },
  };
}

function reporter({ icmp }: Router): (context: Context) => boolean {
  if (icmp === 'on') return () => true;
  if (icmp === 'off') return () => false;
  return tokenBucket(icmp, 1);
}

/**
 * A host: valid TCP, and ICMP errors about its own packets, go to the port's service; the rest is ignored.
 */
export function hostStop(host: Host, delay: Nanos, context: HostContext): Stop {
  return {
    delay,
    handle: (packet) => {
      const port = portOf(packet, host);
      if (port === null) return [];
      const service = host.ports.get(port) ?? host.otherwise;
      return service(packet, context).filter(goesBack);
    },
  };
}

/** The port that handles a packet, or null. */
function portOf(packet: Packet, host: Host): number | null {
  if (isAboutAnError(packet)) return quotedPortOf(packet);
  if (!isTcp(packet) || (host.stack.verifiesChecksums && tcpChecksumOf(packet) !== 0)) return null;
  return destinationPortOf(packet);
}

/** The source port of the packet that an ICMP error quotes. */
function quotedPortOf(packet: Packet): number | null {
  const decoded = decodePacket(packet);
  return decoded.ok ? (decoded.value.icmp?.quote?.sourcePort ?? null) : null;
}

function goesBack(emission: Emission): boolean {
  return emission.way === 'back';
}
