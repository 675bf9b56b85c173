import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, parseAddress } from '../../src/wire/address.ts';
import type { IcmpMessage, Quote, TcpSegment } from '../../src/wire/decoded.ts';
import { isIcmpError } from '../../src/wire/icmp.ts';
import { PacketView } from '../../src/wire/packet-view.ts';
import { decodePacket, encodeIcmpPacket, encodeTcpPacket } from '../../src/wire/packet.ts';
import { findOption } from '../../src/wire/tcp-options.ts';
import { anyBytes, damagedPacket, icmpPacket, tcpPacket } from './arbitraries.ts';
import { bytesOf } from './bytes-of.ts';

const HERE = parseAddress('10.0.0.1') as Address;
const THERE = parseAddress('10.0.0.2') as Address;
const SYN = encodeTcpPacket({ source: HERE, destination: THERE, sourcePort: 1, destinationPort: 2, seq: 3, flags: 2, id: 4 });

/** The quote that a view must show: with ports and sequence number of a first fragment of TCP. */
function identifyingQuote(icmp: IcmpMessage | null): Quote | null {
  const quote = icmp !== null && isIcmpError(icmp.type) ? icmp.quote : null;
  return quote?.seq === null ? null : quote;
}

function tcpFields({ header, payloadLength }: TcpSegment): object {
  const { sourcePort, destinationPort, seq, ack, flags, window } = header;
  return { isTcp: true, sourcePort, destinationPort, seq, ack, flags, window, payloadLength };
}

function errorFields(icmp: IcmpMessage, quote: Quote): object {
  return {
    isTcp: false,
    icmpType: icmp.type,
    icmpCode: icmp.code,
    quoteSource: quote.ip.source,
    quoteDestination: quote.ip.destination,
    quoteIpId: quote.ip.id,
    quoteTtl: quote.ip.ttl,
    quoteSourcePort: quote.sourcePort,
    quoteDestinationPort: quote.destinationPort,
    quoteSeq: quote.seq,
  };
}

/** The fields of a view by the rich decoder, or null for a packet that a view must refuse. */
function expectedFields(bytes: Uint8Array): object | null {
  const decoded = decodePacket(bytes);
  if (!decoded.ok) return null;
  const { ip, tcp, icmp } = decoded.value;
  const common = { source: ip.source, destination: ip.destination, ttl: ip.ttl, ipId: ip.id };
  if (tcp !== null) return { ...common, ...tcpFields(tcp) };
  const quote = identifyingQuote(icmp);
  return icmp === null || quote === null ? null : { ...common, ...errorFields(icmp, quote) };
}

function expectedEcho(bytes: Uint8Array): number {
  const decoded = decodePacket(bytes);
  const options = decoded.ok ? (decoded.value.tcp?.header.options ?? []) : [];
  return findOption(options, 'ts')?.echo ?? -1;
}

/** Loads `bytes` from the midst of a larger, dirty buffer. */
function loadAt(view: PacketView, bytes: Uint8Array, offset: number, dirt: number): boolean {
  const buffer = new Uint8Array(offset + bytes.length + 64).fill(dirt);
  buffer.set(bytes, offset);
  return view.load(buffer, offset, bytes.length);
}

