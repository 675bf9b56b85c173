import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, parseAddress } from '../../src/wire/address.ts';
import { internetChecksum } from '../../src/wire/checksum.ts';
import type { IcmpMessage, Quote } from '../../src/wire/decoded.ts';
import { decodeExtensions, mplsObject } from '../../src/wire/icmp-extensions.ts';
import { decodeIcmp, encodeIcmp, formatIcmpReason } from '../../src/wire/icmp.ts';
import { encodeTcpPacket } from '../../src/wire/packet.ts';
import { anyBytes, icmpErrorFields, mplsLabel } from './arbitraries.ts';
import { bytesOf } from './bytes-of.ts';

const SYN = encodeTcpPacket({
  source: parseAddress('192.0.2.1') as Address,
  destination: parseAddress('198.51.100.7') as Address,
  sourcePort: 40_000,
  destinationPort: 443,
  seq: 0xdeadbeef,
  flags: 2,
  ttl: 1,
  options: [{ kind: 2, name: 'mss', value: 1460 }],
});

const LABELS = [
  { label: 24_015, trafficClass: 0, bottomOfStack: false, ttl: 1 },
  { label: 1_048_575, trafficClass: 7, bottomOfStack: true, ttl: 255 },
];

function decoded(bytes: Uint8Array): IcmpMessage {
  const result = decodeIcmp(bytes);
  if (!result.ok) throw new Error(result.defect.message);
  return result.value;
}

/** The quote of an error about the first `length` bytes of the SYN. */
function quoteOf(length: number): Quote | null {
  return decoded(encodeIcmp({ type: 11, code: 0, quote: SYN.subarray(0, length) })).quote;
}

describe('an ICMP error', () => {
  it('is read with the next-hop MTU in its rest', () => {
    const message = decoded(encodeIcmp({ type: 3, code: 4, rest: 1280, quote: SYN }));
    expect(message).toMatchObject({ type: 3, code: 4, rest: 1280, extensions: [] });
    expect(message.quote?.bytes).toEqual(SYN);
    expect(message.quote?.tcp?.options).toEqual([{ kind: 2, name: 'mss', value: 1460 }]);
  });

  it('shows of a quote what is there', () => {
    expect(quoteOf(19)).toBeNull();
    expect(quoteOf(20)).toMatchObject({ sourcePort: null, destinationPort: null, seq: null, tcp: null, ip: { ttl: 1 } });
    expect(quoteOf(24)).toMatchObject({ sourcePort: 40_000, destinationPort: 443, seq: null, tcp: null });
    expect(quoteOf(28)).toMatchObject({ sourcePort: 40_000, destinationPort: 443, seq: 0xdeadbeef, tcp: null });
    expect(quoteOf(43)).toMatchObject({ seq: 0xdeadbeef, tcp: null });
    expect(quoteOf(44)).toMatchObject({ seq: 0xdeadbeef, tcp: { flags: 2, headerLength: 24 } });
  });

  it('shows ports but no sequence of a quoted UDP datagram', () => {
    const datagram = SYN.slice();
    datagram[9] = 17;
    expect(decoded(encodeIcmp({ type: 3, code: 3, quote: datagram })).quote).toMatchObject({
      sourcePort: 40_000,
      seq: null,
      tcp: null,
    });
  });

  it('shows no ports of a quoted fragment', () => {
    const fragment = SYN.slice();
    fragment[7] = 1;
    expect(decoded(encodeIcmp({ type: 11, code: 1, quote: fragment })).quote).toMatchObject({
      sourcePort: null,
      seq: null,
      tcp: null,
    });
  });

  it.each([
    ['the length field', false],
    ['the 128 bytes of old', true],
  ])('carries MPLS labels behind %s', (_, legacyExtensions) => {
    const message = decoded(encodeIcmp({ type: 11, code: 0, quote: SYN, extensions: [mplsObject(LABELS)], legacyExtensions }));
    expect(message.extensions).toEqual([{ classNumber: 1, classType: 1, data: '05dcf001ffffffff', mpls: LABELS }]);
    expect(message.quote?.bytes).toEqual(SYN);
    expect(message.rest).toBe(legacyExtensions ? 0 : 0x0020_0000);
  });

  it('takes the byte that is now a length for nothing where no structure follows', () => {
    const message = encodeIcmp({ type: 3, code: 1, rest: 0x0008_0000, quote: SYN });
    expect(decoded(message).quote?.bytes).toEqual(SYN);
  });

  it('takes bytes behind an old quote for a structure only when their checksum is right', () => {
    const message = encodeIcmp({ type: 11, code: 0, quote: SYN, extensions: [mplsObject(LABELS)], legacyExtensions: true });
    message[message.length - 1] = 1;
    expect(decoded(message).extensions).toEqual([]);
    message.fill(0, 138, 140);
    expect(decoded(message).extensions).toEqual([]);
  });

  it('keeps quoted bytes behind a total length that is too small, unless they are padding', () => {
    const quote = new Uint8Array(SYN.length + 4);
    quote.set(SYN);
    expect(decoded(encodeIcmp({ type: 11, code: 0, quote })).quote?.bytes).toEqual(SYN);
    quote[3] = 24;
    expect(decoded(encodeIcmp({ type: 11, code: 0, quote })).quote?.bytes).toEqual(quote);
    expect(decoded(encodeIcmp({ type: 11, code: 0, quote })).quote?.tcp?.options).toEqual([
      { kind: 2, name: 'mss', value: 1460 },
    ]);
  });

  it('refuses to be built around a quote that its length field or the old convention cannot tell', () => {
    const extensions = [mplsObject(LABELS)];
    expect(() => encodeIcmp({ type: 11, code: 0, quote: new Uint8Array(1024), extensions })).toThrow(RangeError);
    expect(() => encodeIcmp({ type: 11, code: 0, quote: new Uint8Array(132), extensions, legacyExtensions: true })).toThrow(
      RangeError,
    );
  });
});

