import { expect, test } from 'vitest';
import { constants } from 'node:os';
import { Errno, errnoName, errnoOfText, errnoText } from '../../src/transport/errno.ts';

test.skipIf(process.platform !== 'linux')('numbers are those of this kernel', () => {
  for (const [name, number] of Object.entries(Errno)) {
    if (name in constants.errno) expect(constants.errno[name as keyof typeof constants.errno]).toBe(number);
  }
});

test('texts lead back to their numbers, names ignore the sign', () => {
  for (const [name, number] of Object.entries(Errno)) {
    expect(errnoOfText(errnoText(number))).toBe(number);
    expect(errnoName(number)).toBe(name);
    expect(errnoName(-number)).toBe(name);
  }
});

test('what musl says is understood too', () => {
  expect(errnoOfText('Network unreachable')).toBe(Errno.ENETUNREACH);
  expect(errnoOfText('Host is unreachable')).toBe(Errno.EHOSTUNREACH);
});

test('what is not in the table is shown as a number, and an unknown text is EIO', () => {
  expect(errnoName(-4000)).toBe('errno-4000');
  expect(errnoText(4000)).toBe('error 4000');
  expect(errnoOfText('Something else')).toBe(Errno.EIO);
});