describe('a packet view', () => {
  it('agrees with the rich decoder on valid, damaged and any packets', () => {
    const view = new PacketView();
    const input = fc.oneof(tcpPacket, icmpPacket, damagedPacket, anyBytes(80));
    fc.assert(
      fc.property(input, fc.nat(20), fc.constantFrom(0, 0x45, 255), (bytes, offset, dirt) => {
        const fields = expectedFields(bytes);
        expect(loadAt(view, bytes, offset, dirt)).toBe(fields !== null);
        expect(fields === null ? {} : view).toMatchObject(fields ?? {});
        expect(fields === null ? -1 : view.timestampEcho()).toBe(expectedEcho(bytes));
      }),
      { numRuns: 5000 },
    );
  });

  it('loads every TCP packet and every error that quotes 8 bytes of TCP', () => {
    const view = new PacketView();
    fc.assert(fc.property(tcpPacket, (bytes) => view.load(bytes, 0, bytes.length)));
    fc.assert(
      fc.property(tcpPacket, fc.constantFrom(3, 4, 5, 11, 12), (quote, type) => {
        const least = ((quote.at(0) ?? 0) % 16) * 4 + 8;
        const errorWith = (length: number) =>
          encodeIcmpPacket({ source: THERE, destination: HERE, type, code: 0, quote: quote.subarray(0, length) });
        expect(loadAt(view, errorWith(least), 0, 0)).toBe(true);
        expect(loadAt(view, errorWith(least - 1), 0, 0)).toBe(false);
      }),
    );
  });

  it('counts the bytes that are there and the payload that was announced', () => {
    const view = new PacketView();
    const packet = encodeTcpPacket({
      source: HERE,
      destination: THERE,
      sourcePort: 1,
      destinationPort: 2,
      seq: 3,
      flags: 0x18,
      payload: new Uint8Array(9),
    });
    expect(view.load(packet, 0, packet.length)).toBe(true);
    expect(view).toMatchObject({ packetLength: 49, payloadLength: 9 });
    expect(view.load(packet, 0, 40)).toBe(true);
    expect(view).toMatchObject({ packetLength: 40, payloadLength: 9 });
    const padded = new Uint8Array(60);
    padded.set(packet);
    expect(view.load(padded, 0, 60)).toBe(true);
    expect(view).toMatchObject({ packetLength: 49, payloadLength: 9 });
  });

  it.each([
    ['a fragment other than the first', 7, 1],
    ['UDP', 9, 17],
    ['IPv6', 0, 0x65],
    ['an IP header of 4 words', 0, 0x44],
    ['an IP header past the end', 0, 0x4f],
    ['a TCP header of 4 words', 32, 0x40],
    ['a TCP header past the total length', 32, 0x60],
    ['a total length inside the IP header', 3, 19],
  ])('refuses %s', (_, at, value) => {
    const packet = SYN.slice();
    packet[at] = value;
    expect(new PacketView().load(packet, 0, packet.length)).toBe(false);
  });

  it('refuses an echo, and an error about UDP or about a later fragment', () => {
    const view = new PacketView();
    const load = (type: number, quote: Uint8Array) =>
      loadAt(view, encodeIcmpPacket({ source: THERE, destination: HERE, type, code: 0, quote }), 0, 0);
    const edited = (at: number, value: number) => Uint8Array.from(SYN, (byte, index) => (index === at ? value : byte));
    expect(load(3, SYN)).toBe(true);
    expect(load(8, SYN)).toBe(false);
    expect(load(3, edited(9, 17))).toBe(false);
    expect(load(3, edited(7, 1))).toBe(false);
  });

  it('keeps the last good fields when a load is refused', () => {
    const view = new PacketView();
    view.load(SYN, 0, SYN.length);
    expect(view.load(SYN, 0, 39)).toBe(false);
    expect(view).toMatchObject({ isTcp: true, source: HERE, seq: 3, ipId: 4 });
  });

  it.each([
    ['080a 00000001 00000002', 2],
    ['01 01 080a ffffffff fffffffe', 0xfffffffe],
    ['0809 00000001 000000   080a 00000001 00000007', 7],
    ['00 01 080a 00000001 00000002', -1],
    ['0500 080a 00000001 00000002', -1],
    ['0204 05b4 080a 00000001 0000', -1],
    ['', -1],
  ])('finds the echo of %s: %i', (hex, echo) => {
    const options = bytesOf(hex);
    const padded = new Uint8Array(Math.ceil(options.length / 4) * 4);
    padded.set(options);
    const bytes = encodeTcpPacket({
      source: HERE,
      destination: THERE,
      sourcePort: 1,
      destinationPort: 2,
      seq: 3,
      flags: 2,
      options: padded,
    });
    const view = new PacketView();
    view.load(bytes, 0, 40 + options.length);
    expect(view.timestampEcho()).toBe(echo);
  });
});
