import { expect, it } from 'vitest';

import { sourceFiles } from './source-files.ts';

/** Every set of files that all need one another, be it for a type, found by Tarjan's algorithm; sorted. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const lowOf = (file: string): number => low.get(file) ?? Infinity;
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.size - 1);
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(lowOf(file), lowOf(next)));
    }
    if (lowOf(file) !== index.get(file)) return;
    const members = stack.splice(stack.indexOf(file));
    if (members.length > 1 || (imports.get(file) ?? []).includes(file)) found.push(members.toSorted());
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return found.toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
}

it('finds circles', () => {
  const imports = { a: ['b'], b: ['c'], c: ['b', 'd'], d: [], e: ['e'], f: ['a', 'g'], g: ['h'], h: ['f'] };
  expect(circles(new Map(Object.entries(imports)))).toEqual([['b', 'c'], ['e'], ['f', 'g', 'h']]);
});

it('no files of src/ need one another, neither for values nor for types', () => {
  const files = sourceFiles();
  const imports = new Map(
    files.map(({ path, imports: all }) => [path, all.filter((one) => one.internal).map((one) => one.from)]),
  );
  expect(files.length).toBeGreaterThan(100);
  expect(circles(imports)).toEqual([]);
});
