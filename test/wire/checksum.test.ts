import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/wire/address.ts';
import { foldChecksum, internetChecksum, onesSum } from '../../src/wire/checksum.ts';
import { tcpPseudoSum } from '../../src/wire/tcp.ts';
import { bytesOf } from './bytes-of.ts';

describe('the Internet checksum', () => {
  it('is that of the worked example in RFC 1071, 3', () => {
    const bytes = bytesOf('0001 f203 f4f5 f6f7');
    expect(onesSum(bytes, 0, 8)).toBe(0x2_ddf0);
    expect(internetChecksum(bytes, 0, 8)).toBe(~0xddf2 & 0xffff);
  });

  it('takes an odd last byte as the high half of a word', () => {
    expect(onesSum(bytesOf('01 02 03'), 0, 3)).toBe(0x0102 + 0x0300);
  });

  it('sums a part of the bytes only', () => {
    expect(onesSum(bytesOf('ffff 0102 ffff'), 2, 2)).toBe(0x0102);
  });

  it('goes on from a sum of an even number of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(100), (bytes, words) => {
        const split = Math.min(words * 2, bytes.length - (bytes.length % 2));
        const first = onesSum(bytes, 0, split);
        expect(onesSum(bytes, split, bytes.length - split, first)).toBe(onesSum(bytes, 0, bytes.length));
      }),
    );
  });

  it('makes the whole sum to 0 when it is put in', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 200 }), (bytes) => {
        bytes[0] = 0;
        bytes[1] = 0;
        const checksum = internetChecksum(bytes, 0, bytes.length);
        bytes[0] = checksum >>> 8;
        bytes[1] = checksum & 0xff;
        expect(internetChecksum(bytes, 0, bytes.length)).toBe(0);
      }),
    );
  });

  it('is exact for the largest packet and the largest pseudo-header', () => {
    const bytes = new Uint8Array(65_535).fill(0xff);
    const all = 0xffff_ffff as Address;
    const sum = onesSum(bytes, 0, bytes.length, tcpPseudoSum(all, all, 65_535));
    const words = 32_767 * 0xffff + 0xff00;
    expect(sum).toBe(words + 4 * 0xffff + 6 + 65_535);
    expect(foldChecksum(sum)).toBe(~((sum % 65_535 === 0 ? 65_535 : sum % 65_535) & 0xffff) & 0xffff);
  });
});
