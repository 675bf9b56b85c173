#!/usr/bin/env node
/*
 * The command. The build bundles its modules into chunks and compiles them for its own Node
 * (scripts/bundle.mjs). Any other Node compiles what it uses. CommonJS, because Node starts it 10 ms sooner
 * than an ES module.
 */
const crypto: typeof import('node:crypto') = require('node:crypto');
const fs: typeof import('node:fs') = require('node:fs');
const path: typeof import('node:path') = require('node:path');
const vm: typeof import('node:vm') = require('node:vm');

/** Bytes before the code in a cache: its SHA-1, padded. */
const DIGEST_PLACE = 24;

/** What each chunk exports, by its file's name. */
const loaded = new Map<string, object>();

/** A chunk as the build wraps it. */
type Chunk = (exports: object, require: (name: string) => unknown, filename: string) => void;

/** V8 of Node 20 takes code of another build of its version, even for another processor, and crashes. */
const node = `${process.arch}-${fs.statSync(process.execPath).size}`;

function load(name: string): object {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const exports = {};
  loaded.set(name, exports);
  const file = path.join(__dirname, '../bundle', name);
  const source = fs.readFileSync(file);
  const script = new vm.Script(source.toString('latin1'), { filename: file, cachedData: cachedData(file, source) });
  (script.runInThisContext() as Chunk)(exports, (id) => (id.startsWith('./') ? load(id.slice(2)) : require(id)), file);
  return exports;
}

/** The code that the build made of a chunk. V8 does not check it: damaged code makes V8 crash or hang. */
function cachedData(file: string, source: Buffer): Buffer | undefined {
  try {
    const bytes = fs.readFileSync(`${file}.cache`);
    const compiled = bytes.subarray(DIGEST_PLACE);
    const digest = crypto.createHash('sha1').update(node).update(source).update(compiled).digest();
    return digest.equals(bytes.subarray(0, digest.length)) ? compiled : undefined;
  } catch {
    return undefined;
  }
}

void (load('program.cjs') as typeof import('./program.ts', { with: { 'resolution-mode': 'import' } })).runProgram();
