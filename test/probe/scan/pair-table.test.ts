import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { PairTable } from '../../../src/probe/scan/pair-table.ts';

describe('PairTable', () => {
  it('finds what was added and not removed, like a map, through growth and collisions', () => {
    const step = fc.record({ add: fc.boolean(), target: fc.nat(7), port: fc.integer({ min: 1, max: 12 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new PairTable(4);
        const model = new Map<string, number>();
        for (const { add, target, port } of steps) {
          const key = `${target}:${port}`;
          const known = model.get(key);
          expect(table.find(target, port)).toBe(known ?? -1);
          if (add && known === undefined) {
            if (table.full) table.grow();
            model.set(key, table.add(target, port));
          } else if (!add && known !== undefined) {
            table.remove(known);
            model.delete(key);
          }
          expect(table.active).toBe(model.size);
        }
        const seen: number[] = [];
        table.forEach((slot) => seen.push(slot));
        expect(seen.toSorted((a, b) => a - b)).toEqual([...model.values()].toSorted((a, b) => a - b));
      }),
    );
  });

  it('forgets send stamps older than the four latest SYNs', () => {
    const table = new PairTable(4);
    const slot = table.add(0, 80);
    for (let attempt = 0; attempt < 6; attempt++) {
      table.sent[slot] = attempt + 1;
      table.stamp(slot, attempt, 100 + attempt);
    }
    expect(table.stampOf(slot, 5)).toBe(105);
    expect(table.stampOf(slot, 2)).toBe(102);
    expect(table.stampOf(slot, 1)).toBeNaN();
  });
});
