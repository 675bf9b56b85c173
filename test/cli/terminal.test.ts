import { expect, it } from 'vitest';
import { terminalColumns } from '../../src/cli/terminal.ts';

it.each([
  ['a terminal', { columns: 80 }, 80],
  ['a pipe', {}, Infinity],
  ['a serial console, where results once stood one letter below the other', { columns: 0 }, Infinity],
])('the columns of %s', (_, stream, expected) => {
  expect(terminalColumns(stream)).toBe(expected);
});
