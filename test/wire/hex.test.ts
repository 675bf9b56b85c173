import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/wire/bytes.ts';

describe('hex', () => {
  it('gives any bytes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each([
    ['', []],
    ['0x', []],
    ['0xDEad', [0xde, 0xad]],
    ['00ff', [0x00, 0xff]],
  ])('reads %j', (text, bytes) => {
    expect(fromHex(text)).toEqual(Uint8Array.from(bytes));
  });

  it.each(['0', 'abc', 'zz', '0 1', '12\n', '-1', '0x0'])('refuses %j', (text) => {
    expect(fromHex(text)).toBeNull();
  });
});
