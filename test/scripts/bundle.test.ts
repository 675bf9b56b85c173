import { execFile, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SCRIPT = join(ROOT, 'scripts/bundle.mjs');
const DIST = join(ROOT, 'dist');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'synscope-bundle-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A tree with these modules in its dist/, and what the script says of them. */
function bundled(modules: Readonly<Record<string, string>>): { readonly dist: string; readonly stderr: string } {
  const dist = join(mkdtempSync(join(folder, 'modules-')), 'dist');
  for (const [path, text] of Object.entries(modules)) {
    mkdirSync(join(dist, dirname(path)), { recursive: true });
    writeFileSync(join(dist, path), text);
  }
  copyFileSync(join(DIST, 'cli/bin.cjs'), join(dist, 'cli/bin.cjs'));
  return { dist, stderr: spawnSync(process.execPath, [SCRIPT, dist], { encoding: 'utf8' }).stderr };
}

/** A copy of what has been built, to be damaged. */
function copyOfBuild(): string {
  const tree = mkdtempSync(join(folder, 'tree-'));
  cpSync(join(DIST, 'bundle'), join(tree, 'dist/bundle'), { recursive: true });
  mkdirSync(join(tree, 'dist/cli'));
  copyFileSync(join(DIST, 'cli/bin.cjs'), join(tree, 'dist/cli/bin.cjs'));
  copyFileSync(join(ROOT, 'package.json'), join(tree, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  return tree;
}

/** Runs the command of a tree, and lists on stderr which chunks V8 found compiled. */
function startWatched(tree: string, ...words: readonly string[]): SpawnSyncReturns<string> {
  const watch = join(tree, 'watch.cjs');
  writeFileSync(
    watch,
    `const vm = require('node:vm');
    vm.Script = class extends vm.Script {
      constructor(text, options) {
        super(text, options);
        const state = options.cachedData === undefined ? 'none' : this.cachedDataRejected ? 'rejected' : 'taken';
        process.stderr.write(options.filename.split('/').at(-1) + ' ' + state + '\\n');
      }
    };`,
  );
  const command = ['--require', watch, join(tree, 'dist/cli/bin.cjs'), ...words];
  // Vitest sets flags of V8, which make it compile anew.
  return spawnSync(process.execPath, command, { encoding: 'utf8', env: { PATH: process.env['PATH'] } });
}

describe('the bundler', () => {
  it('gives every module what it imports, each evaluated once', () => {
    const { dist, stderr } = bundled({
      'cli/program.js': `import { a as first, B, c } from '../wire/a.js';
import { join } from 'node:path';
export async function runProgram() {
  const later = (await import('../wire/later.js')).text;
  console.log(new B().value === first, globalThis.evaluated, c, join('x', 'y'), later);
}
`,
      'wire/a.js': `globalThis.evaluated = (globalThis.evaluated ?? 0) + 1;
import { a } from './b.js';
export { a, a as c } from './b.js';
export class B { value = a; }
`,
      'wire/b.js': 'export const a = 1;\n',
      'wire/later.js': `import { a } from './b.js';\nexport const text = a + '’' + new URL('../x', import.meta.url).href.slice(-7);\n`,
    });
    expect(stderr).toBe('');
    const { stdout } = spawnSync(process.execPath, [join(dist, 'cli/bin.cjs')], { encoding: 'utf8' });
    expect(stdout).toBe('true 1 1 x/y 1’/dist/x\n');
  });

  it.each([
    ['modules that need each other', `import { a } from './program.js';\nexport const b = a;\n`, 'ircular'],
    ['a module that is not there', `export { b } from './c.js';\n`, './c.js'],
    ['a name that is not exported', 'export const c = 1;\n', '"b"'],
  ])('fails at %s', (_, text, complaint) => {
    const { stderr } = bundled({ 'cli/program.js': `import { b } from './b.js';\nexport const a = b;\n`, 'cli/b.js': text });
    expect(stderr).toContain(complaint);
  });
});

describe('the bundled command', () => {
  const chunks = readdirSync(join(DIST, 'bundle')).filter((name) => name.endsWith('.cjs'));

  it('has been compiled ahead for the Node that built it', () => {
    const tree = copyOfBuild();
    for (const words of [['--version'], ['--help'], ['192.0.2.1', '-p', '80', '--dry-run']]) {
      const loaded = startWatched(tree, ...words)
        .stderr.trim()
        .split('\n');
      expect(loaded.filter((line) => !line.endsWith(' taken'))).toEqual([]);
      expect(loaded.slice(0, 2)).toEqual(['program.cjs taken', 'probe.cjs taken']);
    }
    expect(chunks.length).toBeGreaterThan(10);
    expect(readdirSync(join(DIST, 'bundle'))).toEqual(expect.arrayContaining(chunks.map((name) => `${name}.cache`)));
  });

  it('takes a byte a letter in V8', () => {
    for (const name of chunks) expect([...readFileSync(join(DIST, 'bundle', name))].some((byte) => byte > 0x7f)).toBe(false);
  });

  it('leaves native packages where npm put them', () => {
    const text = chunks.map((name) => readFileSync(join(DIST, 'bundle', name), 'utf8')).join('');
    for (const name of ['koffi', 'cap', 'raw-socket']) expect(text).toContain(`("${name}")`);
  });

  // The npm package has no code cache: it would be another Node's.
  it('starts without a code cache', () => {
    const tree = copyOfBuild();
    for (const name of chunks) rmSync(join(tree, 'dist/bundle', `${name}.cache`));
    const { status, stdout, stderr } = startWatched(tree, '--version');
    expect({ status, stdout: stdout.slice(0, 9) }).toEqual({ status: 0, stdout: 'synscope ' });
    expect(stderr).toMatch(/^(?:[\w-]+\.cjs none\n)+$/);
  });
});

// V8 believes what it is given: 20 of 50 copies with flipped bits crashed or hung, as did a cache of Node 20 for another processor.
describe('a code cache that is not whole, or not of this chunk', () => {
  /** Trees side by side; each runs one damage after the other. */
  const TREES = 3;
  /** Below the kernel's ephemeral range; no two runs side by side may reserve the same one. */
  const FIRST_PORT = 20_000 + TREES * (process.pid % 4000);
  const wordsFor = (port: number): string[] =>
    `192.0.2.1 -p 80 --dry-run --seq 5 --ip-id 6 --source-port ${port} --options none`.split(' ');
  const run = promisify(execFile);

  /** The caches that the command loads. Each start finds all of them damaged. */
  const names = ['program', 'probe', 'rolldown-runtime'].map((chunk) => `${chunk}.cjs.cache`);
  const wholes = names.map((name) => readFileSync(join(DIST, 'bundle', name)));

  /** What stands in the place of each cache instead, by its index; null is a folder. */
  type Damage = (whole: Buffer, index: number) => Buffer | null;

  function damages(): Damage[] {
    const lengths = [0, 1, 4, 19, 20, 23, 24, 25, 100].map(
      (length): Damage =>
        (whole) =>
          whole.subarray(0, length),
    );
    const missing = [1, 8, 400].map(
      (bytes): Damage =>
        (whole) =>
          whole.subarray(0, -bytes),
    );
    return [
      ...Array.from(
        { length: 100 },
        (_, number): Damage =>
          (whole, index) =>
            flipBits(whole, number * names.length + index),
      ),
      ...lengths,
      ...missing,
      (whole) => whole.subarray(0, whole.length >> 1),
      (_, index) => wholes[(index + 1) % wholes.length] as Buffer,
      (whole) => Buffer.concat([whole, Buffer.alloc(8)]),
      (whole) => Buffer.alloc(whole.length),
      () => null,
    ];
  }

  /** One to eight bits in other places for each number; the first thousand bytes, where V8 keeps its own header, as often as all others. */
  function flipBits(whole: Buffer, number: number): Buffer {
    const copy = Buffer.from(whole);
    let state = number + 1;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let flips = random(8); flips >= 0; flips--) {
      const place = random(random(2) === 0 ? 1000 : copy.length);
      copy[place] = (copy[place] as number) ^ (1 << random(8));
    }
    return copy;
  }

  it('is ignored', { timeout: 600_000 }, async () => {
    const { stderr: loaded } = startWatched(copyOfBuild(), ...wordsFor(FIRST_PORT));
    expect(loaded.trim().split('\n')).toEqual(names.map((name) => name.replace(/\.cache$/, ' taken')));
    const pending = damages();
    const work = async (tree: string, port: number): Promise<void> => {
      const command = (): Promise<{ stdout: string; stderr: string }> =>
        run(process.execPath, [join(tree, 'dist/cli/bin.cjs'), ...wordsFor(port)], { timeout: 60_000 });
      const right = await command();
      expect(right.stdout).toMatch(/^\{"type":"packet".*\}\n$/);
      for (let damage = pending.pop(); damage !== undefined; damage = pending.pop()) {
        for (const [index, name] of names.entries())
          replaceFile(join(tree, 'dist/bundle', name), damage(wholes[index] as Buffer, index));
        // oxlint-disable-next-line no-await-in-loop -- one damage at a time in a tree
        expect(await command()).toEqual(right);
      }
    };
    await Promise.all(Array.from({ length: TREES }, (_, index) => work(copyOfBuild(), FIRST_PORT + index)));
  });

  function replaceFile(file: string, content: Buffer | null): void {
    rmSync(file, { recursive: true });
    if (content === null) mkdirSync(file);
    else writeFileSync(file, content);
  }
});
