import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/wire/address.ts';
import { internetChecksum } from '../../src/wire/checksum.ts';
import { decodeIpv4, packetExtent, writeIpv4Header } from '../../src/wire/ipv4.ts';
import { address, anyBytes, u16, u8 } from './arbitraries.ts';
import { bytesOf } from './bytes-of.ts';

describe('an IPv4 header', () => {
  it('is read field by field', () => {
    const bytes = bytesOf(`
      46 b9 0040      # version 4, 6 words, DSCP 46, ECN 1, total length 64
      1234 e00a       # id, reserved + DF + MF, fragment offset 10
      3f 06 beef      # TTL 63, TCP, checksum
      c0000201        # 192.0.2.1
      ffffffff        # 255.255.255.255
      94040000        # router alert
      aa`);
    const decoded = decodeIpv4(bytes);
    expect(decoded).toEqual({
      ok: true,
      value: {
        version: 4,
        headerLength: 24,
        dscp: 46,
        ecn: 1,
        totalLength: 64,
        id: 0x1234,
        reservedFlag: true,
        df: true,
        mf: true,
        fragmentOffset: 10,
        ttl: 63,
        protocol: 6,
        checksum: 0xbeef,
        source: parseAddress('192.0.2.1'),
        destination: parseAddress('255.255.255.255'),
        options: bytesOf('94040000'),
      },
    });
  });

  it.each([
    ['no bytes', '', { offset: 0, needed: 20, had: 0 }],
    ['19 bytes', `45 ${'00'.repeat(18)}`, { needed: 20, had: 19 }],
    ['version 6', `60 ${'00'.repeat(39)}`, { message: 'version 6' }],
    ['4 words of header', `44 ${'00'.repeat(39)}`, { message: 'header length 16' }],
    ['options that are cut', `46 ${'00'.repeat(22)}`, { needed: 24, had: 23 }],
  ])('is refused with its defect: %s', (_, hex, defect) => {
    expect(decodeIpv4(bytesOf(hex))).toMatchObject({ ok: false, defect: { layer: 'ipv4', ...defect } });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(anyBytes(80), (bytes) => {
        const decoded = decodeIpv4(bytes);
        expect(decoded.ok || decoded.defect.layer === 'ipv4').toBe(true);
      }),
    );
  });

  it('is written with a right checksum, over whatever stood there', () => {
    const fields = fc.record({
      source: address,
      destination: address,
      protocol: u8,
      ttl: u8,
      tos: u8,
      id: u16,
      df: fc.boolean(),
    });
    fc.assert(
      fc.property(fields, u16, u8, (header, totalLength, dirt) => {
        const into = new Uint8Array(30).fill(dirt);
        expect(writeIpv4Header(into, 5, header, totalLength)).toBe(20);
        expect(internetChecksum(into, 5, 20)).toBe(0);
        const { tos, ...shown } = header;
        expect(decodeIpv4(into.subarray(5, 25))).toMatchObject({
          value: { ...shown, totalLength, dscp: tos >>> 2, ecn: tos & 3, mf: false },
        });
        expect([...into.subarray(0, 5), ...into.subarray(25)]).toEqual(Array.from({ length: 10 }, () => dirt));
      }),
    );
  });

  it('is not written when it cannot be', () => {
    const fields = {
      source: parseAddress('192.0.2.1')!,
      destination: parseAddress('192.0.2.2')!,
      protocol: 6,
      ttl: 1,
      tos: 0,
      id: 0,
      df: true,
    };
    const into = new Uint8Array(100);
    expect(() => writeIpv4Header(into, 0, { ...fields, options: new Uint8Array(3) }, 60)).toThrow(RangeError);
    expect(() => writeIpv4Header(into, 0, { ...fields, options: new Uint8Array(44) }, 60)).toThrow(RangeError);
    expect(() => writeIpv4Header(into, 0, fields, 65_536)).toThrow(RangeError);
  });

  it.each([
    [60, 100, 60],
    [100, 60, 60],
    [60, 60, 60],
    [0, 100, 100],
  ])('of total length %i in %i captured bytes has %i', (totalLength, captured, extent) => {
    expect(packetExtent(totalLength, captured)).toBe(extent);
  });
});
