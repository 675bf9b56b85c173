import { expect, it } from 'vitest';

import { createJsonLines } from '../../src/report/json.ts';

it('JSON Lines are one record a line, fields in their order', () => {
  const reporter = createJsonLines();
  expect(reporter.write({ type: 'hop', address: null, rttMs: [0.5] })).toBe('{"type":"hop","address":null,"rttMs":[0.5]}\n');
});
