import { describe, expect, test } from 'vitest';
import { DestinationCache } from '../../../src/engine/packet-ring/destination-cache.ts';
import { addressWord } from '../../../src/engine/packet-ring/frame-slots.ts';
import { HopTable } from '../../../src/engine/packet-ring/hop-table.ts';
import { parseAddress, type Address } from '../../../src/wire/address.ts';

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const OTHER = Uint8Array.of(2, 0, 0, 0, 0, 2);

describe('the cache of destinations', () => {
  test('remembers a /16, and forgets without mixing up when it is given more', () => {
    const cache = new DestinationCache();
    const first = parseAddress('10.3.0.0') as number;
    const see = (count: number): number => {
      let kept = 0;
      let wrong = 0;
      for (let index = 0; index < count; index++) {
        const place = cache.place(addressWord(first + index), -1);
        const value = cache.values[place] as number;
        if (value === index) kept++;
        else if (value !== -1) wrong++;
        cache.values[place] = index;
      }
      expect(wrong).toBe(0);
      return kept;
    };
    expect(see(65536)).toBe(0);
    expect(see(65536)).toBeGreaterThan(65000);
    see(1_000_000);
    see(1_000_000);
    cache.clear();
    expect(see(1000)).toBe(0);
  });
});

describe('the table of hops', () => {
  test('keeps headers apart as it grows, and has an end', () => {
    const table = new HopTable();
    for (let hop = 0; hop < HopTable.LARGEST; hop++) {
      if (table.hopAt((1000 + hop) as Address, 0) !== hop) throw new Error(`hop ${hop} has another number`);
      table.resolve(hop, Uint8Array.of(2, 0, 0, 0, hop >> 8, hop & 0xff), MAC);
    }
    expect(table.hopAt(7 as Address, 0)).toBe(-1);
    expect(table.hopAt(1005 as Address, 0)).toBe(5);
    const bytes = Buffer.from(table.headers.buffer, 300 * 16, 14);
    expect(bytes.toString('hex')).toBe('02000000012c0200000000010800');
    expect(new Set(table.stamps).size).toBe(HopTable.LARGEST);
    table.clear();
    expect(table.hopAt(7 as Address, 0)).toBe(0);
  });

  test('gives a new stamp when an address changes, and only then', () => {
    const table = new HopTable();
    const hop = table.hopAt(1 as Address, 0);
    const stamps = [MAC, MAC, OTHER, OTHER, MAC].map((mac) => {
      table.resolve(hop, mac, MAC);
      return table.stamps[hop];
    });
    expect(stamps).toEqual([0, 0, 1, 1, 2]);
    table.clear();
    table.hopAt(2 as Address, 0);
    table.resolve(hop, MAC, MAC);
    expect(table.stamps[hop]).toBe(3);
  });
});
