// Bundles the command into DIST/bundle/ and compiles it ahead: `node scripts/bundle.mjs DIST`.
// Node takes 0.1 s to load its modules one by one.
import { createHash } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

import { rolldown } from 'rolldown';

const dist = resolve(process.argv[2]);
/**
 * Every probe loads these, with what they import: one chunk. Between chunks each use of an export is a call of its
 * getter; the wire's functions in a chunk of their own made 65,535 ports 5 % slower. Other commands have a chunk each,
 * and share one.
 */
const PROBE = [
  'cli/program.js',
  'cli/run-command.js',
  'report/json.js',
  'report/probe/table.js',
  'run/probe/probe.js',
  'engine/packet-ring/packet-ring.js',
];

const isIn = (paths) => (id) => paths.some((path) => id === join(dist, path));

async function bundle() {
  const build = await rolldown({
    input: join(dist, 'cli/program.js'),
    cwd: dist,
    platform: 'node',
    external: ['koffi', 'raw-socket', 'cap'],
    checks: { circularDependency: true },
    onLog: (_, { message }) => {
      throw new Error(`rolldown: ${message}`);
    },
  });
  const { output } = await build.generate({
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    dynamicImportInCjs: false,
    externalLiveBindings: false,
    comments: false,
    strict: true,
    codeSplitting: {
      groups: [
        { name: 'probe', test: isIn(PROBE), priority: 2 },
        { name: 'shared', minShareCount: 2, priority: 1 },
      ],
    },
  });
  return output;
}

/** A chunk as a function that bin.cts calls. In ASCII alone V8 keeps it in a byte a letter. */
function wrap(code) {
  const text = `(function (exports, require, __filename) {${code}\n})\n`;
  return text.replaceAll(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** V8's code for a chunk. The digest before it tells bin.cts that it is whole, of this chunk and this Node. */
function codeCache(text, fileName) {
  // Every function, not only those that run at load. V8 refuses code made under other flags than it has later.
  setFlagsFromString('--no-lazy');
  const script = new Script(text, { filename: fileName });
  setFlagsFromString('--lazy');
  const compiled = script.createCachedData();
  const node = `${process.arch}-${statSync(process.execPath).size}`;
  const digest = createHash('sha1').update(node).update(text).update(compiled).digest();
  // V8 wants its bytes aligned.
  return Buffer.concat([digest, Buffer.alloc(4), compiled]);
}

mkdirSync(join(dist, 'bundle'));
for (const { code, fileName } of await bundle()) {
  const text = wrap(code);
  writeFileSync(join(dist, 'bundle', fileName), text);
  writeFileSync(join(dist, 'bundle', `${fileName}.cache`), codeCache(text, fileName));
}
