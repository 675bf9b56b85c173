import { describe, expect, it } from 'vitest';

import { readProjectFile, sourceFiles } from './source-files.ts';

const page = readProjectFile('docs/internals/one-run.md');
const files = new Map(sourceFiles().map((file) => [file.path, file]));

/** The source files that a section lists, in order; paths from src/ on. */
function listed(section: number): string[] {
  const text = page.split('\n## ')[section] ?? '';
  return [...text.matchAll(/^\d+\. `src\/([^`]+)`/gm)].map(([, path = '']) => path);
}

/** Whether one of two files imports the other; the linked program is loaded by its name. */
function areJoined(one: string, other: string): boolean {
  const imports = (path: string): string[] => files.get(path)?.imports.map(({ from }) => from) ?? [];
  return imports(one).includes(other) || imports(other).includes(one) || [one, other].includes('cli/bin.cts');
}

describe.each([
  ['from the words to the wire', 1, 25],
  ['from the packet to the line', 2, 30],
] as const)('one run, %s', (_, section, most) => {
  const path = listed(section);

  it(`passes at most ${most} files`, () => {
    expect(path.length).toBeGreaterThan(10);
    expect(path.length).toBeLessThanOrEqual(most);
  });

  it('passes files that exist', () => {
    expect(path.filter((name) => !files.has(name))).toEqual([]);
  });

  it('passes files that are joined by imports to others of the page', () => {
    const all = [...listed(1), ...listed(2)];
    expect(path.filter((name) => !all.some((other) => other !== name && areJoined(name, other)))).toEqual([]);
  });
});
