import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SynscopeError } from '../../../src/errors.ts';
import {
  createTargetSet,
  parseExclude,
  parseExcludesFile,
  parseTarget,
  parseTargetsFile,
  targetNames,
  targetRanges,
  type NamedAddress,
  type TargetSet,
} from '../../../src/probe/targets/targets.ts';
import type { AddressRange } from '../../../src/probe/targets/ipv4-range.ts';
import { formatAddress, parseAddress, type Address } from '../../../src/wire/address.ts';

const at = (text: string) => parseAddress(text) as Address;

function setOf(targets: readonly string[], excludes: readonly string[] = [], names: readonly NamedAddress[] = []): TargetSet {
  const ranges = targetRanges(targets.map((text) => parseTarget(text)));
  return createTargetSet(
    { ranges, names },
    excludes.flatMap((text) => parseExclude(text)),
  );
}

const all = (set: TargetSet) => Array.from({ length: set.size }, (_, index) => formatAddress(set.at(index)));

describe('target text', () => {
  it.each([
    ['10.0.0.1', ['10.0.0.1']],
    ['10.0.0.1/32', ['10.0.0.1']],
    ['10.0.0.5/30', ['10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.7']],
    ['10.0.0.1-3', ['10.0.0.1', '10.0.0.2', '10.0.0.3']],
    ['10.0-1.0.1-2', ['10.0.0.1', '10.0.0.2', '10.1.0.1', '10.1.0.2']],
    ['10.0.0.254-10.0.1.1', ['10.0.0.254', '10.0.0.255', '10.0.1.0', '10.0.1.1']],
    ['255.255.255.254-255', ['255.255.255.254', '255.255.255.255']],
  ])('%s', (text, addresses) => expect(all(setOf([text]))).toEqual(addresses));

  it('octet ranges without gaps are one range', () => {
    expect(targetRanges([parseTarget('10.0-255.0-255.0-255')])).toHaveLength(1);
    expect(targetRanges([parseTarget('0-255.0-255.0-255.0-255')])).toHaveLength(1);
    expect(targetRanges([parseTarget('10.0.0-3.1-254')])).toHaveLength(4);
    expect(targetRanges([parseTarget('10.0-255.0-255.1')])).toHaveLength(65_536);
  });

  it.each([
    'localhost',
    'www.example.org',
    'www.example.org.',
    'a-b.c',
    '3com.com',
    'xn--bcher-kva.example',
    'web01',
    '1e100.net',
  ])('hostname %s', (name) => expect(parseTarget(name)).toEqual({ kind: 'name', name }));

  it.each([
    ['', 'expected'],
    ['300.1.1.1', 'at most 255'],
    ['10.0.0', 'four octets'],
    ['10.0.0.1.2', 'four octets'],
    ['10..0.1', 'octet is missing'],
    ['10.0.0.20-1', 'ends before it begins'],
    ['10.0.1.0-10.0.0.9', 'ends before it begins'],
    ['10.0.0.1-10.0.0.300', 'octets from 0 to 255'],
    ['10.0.0.0/33', '0 to 32'],
    ['10.0.0.0/', '0 to 32'],
    ['10.0.0/24', 'not an IPv4 address'],
    ['10.0.0.010', 'not an octet'],
    ['1-254.0-255.0-255.1-254', 'more than 65536 separate ranges'],
    ['4294967295', 'four octets'],
    ['0x7f000001', 'expected'],
    ['example.123', 'expected'],
    ['host/24', 'expected'],
    ['-a.example', 'expected'],
    ['a-.example', 'expected'],
    ['under_score', 'expected'],
    ['two words', 'expected'],
    ['::1', 'expected'],
    [`${'a'.repeat(64)}.example`, 'expected'],
    [`${'abcdefg.'.repeat(32)}example`, 'expected'],
    ['.', 'expected'],
    ['a..b', 'expected'],
  ])('"%s" is refused and quoted', (text, why) => {
    const attempt = () => parseTarget(text);
    expect(attempt).toThrow(SynscopeError);
    expect(attempt).toThrow(`"${text}"`);
    expect(attempt).toThrow(why);
    expect(attempt).toThrow('expected an IPv4 address');
  });

  it('an exclusion is no hostname', () => {
    expect(() => parseExclude('example.org')).toThrow('invalid exclusion "example.org"');
    expect(parseExclude('10.0.0.0/8')).toEqual([{ first: at('10.0.0.0'), last: at('10.255.255.255') }]);
  });
});

