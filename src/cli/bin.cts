#!/usr/bin/env node
/*
 * The command. The build has joined its modules into one file and compiled that for the Node that built it (scripts/link.mjs). Any other Node compiles
 * anew what it needs of it. CommonJS, because Node starts it 10 ms sooner than an ES module.
 */
const fs: typeof import('node:fs') = require('node:fs');
const path: typeof import('node:path') = require('node:path');
const url: typeof import('node:url') = require('node:url');
const vm: typeof import('node:vm') = require('node:vm');

const program = path.join(__dirname, 'synscope.cjs');
const compiled = path.join(__dirname, 'synscope.cache');
const script = new vm.Script(fs.readFileSync(program, 'latin1'), {
  filename: program,
  ...(fs.existsSync(compiled) ? { cachedData: fs.readFileSync(compiled) } : {}),
});
/** See link.mjs. What is not part of the file is looked for from here. */
type Link = (
  root: string,
  load: NodeJS.Require,
  loadLater: (name: string) => Promise<unknown>,
) => { runProgram(): Promise<never> };
const link = script.runInThisContext() as Link;
void link(url.pathToFileURL(path.dirname(__dirname)).href, require, (name) => import(name)).runProgram();
