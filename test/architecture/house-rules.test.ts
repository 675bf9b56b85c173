import { describe, expect, it } from 'vitest';

import { projectFiles, readProjectFile, sourceFiles, withoutComments } from './source-files.ts';

const files = sourceFiles();
const written = files.filter((file) => !file.path.endsWith('.d.ts'));

/** Lines at which an export stands without a doc comment right above it. */
function undocumentedExports(text: string): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const name = /^export (?:abstract )?(?:async )?(?:function\*?|class|interface|type|const) (\w+)/.exec(line)?.[1];
    if (name === undefined) return [];
    let above = index - 1;
    while ((lines[above] ?? '').startsWith('// oxlint-disable')) above--;
    return (lines[above] ?? '').trimEnd().endsWith('*/') ? [] : [`${index + 1} ${name}`];
  });
}

describe('source files', () => {
  it('have at most 300 lines', () => {
    const long = files.map((file) => [file.path, file.text.split('\n').length - 1] as const).filter(([, lines]) => lines > 300);
    expect(long).toEqual([]);
  });

  it('have comments of at most 110 columns', () => {
    const wide = files.flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) => (/^\s*(?:\/\/|\/?\*)/.test(line) && line.length > 110 ? [`${path}:${index + 1}`] : [])),
    );
    expect(wide).toEqual([]);
  });

  it('are named after what they hold', () => {
    const vague = projectFiles().filter((path) => /(^|[/.-])(utils?|helpers?|misc|managers?|common)([/.-]|$)/i.test(path));
    expect(vague).toEqual([]);
  });

  it('are kebab-case', () => {
    expect(files.map((file) => file.path).filter((path) => !/^[a-z0-9]+(?:[-/.][a-z0-9]+)*\.c?ts$/.test(path))).toEqual([]);
  });

  it('have no default export', () => {
    expect(
      written.filter((file) => /^\s*export default\b|\bas default\b/m.test(withoutComments(file.text))).map((file) => file.path),
    ).toEqual([]);
  });

  it('say of every export what it promises', () => {
    expect(undocumentedExports('/** Documented. */\nexport const a: number = 1;\nexport type B = 1;\n')).toEqual(['3 B']);
    expect(written.flatMap((file) => undocumentedExports(file.text).map((place) => `${file.path}:${place}`))).toEqual([]);
  });

  it('reach the library through named re-exports alone', () => {
    const statements = withoutComments(readProjectFile('src/index.ts'))
      .split(';')
      .map((statement) => statement.trim())
      .filter(Boolean);
    expect(statements.filter((statement) => !/^export (?:type )?\{[^}]*\} from '[^']+'$/.test(statement))).toEqual([]);
  });
});

describe('dependencies', () => {
  it('each have a reason in CONTRIBUTING.md', () => {
    const manifest = JSON.parse(readProjectFile('package.json')) as Record<string, Record<string, string> | undefined>;
    const names = ['dependencies', 'optionalDependencies', 'devDependencies', 'overrides'].flatMap((group) =>
      Object.keys(manifest[group] ?? {}),
    );
    const text = readProjectFile('CONTRIBUTING.md');
    const reasons = new Set([...text.matchAll(/^\| `([^`]+)` \| [^|]{20,} \|$/gm)].map(([, name]) => name));
    expect(names.filter((name) => !reasons.has(name))).toEqual([]);
    expect([...reasons].filter((name) => !names.includes(name ?? ''))).toEqual([]);
  });

  it('are locked for every platform', () => {
    const { packages } = JSON.parse(readProjectFile('package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const wanted = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
      place === '' ? [] : Object.keys(optionalDependencies),
    );
    expect(wanted.filter((name) => !(`node_modules/${name}` in packages))).toEqual([]);
  });
});

describe('the repository', () => {
  // Written so that this file does not find itself.
  const FORBIDDEN: readonly (readonly [string, RegExp])[] = [
    ['a path of some machine', /(?<![\w.])\/(?:work|root|home\/\w+|Users\/\w+)\//],
    ['the host of a package registry or mirror', /https?:\/\/(?:registry|deb|security|proxy)[.]/],
  ];

  it.each(FORBIDDEN)('does not contain %s', (_, pattern) => {
    const text = projectFiles().filter((path) => !/\.(?:pcap|pcapng|png|tgz|log)$/.test(path));
    expect(text.length).toBeGreaterThan(100);
    expect(text.filter((path) => pattern.test(readProjectFile(path)))).toEqual([]);
  });
});

describe('programs of tests and benchmarks', () => {
  // They run without a compiler, so that nothing else notices a module that was moved.
  it('load built modules that exist', () => {
    const programs = projectFiles().filter((path) => /^(?:test|bench)\/.*\.mjs$/.test(path));
    const loaded = programs.flatMap((path) => {
      const names = readProjectFile(path).matchAll(/\bload\('([a-z0-9/-]+)'\)|\bdist\}?\/((?!cli\/bin)[a-z0-9/-]+)\.js\b/g);
      return [...names].map(([, byName, byPath]) => `${path}: ${byName ?? byPath}.ts`);
    });
    const sources = new Set(files.map((file) => file.path));
    expect(loaded.length).toBeGreaterThan(10);
    expect(loaded.filter((entry) => !sources.has(entry.split(': ')[1] as string))).toEqual([]);
  });
});