describe('targets file', () => {
  it('comments, blank lines, CRLF, a byte order mark, several words a line', () => {
    const text = '\uFEFF# head\r\n10.0.0.1 10.0.0.2\t# two\r\n\r\nexample.org#no space\n  10.0.0.1/31  \n';
    const pieces = parseTargetsFile(text);
    expect(all(createTargetSet({ ranges: targetRanges(pieces), names: [] }))).toEqual(['10.0.0.0', '10.0.0.1', '10.0.0.2']);
    expect(targetNames([...pieces, ...pieces])).toEqual(['example.org']);
    expect(parseTargetsFile('# nothing\n\n')).toEqual([]);
  });

  it('errors name the line', () => {
    expect(() => parseTargetsFile('10.0.0.1\n# x\n10.0.0.999\n')).toThrow('invalid target in line 3 "10.0.0.999"');
    expect(() => parseExcludesFile('10.0.0.1\r\nexample.org')).toThrow('invalid exclusion in line 2 "example.org"');
  });
});

const inside = (list: readonly AddressRange[], address: number) =>
  list.some(({ first, last }) => address >= first && address <= last);

describe('target set', () => {
  it('a /8 and the whole space cost one range', () => {
    const whole = setOf(['0.0.0.0/0']);
    expect(whole.size).toBe(2 ** 32);
    expect(formatAddress(whole.at(2 ** 32 - 1))).toBe('255.255.255.255');
    expect(whole.indexOf(at('255.255.255.255'))).toBe(2 ** 32 - 1);
    const holed = setOf(['0.0.0.0/0'], ['10.0.0.0/8', '255.255.255.255', '0.0.0.0']);
    expect(holed.size).toBe(2 ** 32 - 2 ** 24 - 2);
    expect(formatAddress(holed.at(0))).toBe('0.0.0.1');
    expect(holed.indexOf(at('10.1.2.3'))).toBe(-1);
    expect(formatAddress(holed.at(holed.size - 1))).toBe('255.255.255.254');
  });

  it('excluding everything leaves size 0', () => {
    expect(setOf(['10.0.0.1'], ['10.0.0.0/24']).size).toBe(0);
    expect(setOf(['10.0.0.1'], ['10.0.0.0/24']).indexOf(at('10.0.0.1'))).toBe(-1);
    expect(setOf([]).size).toBe(0);
  });

  it('indices outside are a RangeError', () => {
    expect(() => setOf(['10.0.0.1']).at(1)).toThrow(RangeError);
    expect(() => setOf(['10.0.0.1']).at(-1)).toThrow(RangeError);
    expect(() => setOf([]).at(0)).toThrow(RangeError);
  });

  it('names stay with their addresses, the first of two wins', () => {
    const names = [
      { name: 'a.example', address: at('10.0.0.9') },
      { name: 'b.example', address: at('10.0.0.9') },
      { name: 'c.example', address: at('10.0.0.1') },
    ];
    const set = setOf(['10.0.0.1-2'], [], names);
    expect(all(set)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.9']);
    expect([0, 1, 2].map((index) => set.hostname(index))).toEqual(['c.example', null, 'a.example']);
    expect(setOf([], ['10.0.0.9'], names).size).toBe(1);
  });

  it('law: agrees with a set of numbers', () => {
    const range = fc
      .tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 12 }))
      .map(([first, length]): AddressRange => {
        return { first: (0x0a000000 + first) as Address, last: (0x0a000000 + first + length) as Address };
      });
    const lists = fc.array(range, { maxLength: 12 });
    fc.assert(
      fc.property(lists, lists, (ranges, excludes) => {
        const expected: number[] = [];
        for (let address = 0x0a000000; address < 0x0a000000 + 220; address += 1) {
          if (inside(ranges, address) && !inside(excludes, address)) expected.push(address);
        }
        const set = createTargetSet({ ranges, names: [] }, excludes);
        expect(Array.from({ length: set.size }, (_, index) => set.at(index))).toEqual(expected);
        for (let address = 0x0a000000 - 1; address < 0x0a000000 + 221; address += 1) {
          expect(set.indexOf(address as Address)).toBe(expected.indexOf(address));
        }
      }),
    );
  });

  it('law: octet patterns agree with counting', () => {
    const octet = fc
      .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 3 }))
      .map(([low, more]) => [low, Math.min(255, low + more)] as const);
    const whole = fc.constant([0, 255] as const);
    fc.assert(
      fc.property(octet, octet, fc.oneof(octet, whole), fc.oneof(octet, whole), (...octets) => {
        const text = octets.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join('.');
        const set = setOf([text]);
        expect(set.size).toBe(octets.reduce((product, [low, high]) => product * (high - low + 1), 1));
        expect(formatAddress(set.at(0))).toBe(octets.map(([low]) => low).join('.'));
        expect(formatAddress(set.at(set.size - 1))).toBe(octets.map(([, high]) => high).join('.'));
      }),
    );
  });
});
