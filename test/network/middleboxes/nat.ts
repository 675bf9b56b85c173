import { Ipv4Offset } from '../../../src/wire/ipv4.ts';
import { readAddress, writeAddress, type Address } from '../../../src/wire/address.ts';
import { readU16, writeU16 } from '../../../src/wire/bytes.ts';
import { internetChecksum } from '../../../src/wire/checksum.ts';
import { ICMP_HEADER_BYTES } from '../../../src/wire/icmp.ts';
import { TcpOffset } from '../../../src/wire/tcp.ts';
import { isAboutAnError } from '../icmp-error.ts';
import { tcp } from '../match.ts';
import { onward, type Context, type Middlebox } from '../middlebox.ts';
import { edited, set } from '../packet-edit.ts';
import {
  destinationOf,
  endpointsOf,
  reversed,
  sourceOf,
  transportOf,
  tupleText,
  type Endpoints,
  type Packet,
  address,
} from '../packet.ts';
import type { TwoWay } from './options.ts';

/** What a NAT does to the packet that an ICMP error quotes. */
export interface NatForm {
  /**
   * `restored`: as it was sent, with checksums. `checksum-left`: addresses and ports as they were sent, but
   * the TCP checksum of the translated packet, which is then wrong. `left`: as translated. `restored`
   * unless given.
   */
  readonly quotes?: 'restored' | 'checksum-left' | 'left';
}

/** How source NAT translates. */
export interface SourceNatForm extends NatForm {
  /** First of the source ports, used in turn; the client's own ports unless given. */
  readonly firstPort?: number;
}

/** Source NAT to `outside` (masquerade), with the clients' ports or others. */
export function sourceNat(outside: string, form: SourceNatForm = {}): TwoWay {
  const source = address(outside);
  const { firstPort } = form;
  return translator(form, (inside, count) => ({
    ...inside,
    source,
    sourcePort: firstPort === undefined ? inside.sourcePort : firstPort + count,
  }));
}

/** Destination NAT to `outside`, and to `port` where given. */
export function destinationNat(outside: string, port: number | null = null, form: NatForm = {}): TwoWay {
  const destination = address(outside);
  return translator(form, (inside) => ({ ...inside, destination, destinationPort: port ?? inside.destinationPort }));
}

/** Connections by their endpoints on each side, as in packets away from the prober. */
interface Table {
  readonly outsideOf: Map<string, Endpoints>;
  readonly insideOf: Map<string, Endpoints>;
}

const noConnections = (): Table => ({ outsideOf: new Map(), insideOf: new Map() });

function translator(form: NatForm, translate: (inside: Endpoints, count: number) => Endpoints): TwoWay {
  const key = {};
  const table = (context: Context): Table => context.remember(key, noConnections);
  const forward: Middlebox = (packet, context) => {
    const { outsideOf, insideOf } = table(context);
    if (isAboutAnError(packet)) return [onward(withQuote(packet, outsideOf, form))];
    if (!tcp(packet)) return [onward(packet)];
    const inside = endpointsOf(packet);
    const outside = outsideOf.get(tupleText(inside)) ?? translate(inside, outsideOf.size);
    outsideOf.set(tupleText(inside), outside);
    insideOf.set(tupleText(outside), inside);
    return [onward(withEndpoints(packet, outside))];
  };
  const reverse: Middlebox = (packet, context) => {
    const { insideOf } = table(context);
    if (isAboutAnError(packet)) return [onward(withQuote(packet, insideOf, form))];
    if (!tcp(packet)) return [onward(packet)];
    const inside = insideOf.get(tupleText(reversed(endpointsOf(packet))));
    return [onward(inside === undefined ? packet : withEndpoints(packet, reversed(inside)))];
  };
  return { forward, reverse };
}

function withEndpoints(packet: Packet, to: Endpoints): Packet {
  return edited(packet, (bytes) => {
    set.source(bytes, to.source);
    set.destination(bytes, to.destination);
    set.sourcePort(bytes, to.sourcePort);
    set.destinationPort(bytes, to.destinationPort);
  });
}

