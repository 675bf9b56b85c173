import { createRequire } from 'node:module';

import { SynscopeError } from '../../errors.ts';
import { type AnyFlagTable, flagName, type FlagTable } from '../flags/flag.ts';
import { bindWords } from './bound-words.ts';

/** What a command was given. Flags that were not given are absent. */
export interface ParsedWords<O> {
  readonly operands: readonly string[];
  readonly options: Partial<O>;
}

/** Every value stays text until the flag's own reader sees it: `1.10` is no number, `--seq 08` no octal, a repeated flag no surprise. */
const PARSER = {
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
  'short-option-groups': false,
} as const;

/** Reads the words behind a command by its table. Throws a usage error of one line. */
export function parseWords<O>(words: readonly string[], table: FlagTable<O>): ParsedWords<O> {
  const flags = table as AnyFlagTable;
  const parsed = loadParser()(bindWords(words, flags), {
    string: Object.keys(flags).map((key) => flagName(key)),
    configuration: PARSER,
  });
  const given = Object.entries(flags).flatMap(([key, flag]) => {
    const name = flagName(key);
    if (parsed[name] === undefined) return [];
    const texts = [parsed[name] as string | readonly string[]].flat();
    if (texts.length > 1 && !flag.repeatable) throw repeated(name, texts);
    return [[key, flag.read(texts, `--${name}`)] as const];
  });
  return { operands: parsed._.map(String), options: Object.fromEntries(given) as Partial<O> };
}

/** What yargs-parser takes and gives, as far as it is used here. */
type Parser = (
  words: readonly string[],
  options: { readonly string: readonly string[]; readonly configuration: typeof PARSER },
) => Readonly<Record<string, unknown>> & { readonly _: readonly (string | number)[] };

/** The parser of yargs without the rest of it: measured, it is there after 3 ms instead of 26, and every run waits for it. */
function loadParser(): Parser {
  const require = createRequire(import.meta.url);
  const yargs = require.resolve('yargs/package.json');
  return createRequire(yargs)('yargs-parser') as Parser;
}

function repeated(name: string, texts: readonly string[]): SynscopeError {
  const quoted = texts.map((text) => `"${text}"`).join(' and ');
  return new SynscopeError('usage', `--${name} ${quoted}: expected it only once`);
}
