import { describe, expect, it } from 'vitest';

import { COMMANDS } from '../../src/cli/commands.ts';
import type { CommandName } from '../../src/cli/command.ts';
import { forEveryCommand, FORMATS, formatsOf, loadReporter } from '../../src/report/formats.ts';
import { createJsonLines } from '../../src/report/json.ts';
import { open, PACKET, run, silent, summary } from './records.ts';

const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
const STYLE = { color: false, columns: 80, verbose: false, openOnly: false };

describe('the table of formats', () => {
  it.each(COMMAND_NAMES)('has a reporter of each format for %s', async (command) => {
    expect(formatsOf(command)).toEqual(['table', 'json']);
    for (const format of formatsOf(command)) {
      const createReporter = await loadReporter(command, format);
      expect(createReporter(STYLE)).toHaveProperty('write');
    }
  });

  it('gives a format to all commands by one entry, or to some of them', () => {
    const load = (): Promise<typeof createJsonLines> => Promise.resolve(createJsonLines);
    const more = {
      ...FORMATS,
      everywhere: () => forEveryCommand('for all', load),
      somewhere: () => ({ description: 'for probe', reporters: { probe: load } }),
    };
    for (const command of COMMAND_NAMES) {
      const names = command === 'probe' ? ['everywhere', 'somewhere'] : ['everywhere'];
      expect(formatsOf(command, more)).toEqual(['table', 'json', ...names]);
    }
  });
});

describe('JSON Lines', () => {
  it('are the records, one a line, in the order they came', () => {
    const records = [run(1, 2), open('10.0.0.2', 80), silent('10.0.0.2', 81), PACKET];
    const all = [...records, summary(records)];
    const reporter = createJsonLines(STYLE);
    const lines = all.map((record) => reporter.write(record));
    for (const line of lines) expect(line).toMatch(/^\{"type":"\w+",[^\n]*\}\n$/);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(all);
  });

  it('have fields in the order of the record', () => {
    const line = createJsonLines(STYLE).write({ type: 'hop', address: null, rttMs: [0.5] });
    expect(line).toBe('{"type":"hop","address":null,"rttMs":[0.5]}\n');
  });

  it('leave out other ports when only open ones are wanted', () => {
    const reporter = createJsonLines({ ...STYLE, openOnly: true });
    expect(reporter.write(silent('10.0.0.2', 81))).toBe('');
    expect(reporter.write(open('10.0.0.2', 80))).not.toBe('');
    expect(reporter.write(run(1, 1))).not.toBe('');
  });
});
