import { describe, expect, it } from 'vitest';

import { commandText } from '../../src/cli/help.ts';
import { DEFAULT_PORT_GROUPS } from '../../src/probe/default-ports.ts';
import { FINDING_TABLE } from '../../src/analysis/find-findings.ts';
import { readProjectFile } from './source-files.ts';

const readme = readProjectFile('README.md');
const help = commandText('probe');

/** Long flags in order of appearance; `--[no-]x` is two. */
function flagsOf(text: string): string[] {
  const found = [...text.matchAll(/(?<![\w-])--(\[no-\])?([a-z][a-z-]*)/g)];
  return [...new Set(found.flatMap(([, negatable, name = '']) => (negatable === undefined ? [name] : [name, `no-${name}`])))];
}

/** What the group of `row` holds, match by match. */
function codesOf(text: string, row: RegExp): string[] {
  return [...text.matchAll(row)].map(([, code = '']) => code);
}

/** The flags that lines of the help define, not those that its prose mentions. */
const defined = flagsOf(
  help
    .split('\n')
    .map((line) => /^ {2}(?:-\w, | {4})(--\S+)/.exec(line)?.[1] ?? '')
    .join('\n'),
);

describe('README', () => {
  it('has a row for every option of probe, and no other', () => {
    const section = readme.slice(readme.indexOf('### Options of `probe`'), readme.indexOf('`doctor` takes'));
    const rows = section.split('\n').map((line) => line.split(' | ')[0] ?? '');
    expect(defined.length).toBeGreaterThan(30);
    expect(flagsOf(rows.join('\n')).toSorted()).toEqual(defined.toSorted());
  });

  it('has the exit codes of the help', () => {
    expect(codesOf(readme, /^\| (\d+) \|/gm)).toEqual(codesOf(help, /^ +(\d+) {2}\w/gm));
  });

  it('names every finding', () => {
    expect(Object.keys(FINDING_TABLE).filter((code) => !readme.includes(`\`${code}\``))).toEqual([]);
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
