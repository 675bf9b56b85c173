import { describe, expect, it } from 'vitest';

import { commandLinePage } from '../../scripts/command-line-page.ts';
import { WORDS } from '../../scripts/record-words.ts';
import { FINDING_TABLE } from '../../src/analysis/find-findings.ts';
import { GUARD_FINDING_TABLE } from '../../src/analysis/firewall/find-guard-findings.ts';
import type { CommandName } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { commandText } from '../../src/cli/help.ts';
import { DEFAULT_PORT_GROUPS } from '../../src/probe/targets/default-ports.ts';
import { REASON_WORDS, STATE_WORDS } from '../../src/records/expected-words.ts';
import { readProjectFile } from './source-files.ts';

/** Every finding: the reference of records says in a few words what each is. */
const FINDING_CODES = Object.keys(WORDS.findingCode);

const PAGE = 'docs/reference/command-line.md';
const commands = Object.keys(COMMANDS) as CommandName[];

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

/** The text under a heading, up to the next of its level. */
function section(page: string, heading: string): string {
  const [, text = ''] = `\n${page}`.split(`\n${heading}\n`);
  const level = heading.split(' ')[0] ?? '';
  return text.split(`\n${level} `)[0] ?? '';
}

/** The flags in the first cells of the tables of a command. */
function flagsInReference(command: CommandName): string[] {
  const rows = section(commandLinePage(), `## ${command}`)
    .split('\n')
    .filter((line) => line.startsWith('| '));
  return flagsOf(rows.map((line) => line.split(' | ')[0] ?? '').join('\n'));
}

describe('the reference of the command line', () => {
  it('is what scripts/reference writes', async () => {
    await expect(commandLinePage()).toMatchFileSnapshot(`../../${PAGE}`);
  });

  it.each(commands)('lists every option of %s, and no other', (command) => {
    expect(flagsInReference(command).toSorted()).toEqual(definedFlags(command).toSorted());
  });

  it('has more than thirty options of probe', () => {
    expect(flagsInReference('probe').length).toBeGreaterThan(30);
  });

  it('says roughly how many ports are probed by default', () => {
    expect(section(commandLinePage(), '## probe')).toContain('about 100 ports');
    expect(Math.round(new Set(Object.values(DEFAULT_PORT_GROUPS).flat()).size / 20) * 20).toBe(100);
  });
});

describe('the reference of exit codes', () => {
  it('has the codes of the help', () => {
    const page = readProjectFile('docs/reference/exit-codes.md');
    expect(codesOf(page, /^\| (\d+) \|/gm)).toEqual(codesOf(commandText('probe'), /^ +(\d+) {2}\w/gm));
  });
});

describe('the reference of states', () => {
  it('names every state and every reason', () => {
    const page = readProjectFile('docs/reference/states.md');
    expect([...STATE_WORDS, ...REASON_WORDS].filter((word) => !page.includes(`\`${word}\``))).toEqual([]);
  });
});

describe('the reference of findings', () => {
  const page = readProjectFile('docs/reference/findings.md');
  const headings = codesOf(page, /^### `([a-z-]+)`$/gm);

  it('has a section for every code, and no other', () => {
    expect(headings.toSorted()).toEqual(FINDING_CODES.toSorted());
  });

  it('covers the tables of findings', () => {
    const codes = [...Object.keys(FINDING_TABLE), ...Object.keys(GUARD_FINDING_TABLE)];
    expect(codes.filter((code) => !headings.includes(code))).toEqual([]);
  });

  it.each(FINDING_CODES)('says of %s what it means, how certain it is and what to do', (code) => {
    const text = section(page, `### \`${code}\``);
    expect(text).toMatch(/^- \*\*Meaning\.\*\* \S/m);
    expect(text).toMatch(/^- \*\*Certainty\.\*\* .*`(?:proven|likely|possible)`/m);
    expect(text).toMatch(/^- \*\*What to do\.\*\* \S/m);
  });
});