describe('ICMP', () => {
  it('quotes nothing in an echo', () => {
    expect(decoded(bytesOf(`08 00 0000 0001 0002 ${'45'.repeat(60)}`))).toMatchObject({
      type: 8,
      rest: 0x10002,
      quote: null,
      extensions: [],
    });
  });

  it('has 8 bytes or a defect', () => {
    expect(decodeIcmp(bytesOf('0b 00 0000 000000'))).toMatchObject({ ok: false, defect: { layer: 'icmp', needed: 8, had: 7 } });
  });

  it('never throws and always ends', () => {
    fc.assert(
      fc.property(anyBytes(200), fc.constantFrom(3, 4, 5, 11, 12), fc.nat(40), (bytes, type, words) => {
        const message = Uint8Array.of(type, 0, 0, 0, 0, words, 0, 0, 0x45, ...bytes);
        expect(decodeIcmp(message).ok).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives back what was quoted and extended', () => {
    fc.assert(
      fc.property(icmpErrorFields, (fields) => {
        const bytes = encodeIcmp(fields);
        expect(internetChecksum(bytes, 0, bytes.length)).toBe(0);
        const message = decoded(bytes);
        expect(message.extensions).toEqual(fields.extensions ?? []);
        if (message.quote === null) return;
        const { quote } = message;
        const padded = new Uint8Array(Math.max(quote.bytes.length, fields.quote.length));
        padded.set(fields.quote);
        expect(quote.bytes).toEqual(padded.subarray(0, quote.bytes.length));
        expect(fields.quote.subarray(quote.bytes.length).every((byte) => byte === 0)).toBe(true);
      }),
    );
  });
});

describe('extension structures', () => {
  it('stop at an object of impossible length', () => {
    expect(decodeExtensions(bytesOf('20 00 0000   0008 02 03 aabbccdd   0003 01 01   0008 01 01 00000000'), false)).toEqual([
      { classNumber: 2, classType: 3, data: 'aabbccdd', mpls: null },
    ]);
  });

  it.each([
    ['another version', '10 00 0000'],
    ['a wrong checksum', '20 00 0001'],
    ['3 bytes', '20 00 00'],
  ])('are none with %s', (_, hex) => {
    expect(decodeExtensions(bytesOf(hex), false)).toBeNull();
  });

  it('give any label back', () => {
    fc.assert(
      fc.property(fc.array(mplsLabel, { maxLength: 5 }), (labels) => {
        const message = encodeIcmp({ type: 11, code: 0, quote: SYN, extensions: [mplsObject(labels)] });
        expect(decoded(message).extensions[0]?.mpls).toEqual(labels);
      }),
    );
  });
});

describe('reasons', () => {
  it.each([
    [3, 0, 'icmp-net-unreachable'],
    [3, 1, 'icmp-host-unreachable'],
    [3, 2, 'icmp-proto-unreachable'],
    [3, 3, 'icmp-port-unreachable'],
    [3, 4, 'icmp-frag-needed'],
    [3, 9, 'icmp-net-prohibited'],
    [3, 10, 'icmp-host-prohibited'],
    [3, 13, 'icmp-admin-prohibited'],
    [11, 0, 'icmp-ttl-exceeded'],
    [3, 5, 'icmp-3-5'],
    [3, 15, 'icmp-3-15'],
    [4, 0, 'icmp-4-0'],
    [11, 1, 'icmp-11-1'],
    [12, 2, 'icmp-12-2'],
    [31, 0, 'icmp-31-0'],
  ])('of %i/%i is %s', (type, code, reason) => {
    expect(formatIcmpReason(type, code)).toBe(reason);
  });
});
