#!/usr/bin/env node
/*
 * The command. The build has joined its modules into two files, one of them for what not every run needs, and compiled those for the Node that built
 * them (scripts/link.mjs). Any other Node compiles anew what it uses. CommonJS, because Node starts it 10 ms sooner than an ES module.
 */
const fs: typeof import('node:fs') = require('node:fs');
const path: typeof import('node:path') = require('node:path');
const url: typeof import('node:url') = require('node:url');
const vm: typeof import('node:vm') = require('node:vm');

/** See link.mjs. What is not part of the files is looked for from here. */
type Link = (
  root: string,
  require: NodeJS.Require,
  later: (name: string) => Promise<unknown>,
  more: () => unknown,
) => (path: string) => { runProgram(): Promise<never> };

/** As in link.mjs: V8 of Node 20 takes what another build of its version has compiled, be it for another processor, and crashes. */
const build = `${process.arch}-${fs.statSync(process.execPath).size}`;

function run(name: string): unknown {
  const program = path.join(__dirname, `${name}.cjs`);
  const compiled = path.join(__dirname, `${name}.${build}.cache`);
  const source = fs.readFileSync(program, 'latin1');
  const cache = fs.existsSync(compiled) ? { cachedData: fs.readFileSync(compiled) } : {};
  return new vm.Script(source, { filename: program, ...cache }).runInThisContext();
}

const root = url.pathToFileURL(path.dirname(__dirname)).href;
const load = (run('synscope') as Link)(
  root,
  require,
  (name) => import(name),
  () => run('synscope-more'),
);
void load('cli/program.js').runProgram();
