import { describe, expect, it } from 'vitest';

import { RtoTable } from '../../src/probe/rto-table.ts';
import { NANOS_PER_MS } from '../../src/wire/numbers.ts';

const MS = NANOS_PER_MS;

describe('RtoTable', () => {
  it('starts from the initial time-out and doubles it for each retry', () => {
    const table = new RtoTable(4, 1000 * MS);
    expect([0, 1, 2].map((earlier) => table.timeout(0, earlier) / MS)).toEqual([1000, 2000, 4000]);
  });

  it('follows RFC 6298: first sample R gives R + 4 * R/2, never below 100 ms', () => {
    const table = new RtoTable(4, 1000 * MS);
    table.sample(0, 200 * MS);
    expect(table.timeout(0, 0) / MS).toBe(600);
    table.sample(0, 200 * MS);
    expect(table.timeout(0, 0) / MS).toBe(500);
    table.sample(1, 1 * MS);
    expect(table.timeout(1, 0) / MS).toBe(100);
  });

  it('lets targets that never answered start from what the run has seen, but waits for them in full at the end', () => {
    const table = new RtoTable(4, 1000 * MS);
    table.sample(0, 1 * MS);
    expect(table.timeout(3, 0) / MS).toBe(250);
    expect(table.lastTimeout(3, 2, 5000 * MS) / MS).toBe(1000);
    // Linux says after three seconds that a neighbour is not there.
    expect(table.lastTimeout(3, 2, 750 * MS) / MS).toBe(2450);
  });

  it('waits after the last SYN for twice the slowest round trip seen', () => {
    const table = new RtoTable(2, 100 * MS);
    table.sample(0, 700 * MS);
    for (let i = 0; i < 100; i++) table.sample(0, 10 * MS);
    expect(table.timeout(0, 0) / MS).toBeLessThan(200);
    expect(table.lastTimeout(0, 0, 0) / MS).toBe(1400);
  });

  it('gives the first SYN the initial time-out in full before it is given up, though somebody nearer answered for the target', () => {
    const table = new RtoTable(2, 1000 * MS);
    table.sample(0, 1 * MS);
    expect(table.onlyTimeout(0) / MS).toBe(1000);
    expect(table.lastTimeout(0, 2, 300 * MS) / MS).toBe(700);
    expect(table.lastTimeout(0, 2, 900 * MS) / MS).toBe(400);
    expect(table.lastTimeout(0, 1, Infinity) / MS).toBe(200);
  });
});
