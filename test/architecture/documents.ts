import { posix } from 'node:path';

import { projectFiles, readProjectFile } from './source-files.ts';

/** A page of the project's documents. */
export interface Document {
  readonly path: string;
  readonly text: string;
}

/** A command line that a document shows. */
export interface Example {
  /** Where it stands, for the name of a test. */
  readonly place: string;
  /** The words behind `synscope`. */
  readonly words: readonly string[];
}

/** Where a link leads: a path from the project's folder on, and the heading after `#`. */
export interface Link {
  readonly to: string;
  readonly heading: string | null;
}

/** Every page: those in the project's folder, docs/ and native-notes/. */
export function documents(): Document[] {
  const isPage = (path: string): boolean => /^(?:docs\/.*|native-notes\/.*|[A-Z]+)\.md$/.test(path);
  return projectFiles()
    .filter(isPage)
    .map((path) => ({ path, text: readProjectFile(path) }));
}

/** Paths of the project that a page names in code, as in `src/wire/packet.ts` or `test/netns`; names with a placeholder are none. */
export function namedPaths({ text }: Document): string[] {
  const named = codeSpans(text).flatMap((span) => [
    ...span.matchAll(/(?<![\w/.~@-])(?:src|test|docs|scripts|bench|native-notes|schema)\/[\w./-]*/g),
  ]);
  return [...new Set(named.map(([path]) => path.replace(/[/.]+$/, '')))];
}

/** Files that a page names by the file name alone, as in `port-binder.ts`. */
export function namedFiles({ text }: Document): string[] {
  return [...new Set(codeSpans(text).filter((span) => /^[a-z][a-z0-9-]*(?:\.test)?\.(?:c?ts|mjs)$/.test(span)))];
}

/** The links of a page to other pages and files of the project. */
export function links({ path, text }: Document): Link[] {
  const found = withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g);
  return [...found].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [file = '', heading = null] = target.split('#');
    return [{ to: file === '' ? path : posix.join(posix.dirname(path), file), heading }];
  });
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Long options that a page mentions in running text, without their dashes. */
export function mentionedFlags({ text }: Document): string[] {
  const found = codeSpans(text).flatMap((span) => [...span.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)]);
  return [...new Set(found.map(([, name = '']) => name))];
}

/** Names of types, classes and functions that a page mentions: PascalCase, or camelCase with its parentheses. */
export function mentionedNames({ text }: Document): string[] {
  const found = codeSpans(text).flatMap((span) => [...span.matchAll(/\b(?:[A-Z][a-z]+(?:[A-Z][a-z]*)+|[a-z]+[A-Z]\w*(?=\())/g)]);
  return [...new Set(found.map(([name]) => name))];
}

/** Every command line of synscope in the code of a page; HOST stands for an address. */
export function examples({ path, text }: Document): Example[] {
  // In running text a command without a target is a mention.
  const spans = codeSpans(text).filter((span) => /\bHOST\b|\b10\.\d/.test(span));
  return [...codeLines(text), ...spans].flatMap((line) => {
    const [, command] = /^(?:\$ |sudo )?synscope((?: .*)?)$/.exec(line.trim()) ?? [];
    // `...` and capitals stand for what the reader puts there.
    const concrete = command?.replace(/\bHOST\b/, '10.0.0.5');
    if (concrete === undefined || /\.\.\.|\b[A-Z]{4,}\b|\[/.test(concrete)) return [];
    return [{ place: `${path}: synscope${command}`, words: shellWords(concrete) }];
  });
}

/** The words of one simple command as a shell sees them: comments, pipes and what follows a simple command left out. */
function shellWords(command: string): string[] {
  const words: string[] = [];
  for (const [token] of command.matchAll(/'[^']*'|"[^"]*"|[^\s'"]+/g)) {
    if (/^(?:#|\||&|>|2>)/.test(token)) break;
    words.push(token.replace(/^(['"])(.*)\1$/, '$2'));
  }
  return words;
}

function codeSpans(text: string): string[] {
  return [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
}

function codeLines(text: string): string[] {
  const fenced = [...text.matchAll(/^```[a-z]*\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.split('\n'));
  const indented = text
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .split('\n')
    .filter((line) => line.startsWith('    '));
  return [...fenced, ...indented];
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/^ {4}.*$/gm, '');
}

/** The running text of a page. */
export function withoutCode(text: string): string {
  return withoutBlocks(text).replaceAll(/`[^`\n]*`/g, '');
}
