// Joins the modules that dist/cli/program.js needs into dist/cli/synscope.cjs, and compiles that ahead: `node scripts/link.mjs DIST`. Node takes 0.1 s to load them one by one.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const ENTRY = 'cli/program.js';
/** The forms of import and export that tsc writes for our sources. What else begins a line with one of these words is an error here, not a riddle at run time. */
const IMPORT = /^import \{ (.*) \} from '(.*)';$/;
const EXPORT = /^export ((?:(?:async )?function\*?|class|const) (\w+).*)$/;
const REEXPORT = /^export (\{ (.*) \}) from '(.*)';$/;
const NOTHING = /^export \{\};$/;

/** A module as a function that asks for others by the names with a dollar and returns its exports. */
class LinkedModule {
  /** Modules that it needs, at once or later. */
  needs = new Set();
  #path;
  #exports = [];

  constructor(path, text) {
    this.#path = path;
    const lines = text.split('\n').map((line) => (/^(import|export)\b/.test(line) ? this.#statement(line) : line));
    const body = lines
      .join('\n')
      .replaceAll('import.meta.url', `($root + '/${path}')`)
      .replaceAll(/\bimport\('(\.[^']*)'\)/g, (_, from) => `$later('${this.#need(from)}')`)
      .replaceAll("import('", "$import('");
    if (body.includes('import.meta')) throw new Error(`${path}: import.meta has more than url`);
    this.text = `'${path}'() {${body}\nreturn { ${this.#exports.join(', ')} };\n},\n`;
  }

  #statement(line) {
    const [, imported, from] = IMPORT.exec(line) ?? [];
    if (from !== undefined) return `const { ${imported.replaceAll(' as ', ': ')} } = ${this.#source(from)};`;
    const [, declaration, name] = EXPORT.exec(line) ?? [];
    if (name !== undefined) return this.#exported([name], declaration);
    const [, names, list, origin] = REEXPORT.exec(line) ?? [];
    if (list !== undefined && !list.includes(' as '))
      return this.#exported(list.split(', '), `const ${names} = ${this.#source(origin)};`);
    if (NOTHING.test(line)) return '';
    throw new Error(`${this.#path}: cannot link "${line}"`);
  }

  #exported(names, text) {
    this.#exports.push(...names);
    return text;
  }

  #source(from) {
    return from.startsWith('.') ? `$load('${this.#need(from)}')` : `$require('${from}')`;
  }

  #need(from) {
    const path = posix.join(posix.dirname(this.#path), from);
    this.needs.add(path);
    return path;
  }
}

/** The text of a function (URL of dist, require, import) that runs the entry and returns its exports. ASCII alone, so that V8 keeps it in a byte a letter. */
function link(dist) {
  const modules = new Map();
  const pending = [ENTRY];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (modules.has(path)) continue;
    const module = new LinkedModule(path, readFileSync(join(dist, path), 'utf8'));
    modules.set(path, module.text);
    pending.push(...module.needs);
  }
  const text = `(function ($root, $require, $import) {
'use strict';
const $loaded = new Map();
function $load(path) {
  if (!$loaded.has(path)) {
    $loaded.set(path, null);
    $loaded.set(path, $modules[path]());
  }
  if ($loaded.get(path) === null) throw new Error(path + ' needs itself');
  return $loaded.get(path);
}
async function $later(path) {
  return $load(path);
}
const $modules = {
${[...modules.values()].join('')}};
return $load('${ENTRY}');
})
`;
  return text.replaceAll(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const dist = process.argv[2];
const text = link(dist);
// Every function, not only those that run when the file is loaded. Which flags are set is part of what V8 compares later.
setFlagsFromString('--no-lazy');
const script = new Script(text, { filename: 'synscope.cjs' });
setFlagsFromString('--lazy');
writeFileSync(join(dist, 'cli/synscope.cjs'), text);
writeFileSync(join(dist, 'cli/synscope.cache'), script.createCachedData());
