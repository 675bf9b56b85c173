import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../scripts/link.mjs', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const BUILD = `${process.arch}-${statSync(process.execPath).size}`;

type Load = (path: string) => Record<string, unknown>;
type Link = (root: string, require: NodeJS.Require, later: (name: string) => Promise<unknown>, more: () => unknown) => Load;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'synscope-link-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(modules: Readonly<Record<string, string>>): string {
  const dist = mkdtempSync(join(folder, 'dist-'));
  for (const [path, text] of Object.entries(modules)) {
    mkdirSync(join(dist, dirname(path)), { recursive: true });
    writeFileSync(join(dist, path), text);
  }
  mkdirSync(join(dist, 'cli'), { recursive: true });
  return dist;
}

/** The exports of cli/program.js, linked with what it needs. */
function linked(modules: Readonly<Record<string, string>>): Record<string, unknown> {
  const dist = write(modules);
  execFileSync(process.execPath, [SCRIPT, dist]);
  const run = (name: string): unknown => {
    const [file, cache] = ['cjs', `${BUILD}.cache`].map((ending) => join(dist, `cli/${name}.${ending}`)) as [string, string];
    return new Script(readFileSync(file, 'latin1'), { cachedData: readFileSync(cache) }).runInThisContext();
  };
  const link = run('synscope') as Link;
  const from = createRequire(join(dist, 'cli/synscope.cjs'));
  return link(
    pathToFileURL(dist).href,
    from,
    (name) => import(name),
    () => run('synscope-more'),
  )('cli/program.js');
}

function complaint(modules: Readonly<Record<string, string>>): string {
  return spawnSync(process.execPath, [SCRIPT, write(modules)], { encoding: 'utf8' }).stderr;
}

describe('linking', () => {
  it('gives every module what it imports, each evaluated once', async () => {
    const exported = linked({
      'cli/program.js': `import { a as first, B, c, double } from '../wire/a.js';
import { join } from 'node:path';
export const same = new B().value === first && globalThis.evaluated === 1;
export async function later() { return (await import('../wire/later.js')).text + join('x', 'y'); }
export function* numbers() { yield first; yield c; yield double; }
`,
      'wire/a.js': `globalThis.evaluated = (globalThis.evaluated ?? 0) + 1;
import { a } from './b.js';
export { a, a as c } from './b.js';
export const double = a * 2;
export class B { value = 1; }
`,
      'wire/b.js': 'export const a = 1;\n',
      'wire/later.js': `import { a } from './b.js';\nexport const text = a + '’' + new URL('x', import.meta.url).href.slice(-7);\n`,
    });
    expect(exported['same']).toBe(true);
    expect(await (exported['later'] as () => Promise<string>)()).toBe('1’/wire/xx/y');
    expect([...(exported['numbers'] as () => Iterable<number>)()]).toEqual([1, 1, 2]);
    expect(Object.keys(exported).toSorted()).toEqual(['later', 'numbers', 'same']);
  });

  it('has modules that need each other fail at once, not with half of the names', () => {
    const needEachOther = {
      'cli/program.js': `import { b } from './b.js';\nexport const a = b;\n`,
      'cli/b.js': `import { a } from './program.js';\nexport const b = a;\n`,
    };
    expect(() => linked(needEachOther)).toThrow('cli/program.js needs itself');
  });

  it.each([
    `import name from './b.js';`,
    `import * as all from './b.js';`,
    `import './b.js';`,
    `export * from './b.js';`,
    `export default 1;`,
    `export let counter = 0;`,
    `const here = import.meta.dirname;`,
  ])('refuses what it does not understand: %s', (line) => {
    expect(complaint({ 'cli/program.js': `${line}\n`, 'cli/b.js': 'export const a = 1;\n' })).toContain('cli/program.js: ');
  });
});

describe('the linked program', () => {
  it.each(['synscope', 'synscope-more'])('%s has been compiled ahead for the Node that built it', (name) => {
    expect(readdirSync(join(DIST, 'cli'))).toEqual(expect.arrayContaining(['bin.cjs', `${name}.cjs`, `${name}.${BUILD}.cache`]));
    // Vitest sets flags of V8, which make it compile anew; a Node without any takes what is there.
    const program = `const { readFileSync } = require('fs'); const [text, cachedData] = process.argv.slice(1).map((file) => readFileSync(file));
      console.log(new (require('vm').Script)(text.toString('latin1'), { cachedData }).cachedDataRejected)`;
    const paths = ['cjs', `${BUILD}.cache`].map((ending) => join(DIST, `cli/${name}.${ending}`));
    const environment = { PATH: process.env['PATH'] };
    expect(execFileSync(process.execPath, ['-e', program, ...paths], { encoding: 'utf8', env: environment }).trim()).toBe(
      'false',
    );
    // A byte a letter in V8.
    expect([...readFileSync(paths[0] as string)].some((byte) => byte > 0x7f)).toBe(false);
  });

  // A tree that was built on x86-64 and started by Node 20 on arm64, or the other way round, crashed: V8 had taken the other's cache.
  it('reads the cache of the very build of Node that runs, and starts without', () => {
    const copy = join(mkdtempSync(join(folder, 'tree-')), 'dist');
    cpSync(DIST, copy, { recursive: true });
    symlinkSync(join(DIST, '../node_modules'), join(copy, '../node_modules'));
    cpSync(join(DIST, '../package.json'), join(copy, '../package.json'));
    const own = join(copy, `cli/synscope.${BUILD}.cache`);
    const start = (): SpawnSyncReturns<string> =>
      spawnSync(process.execPath, [join(copy, 'cli/bin.cjs'), '--version'], { encoding: 'utf8' });
    renameSync(own, join(copy, 'cli/synscope.other-1.cache'));
    expect(start()).toMatchObject({ status: 0, stderr: '' });
    mkdirSync(own);
    expect(start().stderr).toContain('EISDIR');
  });
});
