import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, parseAddress } from '../../src/wire/address.ts';
import { foldChecksum, internetChecksum, onesSum } from '../../src/wire/checksum.ts';
import { tcpPseudoSum } from '../../src/wire/tcp.ts';
import type { DecodedPacket } from '../../src/wire/decoded.ts';
import { decodePacket, encodeIcmpPacket, encodeTcpPacket } from '../../src/wire/packet.ts';
import { anyBytes, damagedPacket, icmpErrorFields, tcpPacketFields } from './arbitraries.ts';
import { bytesOf } from './bytes-of.ts';

const HERE = parseAddress('10.0.0.1') as Address;
const THERE = parseAddress('10.0.0.2') as Address;

/** `tcpdump -x` of a Linux SYN, its checksums as the kernel made them (test/vectors knows more of its kind). */
const LINUX_SYN = bytesOf(`
  45 00 003c 65ae 4000 40 06 d50b    # 60 bytes, id 26030, DF, TTL 64, TCP
  7f000001 7f000001                  # loopback to loopback`);

function decoded(bytes: Uint8Array): DecodedPacket {
  const result = decodePacket(bytes);
  if (!result.ok) throw new Error(result.defect.message);
  return result.value;
}

/** 0 when the checksum of the TCP segment in the packet is right. */
function tcpResidue(packet: Uint8Array, ip: DecodedPacket['ip']): number {
  const length = packet.length - ip.headerLength;
  return foldChecksum(onesSum(packet, ip.headerLength, length, tcpPseudoSum(ip.source, ip.destination, length)));
}

describe('an encoded TCP packet', () => {
  it('is this, byte for byte', () => {
    const packet = encodeTcpPacket({
      source: HERE,
      destination: THERE,
      sourcePort: 49_152,
      destinationPort: 80,
      seq: 0x01020304,
      flags: 0x002,
      options: [
        { kind: 2, name: 'mss', value: 1460 },
        { kind: 3, name: 'wscale', value: 7 },
      ],
    });
    expect(packet).toEqual(
      bytesOf(`
        45 00 0030 0000 4000 40 06 26c6     # 48 bytes, DF, TTL 64, TCP
        0a000001 0a000002
        c000 0050 01020304 00000000
        70 02 ffff a5c6 0000                # 7 words, SYN, window 65535
        0204 05b4  03 03 07 00              # mss, wscale, padding`),
    );
  });

  it('has right checksums and gives its fields back', () => {
    fc.assert(
      fc.property(tcpPacketFields, (fields) => {
        const packet = encodeTcpPacket(fields);
        const { ip, tcp, icmp, defect } = decoded(packet);
        expect(internetChecksum(packet, 0, ip.headerLength)).toBe(0);
        expect(tcpResidue(packet, ip)).toBe(0);
        const { tos = 0, ipOptions, payload, options, source, destination, ttl, id, df, ...header } = fields;
        expect(ip).toMatchObject({
          source,
          destination,
          ttl,
          id,
          df,
          dscp: tos >>> 2,
          ecn: tos & 3,
          options: ipOptions,
          totalLength: packet.length,
        });
        expect(tcp).toMatchObject({ header, payload, payloadLength: payload?.length });
        const shown = options instanceof Uint8Array ? tcp?.header.optionBytes : tcp?.header.options.slice(0, options?.length);
        expect(shown).toEqual(options);
        expect({ icmp, defect }).toEqual({ icmp: null, defect: null });
      }),
    );
  });

  it('refuses what no packet can be', () => {
    const fields = { source: HERE, destination: THERE, sourcePort: 1, destinationPort: 2, seq: 0, flags: 2 };
    expect(() => encodeTcpPacket({ ...fields, payload: new Uint8Array(65_500) })).toThrow(RangeError);
    expect(() => encodeTcpPacket({ ...fields, options: new Uint8Array(44) })).toThrow(RangeError);
  });
});

describe('an encoded ICMP packet', () => {
  it('has right checksums and gives its fields back', () => {
    fc.assert(
      fc.property(icmpErrorFields, (fields) => {
        const packet = encodeIcmpPacket(fields);
        const { ip, tcp, icmp, defect } = decoded(packet);
        expect(internetChecksum(packet, 0, ip.headerLength)).toBe(0);
        expect(internetChecksum(packet, ip.headerLength, packet.length - ip.headerLength)).toBe(0);
        expect(icmp).toMatchObject({ type: fields.type, code: fields.code });
        expect({ tcp, defect }).toEqual({ tcp: null, defect: null });
      }),
    );
  });
});

describe('decoding a packet', () => {
  const SYN = encodeTcpPacket({
    source: HERE,
    destination: THERE,
    sourcePort: 1,
    destinationPort: 2,
    seq: 3,
    flags: 2,
    payload: bytesOf('6869'),
  });

  it('ignores what the link padded', () => {
    const padded = new Uint8Array(60);
    padded.set(SYN);
    expect(decoded(padded).tcp).toMatchObject({ payload: bytesOf('6869'), payloadLength: 2 });
  });

  it('reads a cut capture as far as it goes', () => {
    expect(decoded(SYN.subarray(0, 41)).tcp).toMatchObject({ payload: bytesOf('68'), payloadLength: 2 });
    expect(decoded(SYN.subarray(0, 39))).toMatchObject({ tcp: null, defect: { layer: 'tcp', needed: 20, had: 19 } });
    expect(decoded(LINUX_SYN)).toMatchObject({ ip: { id: 26_030 }, tcp: null, defect: { layer: 'tcp', had: 0 } });
  });

  it('takes all of the capture where the total length is 0, as segmentation offload leaves it', () => {
    const merged = SYN.slice();
    merged.fill(0, 2, 4);
    expect(decoded(merged).tcp?.payloadLength).toBe(2);
  });

  it('finds nothing in a fragment other than the first, nor in another protocol', () => {
    const fragment = SYN.slice();
    fragment[7] = 1;
    expect(decoded(fragment)).toMatchObject({ tcp: null, icmp: null, defect: null });
    const datagram = SYN.slice();
    datagram[9] = 17;
    expect(decoded(datagram)).toMatchObject({ tcp: null, icmp: null, defect: null });
  });

  it('fails where the total length ends in the IP header only for what is inside', () => {
    const short = SYN.slice();
    short[3] = 10;
    expect(decoded(short)).toMatchObject({ ip: { totalLength: 10 }, tcp: null, defect: { layer: 'tcp', had: 0 } });
  });

  it('never throws, on any bytes or damaged packets', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes(120), damagedPacket), (bytes) => {
        const result = decodePacket(bytes);
        const tcp = result.ok ? result.value.tcp : null;
        expect(result.ok || result.defect.had <= bytes.length).toBe(true);
        expect(tcp === null || tcp.payload.length <= tcp.payloadLength).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
