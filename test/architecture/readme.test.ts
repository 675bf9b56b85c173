import { describe, expect, it } from 'vitest';

import type { CommandName } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { commandText } from '../../src/cli/help.ts';
import { DEFAULT_PORT_GROUPS } from '../../src/probe/targets/default-ports.ts';
import { FINDING_TABLE } from '../../src/analysis/find-findings.ts';
import { GUARD_FINDING_TABLE } from '../../src/analysis/firewall/find-guard-findings.ts';
import { readProjectFile } from './source-files.ts';

const readme = readProjectFile('README.md');

/** Long flags in order of appearance; `--[no-]x` is two. */
function flagsOf(text: string): string[] {
  const found = [...text.matchAll(/(?<![\w-])--(\[no-\])?([a-z][a-z-]*)/g)];
  return [...new Set(found.flatMap(([, negatable, name = '']) => (negatable === undefined ? [name] : [name, `no-${name}`])))];
}

/** What the group of `row` holds, match by match. */
function codesOf(text: string, row: RegExp): string[] {
  return [...text.matchAll(row)].map(([, code = '']) => code);
}

/** The flags that lines of a command's help define, not those that its prose mentions. */
function definedFlags(command: CommandName): string[] {
  const lines = commandText(command).split('\n');
  return flagsOf(lines.map((line) => /^ {2}(?:-\w, | {4})(--\S+)/.exec(line)?.[1] ?? '').join('\n'));
}

/** Where the README lists the flags of a command: the first cells of a table under a heading of its own, or for few flags a sentence. */
function flagsInReadme(command: CommandName): string[] {
  const [, section] = readme.split(`### Options of \`${command}\`\n`);
  if (section === undefined) {
    const sentence = readme.split('\n').find((line) => line.startsWith(`\`${command}\` takes `));
    // A switch that can be turned off is two flags in tables, and one in a sentence.
    return flagsOf(sentence ?? '').flatMap((name) =>
      definedFlags(command).includes(`no-${name}`) ? [name, `no-${name}`] : [name],
    );
  }
  const table = section
    .split('\n')
    .filter((line, index, all) => line.startsWith('|') && all.slice(0, index).every((one) => one === '' || one.startsWith('|')));
  return flagsOf(table.map((line) => line.split(' | ')[0] ?? '').join('\n'));
}

describe('README', () => {
  it.each(Object.keys(COMMANDS) as CommandName[])('lists every option of %s, and no other', (command) => {
    expect(flagsInReadme(command).toSorted()).toEqual(definedFlags(command).toSorted());
  });

  it('has the options of probe in a table of more than thirty', () => {
    expect(flagsInReadme('probe').length).toBeGreaterThan(30);
  });

  it('has the exit codes of the help', () => {
    expect(codesOf(readme, /^\| (\d+) \|/gm)).toEqual(codesOf(commandText('probe'), /^ +(\d+) {2}\w/gm));
  });

  it('names every finding', () => {
    const codes = [...Object.keys(FINDING_TABLE), ...Object.keys(GUARD_FINDING_TABLE)];
    expect(codes.filter((code) => !readme.includes(`\`${code}\``))).toEqual([]);
  });

  it('says roughly how many ports are probed by default', () => {
    expect(readme).toContain('about 100 ports');
    expect(Math.round(new Set(Object.values(DEFAULT_PORT_GROUPS).flat()).size / 20) * 20).toBe(100);
  });

  it('shows the two commands on its first screen', () => {
    const screen = readme.split('\n').slice(0, 24).join('\n');
    expect(screen).toMatch(/^ +npm start -- /m);
    expect(screen).toMatch(/^ +npm test\b/m);
  });
});
