import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Layer } from './layers.ts';

/** The project's folder. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Import {
  /** `wire/bytes.ts` for a file of src/, else the name as written (`node:fs`, `koffi`). */
  readonly from: string;
  readonly internal: boolean;
}

export interface SourceFile {
  /** From src/ on, with slashes. */
  readonly path: string;
  readonly layer: Layer;
  readonly text: string;
  readonly imports: readonly Import[];
}

const NOT_OURS = new Set(['node_modules', 'dist', '.git', 'coverage']);

/** Every file of the project, what is installed or built aside; paths from the project's folder on, with slashes. */
export function projectFiles(folder: string = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !NOT_OURS.has(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return projectFiles(path);
      return entry.isFile() ? [relative(ROOT, path).replaceAll('\\', '/')] : [];
    });
}

/** Text of a file of the project. */
export function readProjectFile(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Every TypeScript file of src/. */
export function sourceFiles(): SourceFile[] {
  return projectFiles(join(ROOT, 'src'))
    .filter((path) => /\.c?ts$/.test(path))
    .map((path) => sourceFile(path.slice('src/'.length), readProjectFile(path)));
}

/** A source file as its text says; no compiler is asked. */
export function sourceFile(path: string, text: string): SourceFile {
  return { path, layer: layerOf(path), text, imports: importsOf(path, text) };
}

/** The layer that a path below src/ belongs to. */
export function layerOf(path: string): Layer {
  return path.split('/')[0] as Layer;
}

/** `import ... from 'x'`, `export ... from 'x'`, `import 'x'`, `import('x')`, `require('x')` and `createRequire(...)('x')`. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*|\bcreateRequire\([^)]*\)\(\s*)'([^'\n]+)'/g;

function importsOf(path: string, text: string): Import[] {
  return [...withoutComments(text).matchAll(IMPORT)].map(([, written = '']) => {
    const internal = written.startsWith('.');
    return { from: internal ? posix.join(posix.dirname(path), written) : written, internal };
  });
}

/** The text with comments blanked, line breaks kept. Strings that contain comment marks are cut too: good enough to look for words. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/(^|\s)\/\/[^\n]*/g, '$1');
}
