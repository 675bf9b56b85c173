import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/wire/bytes.ts';
import type { TcpOption } from '../../src/wire/decoded.ts';
import { decodeOptions, encodeOptions, findOption, formatOptions } from '../../src/wire/tcp-options.ts';
import { anyBytes, wellFormedOptions } from './arbitraries.ts';
import { bytesOf } from './bytes-of.ts';

describe('option lists', () => {
  it('give any 0 to 40 bytes back', () => {
    fc.assert(
      fc.property(anyBytes(40), (bytes) => {
        expect(toHex(encodeOptions(decodeOptions(bytes)))).toBe(toHex(bytes));
      }),
      { numRuns: 3000 },
    );
  });

  it('give a well-formed list back', () => {
    fc.assert(
      fc.property(wellFormedOptions, (options) => {
        expect(decodeOptions(encodeOptions(options))).toEqual(options);
      }),
    );
  });

  it.each<[string, string, readonly TcpOption[]]>([
    [
      'a Linux SYN',
      `02 04 05b4                    # mss 1460
       04 02                         # sackOK
       08 0a 436a1e22 00000000       # TSval 1131028002, TSecr 0
       01                            # nop
       03 03 07                      # wscale 7`,
      [
        { kind: 2, name: 'mss', value: 1460 },
        { kind: 4, name: 'sackOK' },
        { kind: 8, name: 'ts', value: 0x436a1e22, echo: 0 },
        { kind: 1, name: 'nop' },
        { kind: 3, name: 'wscale', value: 7 },
      ],
    ],
    [
      'values with their high bit set',
      `02 04 ffff
       08 0a ffffffff 80000000`,
      [
        { kind: 2, name: 'mss', value: 65_535 },
        { kind: 8, name: 'ts', value: 4_294_967_295, echo: 2_147_483_648 },
      ],
    ],
    [
      'a cookie request and a cookie',
      '22 02   22 06 aabbccdd',
      [
        { kind: 34, name: 'tfo', cookie: '' },
        { kind: 34, name: 'tfo', cookie: 'aabbccdd' },
      ],
    ],
    ['a kind without a name', 'ac 05 000001', [{ kind: 172, name: 'kind-172', data: '000001' }]],
    ['an experiment', 'fd 04 f989', [{ kind: 253, name: 'exp', data: 'f989' }]],
    [
      'zeros after EOL',
      '00 00 00',
      [
        { kind: 0, name: 'eol' },
        { kind: 0, name: 'eol' },
        { kind: 0, name: 'eol' },
      ],
    ],
    [
      'other bytes after EOL',
      '00 00 02 04',
      [
        { kind: 0, name: 'eol' },
        { kind: 0, name: 'padding', data: '000204' },
      ],
    ],
    [
      'a length of 0',
      '01 05 00 01',
      [
        { kind: 1, name: 'nop' },
        { kind: 5, name: 'malformed', data: '0001' },
      ],
    ],
    ['a length of 1', '63 01 0303', [{ kind: 99, name: 'malformed', data: '010303' }]],
    ['a length past the end', '02 04 05', [{ kind: 2, name: 'malformed', data: '0405' }]],
    [
      'a kind without a length',
      '01 08',
      [
        { kind: 1, name: 'nop' },
        { kind: 8, name: 'malformed', data: '' },
      ],
    ],
    [
      'a wrong length for the kind: the options behind it are read',
      `02 03 05                      # mss with 1 byte of value
       03 03 07`,
      [
        { kind: 2, name: 'malformed', data: '0305' },
        { kind: 3, name: 'wscale', value: 7 },
      ],
    ],
    ['an odd cookie', '22 07 0102030405', [{ kind: 34, name: 'malformed', data: '070102030405' }]],
    ['nothing', '', []],
  ])('read %s', (_, hex, options) => {
    expect(decodeOptions(bytesOf(hex))).toEqual(options);
  });

  it('refuse what no header could carry', () => {
    expect(() => encodeOptions([{ kind: 99, name: 'kind-99', data: 'abc' }])).toThrow(RangeError);
    expect(() => encodeOptions([{ kind: 34, name: 'tfo', cookie: 'x' }])).toThrow(RangeError);
    expect(() => encodeOptions([{ kind: 99, name: 'kind-99', data: '00'.repeat(254) }])).toThrow('254 bytes do not fit');
  });

  it('are searched by name, damaged entries aside', () => {
    const options = decodeOptions(bytesOf('0203 05   0204 0578   0204 05b4'));
    expect(findOption(options, 'mss')?.value).toBe(1400);
    expect(findOption(options, 'ts')).toBeUndefined();
  });
});

describe('option text', () => {
  it.each<[string, string]>([
    ['0204 05b4 0402 080a 0000002a 00000000 01 0303 07', 'mss=1460,sackOK,ts=42,nop,wscale=7'],
    ['080a 00000001 00000002', 'ts=1:2'],
    ['2202 2206 aabbccdd', 'tfo,tfo=aabbccdd'],
    ['1e04 0101 1e03 20', 'mptcp,mptcp=20'],
    ['fe06 f989 0102 fe04 f989 fd04 f989', 'exp=f989:0102,exp=f989,kind=253:f989'],
    ['4502 4504 abcd', 'kind=69,kind=69:abcd'],
    ['050a 0000000100000002', 'sack=0000000100000002'],
    ['0203 05 00 0102', 'raw=020305,eol,raw=0102'],
    ['', 'none'],
  ])('of %s is %s', (hex, text) => {
    expect(formatOptions(decodeOptions(bytesOf(hex)))).toBe(text);
  });
});
