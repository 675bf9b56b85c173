// Joins the modules that dist/cli/program.js needs into dist/cli/synscope.cjs and synscope-more.cjs, and compiles those ahead: `node scripts/link.mjs DIST`. Node takes 0.1 s to load them one by one.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const ENTRY = 'cli/program.js';
/** What every probe loads, and that with all that it imports; the rest has a file of its own, or every start would read it: 1 ms for 100 kB. */
const OFTEN = [
  ENTRY,
  'cli/parse/parse-words.js',
  'cli/commands/probe.js',
  'run/probe/probe.js',
  'engine/packet-ring/packet-ring.js',
];
/** The forms of import and export that tsc writes for our sources. What else begins a line with one of these words is an error here, not a riddle at run time. */
const IMPORT = /^import \{ (.*) \} from '(.*)';$/;
const EXPORT = /^export ((?:(?:async )?function\*?|class|const) (\w+).*)$/;
const REEXPORT = /^export \{ (.*) \} from '(.*)';$/;
const NOTHING = /^export \{\};$/;
/** Which Node compiles. A tree may be used from two machines, and V8 compares its version and not always the processor: see bin.cts. */
const BUILD = `${process.arch}-${statSync(process.execPath).size}`;

/** A module as a function that asks for others by the names with a dollar and returns its exports. */
class LinkedModule {
  /** Modules that it needs at once, and later. */
  needs = new Set();
  laterNeeds = new Set();
  #path;
  #exports = [];

  constructor(path, text) {
    this.#path = path;
    const lines = text.split('\n').map((line) => (/^(import|export)\b/.test(line) ? this.#statement(line) : line));
    const body = lines
      .join('\n')
      .replaceAll('import.meta.url', `($root + '/${path}')`)
      .replaceAll(/\bimport\('(\.[^']*)'\)/g, (_, from) => `$later('${this.#need(from, this.laterNeeds)}')`)
      .replaceAll("import('", "$import('");
    if (body.includes('import.meta')) throw new Error(`${path}: import.meta has more than url`);
    this.text = `'${path}'() {${body}\nreturn { ${this.#exports.join(', ')} };\n},\n`;
  }

  #statement(line) {
    const [, imported, from] = IMPORT.exec(line) ?? [];
    if (from !== undefined) return `const { ${imported.replaceAll(' as ', ': ')} } = ${this.#source(from)};`;
    const [, declaration, name] = EXPORT.exec(line) ?? [];
    if (name !== undefined) return this.#exported([name], declaration);
    const [, passed, origin] = REEXPORT.exec(line) ?? [];
    if (origin !== undefined)
      return this.#exported(
        passed.split(', ').map((one) => this.#passedOn(one, origin)),
        '',
      );
    if (NOTHING.test(line)) return '';
    throw new Error(`${this.#path}: cannot link "${line}"`);
  }

  #exported(entries, text) {
    this.#exports.push(...entries);
    return text;
  }

  /** `a`, or `a as b`, of another module. */
  #passedOn(name, origin) {
    const [own, other = own] = name.split(' as ');
    return `${other}: ${this.#source(origin)}.${own}`;
  }

  #source(from) {
    return from.startsWith('.') ? `$load('${this.#need(from, this.needs)}')` : `$require('${from}')`;
  }

  #need(from, needs) {
    const path = posix.join(posix.dirname(this.#path), from);
    needs.add(path);
    return path;
  }
}

/** All modules that the entry needs, by their paths. */
function readModules(dist) {
  const modules = new Map();
  const pending = [ENTRY];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (modules.has(path)) continue;
    const module = new LinkedModule(path, readFileSync(join(dist, path), 'utf8'));
    modules.set(path, module);
    pending.push(...module.needs, ...module.laterNeeds);
  }
  return modules;
}

/** The paths of OFTEN and of what those need at once. */
function oftenPaths(modules) {
  const often = new Set();
  const pending = OFTEN.filter((path) => modules.has(path));
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (often.has(path)) continue;
    often.add(path);
    pending.push(...modules.get(path).needs);
  }
  return often;
}

/** A function (URL of dist, require, import, the table of the other file) that returns one which loads a module by its path. */
const oftenFile = (modules) => `(function ($root, $require, $import, $more) {
'use strict';
const $loaded = new Map();
let $others = null;
function $load(path) {
  if (!$loaded.has(path)) {
    $loaded.set(path, null);
    $loaded.set(path, ($modules[path] ?? ($others ??= $more()($load, $later, $root, $require, $import))[path])());
  }
  if ($loaded.get(path) === null) throw new Error(path + ' needs itself');
  return $loaded.get(path);
}
async function $later(path) {
  return $load(path);
}
const $modules = {
${modules.map(({ text }) => text).join('')}};
return $load;
})
`;

const moreFile = (modules) => `(function ($load, $later, $root, $require, $import) {
'use strict';
return {
${modules.map(({ text }) => text).join('')}};
})
`;

/** Writes a file and what V8 makes of it. In ASCII alone V8 keeps it in a byte a letter. */
function write(dist, name, file) {
  const text = file.replaceAll(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
  // Every function, not only those that run when the file is loaded. Which flags are set is part of what V8 compares later.
  setFlagsFromString('--no-lazy');
  const script = new Script(text, { filename: `${name}.cjs` });
  setFlagsFromString('--lazy');
  writeFileSync(join(dist, `cli/${name}.cjs`), text);
  writeFileSync(join(dist, `cli/${name}.${BUILD}.cache`), script.createCachedData());
}

const dist = process.argv[2];
const all = readModules(dist);
const often = oftenPaths(all);
const modules = [...all].map(([path, module]) => ({ isOften: often.has(path), text: module.text }));
write(dist, 'synscope', oftenFile(modules.filter(({ isOften }) => isOften)));
write(dist, 'synscope-more', moreFile(modules.filter(({ isOften }) => !isOften)));
