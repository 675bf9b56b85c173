import { describe, expect, it } from 'vitest';

import { COMMANDS } from '../../src/cli/commands.ts';
import { flagName } from '../../src/cli/flags/flag.ts';
import { main } from '../../src/cli/main.ts';
import { parseGuardExpectations } from '../../src/records/firewall/expectations.ts';
import { parseHandshakeExpectations } from '../../src/records/handshake/expectations.ts';
import { parseMssExpectations } from '../../src/records/mss/expectations.ts';
import { parseExpectations } from '../../src/records/probe/expectations.ts';
import { fakeOutside } from '../cli/fake-environment.ts';
import {
  anchors,
  type Document,
  documents,
  examples,
  type Link,
  links,
  mentionedFlags,
  mentionedNames,
  namedFiles,
  namedPaths,
  withoutCode,
} from './documents.ts';
import { projectFiles, readProjectFile } from './source-files.ts';

const pages = documents();
const files = projectFiles();
const folders = new Set(files.flatMap((path) => path.split('/').map((_, depth, parts) => parts.slice(0, depth).join('/'))));
const baseNames = new Set(files.map((path) => path.slice(path.lastIndexOf('/') + 1)));

/** Options of other programs that documents mention. */
const FOREIGN_FLAGS: ReadonlySet<string> = new Set([
  'allow-scripts',
  'cap-add',
  'cap-drop',
  'gc',
  'global',
  'heap',
  'network',
  'read-only',
  'set-mss',
  'time-stamp-precision',
  'trace-gc',
  'user',
  'write',
]);

/** Names of other programs that documents mention. */
const FOREIGN_NAMES: ReadonlySet<string> = new Set(['ListenOverflows', 'TcpExt', 'TcpExtTCPReqQFullDoCookies']);

const options = Object.values(COMMANDS).flatMap(({ flags }) =>
  Object.entries(flags).flatMap(([key, { negatable }]) => [flagName(key), ...(negatable ? [`no-${flagName(key)}`] : [])]),
);

/** Everything that the sources and the tests say, to look names up in. */
const words = new Set(
  files
    .filter(
      (path) => /^(?:src|test|bench|scripts)\/.*\.(?:c?ts|mjs)$/.test(path) && !path.startsWith('test/architecture/documents'),
    )
    .flatMap((path) => readProjectFile(path).match(/\b\w+\b/g) ?? []),
);

/** What is wrong with each page, under its name. */
function of(wrong: (page: Document) => readonly string[]): string[] {
  return pages.flatMap((page) => wrong(page).map((what) => `${page.path}: ${what}`));
}

describe('the documents', () => {
  it('are found', () => {
    expect(pages.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['README.md', 'docs/guides/README.md', 'native-notes/cap.md']),
    );
    expect(pages.flatMap(examples).length).toBeGreaterThan(30);
  });

  it('name files and folders that exist', () => {
    const isThere = (path: string): boolean => files.includes(path) || folders.has(path);
    const missing = of((page) => [
      ...namedPaths(page).filter((path) => !isThere(path)),
      ...namedFiles(page).filter((name) => !baseNames.has(name)),
    ]);
    expect(missing).toEqual([]);
  });

  it('link to files and headings that exist', () => {
    const isThere = ({ to, heading }: Link): boolean => {
      if (!files.includes(to)) return heading === null && folders.has(to);
      return heading === null || anchors(readProjectFile(to)).includes(heading);
    };
    const broken = of((page) =>
      links(page)
        .filter((link) => !isThere(link))
        .map(({ to, heading }) => `${to}#${heading ?? ''}`),
    );
    expect(broken).toEqual([]);
  });

  it('mention options that exist', () => {
    expect(of((page) => mentionedFlags(page).filter((name) => !options.includes(name) && !FOREIGN_FLAGS.has(name)))).toEqual([]);
  });

  it('mention names that the code has', () => {
    expect(of((page) => mentionedNames(page).filter((name) => !words.has(name) && !FOREIGN_NAMES.has(name)))).toEqual([]);
  });

  it('call packets and programs "which" and "it"', () => {
    const prose = /\b(?:no|some|any|every)(?:body|one)\b|\bwhoever\b|\bway (?:there|back)\b|\bfar end\b/gi;
    expect(of(({ text }) => withoutCode(text).match(prose) ?? [])).toEqual([]);
  });

  it('are all reached by links from the README', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) {
      const page = pages.find((one) => one.path === path);
      if (page !== undefined) for (const { to } of links(page)) reached.add(to);
    }
    expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });
});

describe('the examples', () => {
  it.each(pages.flatMap(examples))('$place is a command line that is accepted', async ({ words: line }) => {
    const outside = fakeOutside({ variables: { SYNSCOPE_TOKEN: 'correct horse battery' } });
    const code = await main(line, outside.environment);
    expect(code === 2 ? outside.stderr() : 'accepted').toBe('accepted');
    expect(() => readExpectations(line)).not.toThrow();
  });
});

/** Reads what a command line expects as its command does. */
function readExpectations(line: readonly string[]): void {
  const valueOf = (flag: string): string | undefined => (line.includes(flag) ? line[line.indexOf(flag) + 1] : undefined);
  const given = (name: string, flag: string): Record<string, string> => {
    const value = valueOf(flag);
    return value === undefined ? {} : { [name]: value };
  };
  const both = given('expect', '--expect');
  if (line.includes('firewall')) return void parseGuardExpectations(valueOf('--expect'));
  if (line.includes('handshake')) return void parseHandshakeExpectations(valueOf('--expect'));
  if (line.includes('mss'))
    return void parseMssExpectations({
      ...both,
      ...given('expectForward', '--expect-forward'),
      ...given('expectReverse', '--expect-reverse'),
    });
  parseExpectations({
    ...both,
    ...given('expectMss', '--expect-mss'),
    ...given('expectOptions', '--expect-options'),
    ...given('expectRtt', '--expect-rtt'),
  });
}

describe('README', () => {
  const readme = readProjectFile('README.md');

  it('shows the two commands on its first screen', () => {
    const screen = readme.split('\n').slice(0, 24).join('\n');
    expect(screen).toMatch(/^ +npm start -- /m);
    expect(screen).toMatch(/^ +npm test\b/m);
  });

  it('has a line for every command', () => {
    expect(Object.keys(COMMANDS).filter((name) => !readme.includes(`| \`${name}\``))).toEqual([]);
  });

  it('has at most 170 lines', () => {
    expect(readme.split('\n').length).toBeLessThan(170);
  });
});
