import { describe, expect, it } from 'vitest';

import { LAYERS, PACKAGES, PURE, SHARED_ENGINE_FOLDERS } from './layers.ts';
import { layerOf, readProjectFile, sourceFile, sourceFiles, withoutComments } from './source-files.ts';

const files = sourceFiles();

/** Folder of the engine that a path below src/ belongs to. */
function engineOf(path: string): string | null {
  return /^engine\/([^/]+)\//.exec(path)?.[1] ?? null;
}

describe('the reader of imports', () => {
  it('sees every way to import', () => {
    const text = [
      `import { a } from '../wire/a.ts';`,
      `import type {`,
      `  B,`,
      `} from './b.ts';`,
      `export { c } from './deep/c.ts';`,
      `import 'side-effect';`,
      `const d = await import('cap');`,
      `let e: typeof import('raw-socket');`,
      `const f = createRequire(import.meta.url)('koffi');`,
      `const g = require('g');`,
      `// import { h } from 'h';`,
      `/* import 'i'; */`,
    ].join('\n');
    expect(sourceFile('probe/x.ts', text).imports.map((found) => found.from)).toEqual([
      'wire/a.ts',
      'probe/b.ts',
      'probe/deep/c.ts',
      'side-effect',
      'cap',
      'raw-socket',
      'koffi',
      'g',
    ]);
  });

  it('found the sources', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(files.length);
  });
});

describe('layers', () => {
  it('has a line in the table for every folder of src/', () => {
    expect([...new Set(files.map((file) => file.layer))].filter((layer) => !(layer in LAYERS))).toEqual([]);
  });

  it.each(Object.entries(LAYERS))('%s imports only what the table allows', (layer, allowed) => {
    const strangers = files
      .filter((file) => file.layer === layer)
      .flatMap((file) =>
        file.imports
          .filter((found) => found.internal && found.from !== file.path)
          .filter((found) => layerOf(found.from) !== layer && !allowed.includes(layerOf(found.from)))
          .map((found) => `${file.path} imports ${found.from}`),
      );
    expect(strangers).toEqual([]);
  });

  it('has no circle between layers', () => {
    // Layers that import nothing of what is left are taken away until nothing more can be.
    let left = Object.entries(LAYERS);
    for (let before = Infinity; left.length < before;) {
      before = left.length;
      const names = left.map(([layer]) => layer);
      left = left.filter(([, below]) => below.some((next) => names.includes(next)));
    }
    const circles = left.map(([layer]) => layer);
    expect(circles).toEqual([]);
  });

  it('is shown by ARCHITECTURE.md as the table says', () => {
    const text = readProjectFile('ARCHITECTURE.md');
    const missing = Object.entries(LAYERS)
      .filter(([layer]) => !layer.endsWith('.ts'))
      .map(
        ([layer, below]) =>
          `| \`${layer}\` | ${
            below
              .filter((next) => next !== 'errors.ts')
              .map((next) => `\`${next}\``)
              .join(', ') || '-'
          } |`,
      )
      .filter((line) => !text.includes(line));
    expect(missing).toEqual([]);
  });

  it('keeps engines from knowing one another', () => {
    const meddlers = files.flatMap((file) => {
      const own = engineOf(file.path);
      if (own === null) return [];
      const others = file.imports
        .map((found) => found.from)
        .filter((from) => ![null, own, ...SHARED_ENGINE_FOLDERS].includes(engineOf(from)));
      return others.map((other) => `${file.path} imports ${other}`);
    });
    expect(meddlers).toEqual([]);
  });
});

describe('the pure half', () => {
  const pure = files.filter((file) => PURE.includes(file.layer));

  it('imports neither Node nor a package', () => {
    const outside = pure.flatMap((file) =>
      file.imports.filter((found) => !found.internal).map((found) => `${file.path} imports ${found.from}`),
    );
    expect(outside).toEqual([]);
  });

  // Buffer, console, process and timers do not even compile there (tsconfig.pure.json); these are in the language itself.
  it('asks neither the clock nor for randomness', () => {
    const askers = pure.filter((file) => /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b/.test(withoutComments(file.text)));
    expect(askers.map((file) => file.path)).toEqual([]);
  });

  it('is what tsconfig.pure.json compiles', () => {
    const { include } = JSON.parse(readProjectFile('tsconfig.pure.json')) as { include: string[] };
    expect(include.toSorted()).toEqual(PURE.map((layer) => `src/${layer}`).toSorted());
  });
});

describe('packages', () => {
  it('are all in the table', () => {
    const external = files.flatMap((file) => file.imports.filter((found) => !found.internal && !found.from.startsWith('node:')));
    const names = new Set(
      external.map((found) =>
        found.from
          .split('/')
          .slice(0, found.from.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
    );
    expect([...names].filter((name) => !(name in PACKAGES))).toEqual([]);
  });

  it.each(Object.entries(PACKAGES))('%s is imported where the table says', (name, rule) => {
    const users = files.filter((file) => file.imports.some((found) => found.from === name || found.from.startsWith(`${name}/`)));
    const places = users.map((file) => file.path);
    expect(places).not.toEqual([]);
    expect(places.filter((path) => layerOf(path) !== rule.layer)).toEqual([]);
    expect(places.slice(rule.files)).toEqual([]);
  });
});