/**
 * An ICMP error about a packet that passed this NAT in the other direction; `other` maps it to the side
 * that the error goes to. The receiver is always translated, the sender where it is the quoted packet's
 * destination.
 */
function withQuote(packet: Packet, other: ReadonlyMap<string, Endpoints>, { quotes = 'restored' }: NatForm): Packet {
  const at = transportOf(packet) + ICMP_HEADER_BYTES;
  const quoted = quotedEndpoints(packet, at);
  // A quoted packet of the server is looked up in the client's direction.
  const found = other.get(tupleText(quoted)) ?? other.get(tupleText(reversed(quoted)));
  if (found === undefined) return packet;
  const sent = other.has(tupleText(quoted)) ? found : reversed(found);
  return edited(packet, (bytes) => {
    set.destination(bytes, sent.source);
    if (sourceOf(bytes) === quoted.destination) set.source(bytes, sent.destination);
    if (quotes !== 'left') restore(bytes, at, sent, quotes === 'restored');
    writeU16(bytes, transportOf(bytes) + CHECKSUM, 0);
    writeU16(
      bytes,
      transportOf(bytes) + CHECKSUM,
      internetChecksum(bytes, transportOf(bytes), bytes.length - transportOf(bytes)),
    );
  });
}

/** Offset of the checksum in an ICMP header (RFC 792). */
const CHECKSUM = 2;

function quotedEndpoints(packet: Packet, at: number): Endpoints {
  const quote = packet.subarray(at);
  const { source, destination } = { source: sourceOf(quote), destination: destinationOf(quote) };
  const tcpAt = at + transportOf(quote);
  return {
    source,
    destination,
    sourcePort: readU16(packet, tcpAt),
    destinationPort: readU16(packet, tcpAt + TcpOffset.DESTINATION_PORT),
  };
}

/** Writes `to` into the quote at `at`, with checksums updated (RFC 1624) as far as the quote goes. */
function restore(bytes: Uint8Array, at: number, to: Endpoints, fixesTcp: boolean): void {
  const quote = bytes.subarray(at);
  const tcpAt = transportOf(quote);
  const before = wordsOf(quote, tcpAt);
  writeAddress(quote, Ipv4Offset.SOURCE, to.source);
  writeAddress(quote, Ipv4Offset.DESTINATION, to.destination);
  writeU16(quote, tcpAt, to.sourcePort);
  writeU16(quote, tcpAt + TcpOffset.DESTINATION_PORT, to.destinationPort);
  const after = wordsOf(quote, tcpAt);
  update(quote, Ipv4Offset.CHECKSUM, before.addresses, after.addresses);
  const field = tcpAt + TcpOffset.CHECKSUM;
  if (fixesTcp && quote.length >= field + 2) update(quote, field, before.all, after.all);
}

interface Words {
  readonly addresses: number;
  readonly all: number;
}

/** Sums of the 16-bit words that a translation changes. */
function wordsOf(quote: Uint8Array, tcpAt: number): Words {
  const addresses = wordSum(readAddress(quote, Ipv4Offset.SOURCE)) + wordSum(readAddress(quote, Ipv4Offset.DESTINATION));
  return { addresses, all: addresses + readU16(quote, tcpAt) + readU16(quote, tcpAt + TcpOffset.DESTINATION_PORT) };
}

function wordSum(one: Address): number {
  return (one >>> 16) + (one & 0xffff);
}

/** RFC 1624, 3: HC' = ~(~HC + ~m + m'), here with the difference of sums. */
function update(bytes: Uint8Array, field: number, before: number, after: number): void {
  const sum = (~readU16(bytes, field) & 0xffff) + after - before;
  writeU16(bytes, field, ~onesComplement(sum) & 0xffff);
}

/**
 * `value` modulo 65,535, as in one's complement addition; 65,535 for 0, as in a sum of bytes that are not
 * all zero.
 */
function onesComplement(value: number): number {
  return ((((value - 1) % 0xffff) + 0xffff) % 0xffff) + 1;
}
