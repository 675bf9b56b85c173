import fc from 'fast-check';
import { expect, it } from 'vitest';

import { SlotQueue } from '../../../src/probe/scan/slot-queue.ts';

it('SlotQueue gives back what came first, through growth and wrap-around', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 12 }), (bursts) => {
      const queue = new SlotQueue();
      const model: number[] = [];
      let next = 0;
      for (const burst of bursts) {
        for (let i = 0; i < burst; i++) {
          queue.push(next);
          model.push(next++);
        }
        for (let i = 0; i < burst / 2; i++) expect(queue.shift()).toBe(model.shift());
      }
      expect(queue.size).toBe(model.length);
      while (model.length > 0) expect(queue.shift()).toBe(model.shift());
      expect(queue.shift()).toBe(-1);
    }),
  );
});
