import { describe, expect, it } from 'vitest';

import type { CommandName } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { flagName } from '../../src/cli/flags/flag.ts';
import { main } from '../../src/cli/main.ts';
import { fakeOutside, MemorySink } from './fake-environment.ts';

async function printed(...argv: readonly string[]): Promise<string> {
  const outside = fakeOutside();
  expect(await main(argv, outside.environment)).toBe(0);
  expect(outside.stderr()).toBe('');
  expect(outside.wasAsked()).toBe(false);
  return outside.stdout.text;
}

const NAMES = Object.keys(COMMANDS) as CommandName[];

describe('help', () => {
  it('of the program', async () => {
    await expect(await printed('--help')).toMatchFileSnapshot('../golden/help.txt');
  });

  it.each(NAMES)('of %s', async (name) => {
    await expect(await printed(name, '--help')).toMatchFileSnapshot(`../golden/help-${name}.txt`);
  });

  it.each([['--help'], ...NAMES.map((name) => [name, '--help'])])('%s %s fits 80 columns', async (...argv) => {
    for (const line of (await printed(...argv.filter(Boolean))).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(80);
      expect(line).not.toMatch(/\s$/);
    }
  });

  it('names every flag of the command and its default', async () => {
    for (const name of NAMES) {
      const text = (await printed(name, '--help')).replaceAll(/\s+/g, ' ');
      for (const [key, flag] of Object.entries(COMMANDS[name].flags)) {
        expect(text).toContain(flagName(key));
        expect(text).toContain(flag.description);
        if (flag.defaultText !== null) expect(text).toContain(`(default: ${flag.defaultText})`);
      }
    }
  });

  it('has examples that parse', async () => {
    for (const [words] of Object.values(COMMANDS).flatMap(({ examples }) => examples)) {
      const outside = fakeOutside({ doctor: () => Promise.reject(new Error('asked')) });
      const code = await main(words.replaceAll('"', '').split(' '), outside.environment);
      expect({ code, stderr: outside.stderr() }).not.toMatchObject({ code: 2 });
    }
  });

  it('wins over whatever else is wrong', async () => {
    expect(await printed('h', '--ttl', '900', '--help')).toBe(await printed('--help'));
    expect(await printed('probe', '--nonsense', '-h')).toBe(await printed('probe', '--help'));
    expect(await printed('--json', 'doctor', '-h')).toBe(await printed('doctor', '--help'));
  });

  it('is not meant behind --', async () => {
    const outside = fakeOutside();
    expect(await main(['--', '--help'], outside.environment)).toBe(0);
    expect(outside.asked().targets).toEqual(['--help']);
  });

  it('to a pipe whose reader is gone ends quietly', async () => {
    const outside = fakeOutside({ stdout: new MemorySink(1) });
    expect(await main(['--help'], outside.environment)).toBe(141);
    expect(outside.stderr()).toBe('');
  });

  it('the version is one line', async () => {
    expect(await printed('--version')).toBe('synscope 1.2.3\n');
    expect(await printed('doctor', '--version')).toBe('synscope 1.2.3\n');
  });

  it('no two flags of a command share a letter', () => {
    for (const { flags } of Object.values(COMMANDS)) {
      const letters = Object.values(flags).flatMap(({ short }) => short ?? []);
      expect(new Set(letters).size).toBe(letters.length);
    }
  });
});
