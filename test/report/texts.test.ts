import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatElapsed, formatMs, formatMsRange, formatRtt } from '../../src/records/duration-text.ts';
import { FORMATS } from '../../src/report/formats.ts';
import { wrapItems, wrapSentence } from '../../src/report/text/wrap.ts';
import { open, PACKET, rtt, run, silent, summary } from './records.ts';

describe('times', () => {
  it.each([
    [0, '0 us'],
    [0.0004, '<1 us'],
    [0.0005, '1 us'],
    [0.2124, '212 us'],
    [0.9994, '999 us'],
    [0.9996, '1.00 ms'],
    [1.236, '1.24 ms'],
    [9.994, '9.99 ms'],
    [9.996, '10.0 ms'],
    [99.94, '99.9 ms'],
    [99.96, '100 ms'],
    [1234.5, '1235 ms'],
    [9999.6, '10.0 s'],
    [61_000, '61.0 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  it.each([
    [0.102, 0.41, '102-410 us'],
    [0.102, 0.102, '102 us'],
    [0.1, 12.3, '100 us-12.3 ms'],
    [1.1, 12.3, '1.1-12.3 ms'],
    [12.31, 12.33, '12.3 ms'],
  ])('%d to %d ms is %s', (min, max, text) => {
    expect(formatMsRange(min, max)).toBe(text);
  });

  it('shows one sample as it is, several as bounds around their mean', () => {
    expect(formatRtt(rtt())).toBe('');
    expect(formatRtt(rtt(0.5))).toBe('500 us');
    expect(formatRtt(rtt(1, 2, 3))).toBe('1.00/2.00/3.00 ms');
    expect(formatRtt(rtt(0.004, 2))).toBe('4 us/1.00 ms/2.00 ms');
  });

  it.each([
    [85.4, '85 ms'],
    [999.6, '1.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 0 s'],
    [125_000, '2 min 5 s'],
    [11_520_000, '3 h 12 min'],
  ])('a run of %d ms took %s', (ms, text) => {
    expect(formatElapsed(ms)).toBe(text);
  });
});

describe('wrapping', () => {
  it('loses no character and keeps to the width', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, unit: fc.constantFrom('a', 'b', 'c') })),
        fc.integer({ min: 1, max: 30 }),
        (items, width) => {
          const lines = wrapItems(items, ',', width);
          expect(lines.join('')).toBe(items.join(','));
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('indents continuation lines', () => {
    expect(wrapSentence('! ', 'one two three', 9)).toEqual(['! one two', '  three']);
  });
});

describe('JSON Lines', () => {
  const style = { color: false, columns: 80, verbose: false, openOnly: false };

  it('are the records, one a line, in the order they came', () => {
    const records = [run(1, 2), open('10.0.0.2', 80), silent('10.0.0.2', 81), PACKET];
    const all = [...records, summary(records)];
    const reporter = FORMATS.json.create(style);
    const lines = all.map((record) => reporter.write(record));
    for (const line of lines) expect(line).toMatch(/^\{"type":"\w+",[^\n]*\}\n$/);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(all);
  });

  it('leave out other ports when only open ones are wanted', () => {
    const reporter = FORMATS.json.create({ ...style, openOnly: true });
    expect(reporter.write(silent('10.0.0.2', 81))).toBe('');
    expect(reporter.write(open('10.0.0.2', 80))).not.toBe('');
    expect(reporter.write(run(1, 1))).not.toBe('');
  });
});
