import yargsParser from 'yargs-parser';

import { SynscopeError, usageError } from '../../errors.ts';
import { type AnyFlagTable, type Flag, flagName } from '../flags/flag.ts';

/** A command line, cut into flags, their values and operands by yargs-parser. */
export interface ParsedWords {
  /** Words that are neither flags nor values, and unknown flags, as written. */
  readonly operands: readonly string[];
  /** Words behind `--`. */
  readonly behindDashes: readonly string[];
  /** The values of each flag, by the name that was used (`ports` or `p`); of a switch, `true` or `false`. */
  readonly flags: ReadonlyMap<string, readonly (string | boolean)[]>;
  /** Flags without their value, or with one that they do not take. */
  readonly problems: readonly Problem[];
}

interface Problem {
  readonly name: string;
  /** The value of a flag that takes none, or null where one is missing. */
  readonly glued: string | null;
}

/** Every value stays text for the flag's own reader: `1.10` is not a number, `--seq 08` not octal. */
const CONFIGURATION = {
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
  'short-option-groups': false,
  'unknown-options-as-args': true,
} as const;

/** Flags by the names that they can be written with, without dashes. */
type FlagNames = ReadonlyMap<string, Flag<unknown>>;

/** Cuts a command line by a table of flags, each with one value or none. Never throws. */
export function parseWords(argv: readonly string[], table: AnyFlagTable): ParsedWords {
  const names = namesIn(table);
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const words = argv.slice(0, end).flatMap((word) => separateLetters(word, names));
  const problems: Problem[] = [];
  const takes = (wanted: boolean): string[] =>
    [...names].filter(([, { argument }]) => (argument !== null) === wanted).map(([name]) => name);
  const { argv: parsed } = yargsParser.detailed(words, {
    string: takes(true),
    boolean: takes(false),
    narg: Object.fromEntries([...names].map(([name, { argument }]) => [name, argument === null ? 0 : 1])),
    configuration: CONFIGURATION,
    // How the parser words its two complaints: that a value is missing, and that there is one.
    __: (complaint, name) => {
      const takesValue = names.get(name)?.argument !== null;
      problems.push({ name, glued: takesValue ? null : gluedTo(name, words) });
      return complaint;
    },
  });
  const { _: operands, ...given } = parsed;
  const flags = new Map(Object.entries(given).map(([name, value = []]) => [name, [value].flat()]));
  return { operands, behindDashes: argv.slice(end + 1), flags, problems };
}

/**
 * The operands and options of a command. Throws a usage error for an unknown flag or a value it cannot
 * take.
 */
export function readOptions(
  words: ParsedWords,
  table: AnyFlagTable,
): { readonly operands: readonly string[]; readonly options: Readonly<Record<string, unknown>> } {
  refuseUnknown(words, table);
  for (const { name, glued } of words.problems) throw problemOf(name, glued, namesIn(table));
  const given = Object.entries(table).flatMap(([key, flag]) => {
    const name = flagName(key);
    const texts = [...(words.flags.get(flag.short ?? '') ?? []), ...(words.flags.get(name) ?? [])].map(String);
    if (texts.length === 0) return [];
    if (texts.length > 1 && !flag.repeatable) throw repeated(name, texts);
    return [[key, flag.read(texts, `--${name}`)] as const];
  });
  return { operands: [...words.operands, ...words.behindDashes], options: Object.fromEntries(given) };
}

function namesIn(table: AnyFlagTable): FlagNames {
  const flags = Object.values(table).filter(({ short }) => short !== null);
  return new Map([
    ...Object.entries(table).map(([key, flag]) => [flagName(key), flag] as const),
    ...flags.map((flag) => [flag.short ?? '', flag] as const),
  ]);
}

/**
 * `-qvp80` as `-q`, `-v` and `-p=80`: the parser itself takes only numbers glued to a letter for its value.
 */
function separateLetters(word: string, names: FlagNames): string[] {
  if (!/^-[^-]./s.test(word)) return [word];
  const letters: string[] = [];
  for (let index = 1; index < word.length; index++) {
    const letter = word[index] as string;
    const named = names.get(letter);
    if (named === undefined) return [word];
    const rest = word.slice(index + 1);
    if (named.argument !== null && rest !== '') return [...letters, `-${letter}=${rest.replace(/^=/, '')}`];
    letters.push(`-${letter}`);
  }
  return letters;
}

function gluedTo(name: string, words: readonly string[]): string {
  const start = `${dashed(name)}=`;
  return words.find((word) => word.startsWith(start))?.slice(start.length) ?? '';
}

function refuseUnknown({ operands, flags }: ParsedWords, table: AnyFlagTable): void {
  const names = namesIn(table);
  for (const word of operands) if (word.startsWith('-') && word !== '-') throw unknownWord(word, names);
  for (const [name, values] of flags) {
    const flag = names.get(name);
    if (flag === undefined) throw unknownFlag(dashed(name), names);
    if (values.includes(false) && !flag.negatable) throw unknownFlag(`--no-${name}`, names);
  }
}

function unknownWord(word: string, names: FlagNames): SynscopeError {
  if (!word.startsWith('--')) return unknownFlag(word, names);
  const [, written = word, glued] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
  const negated = names.get(written.replace(/^--no-/, ''));
  return glued !== undefined && negated?.negatable === true
    ? problemOf(written.slice(2), glued, names)
    : unknownFlag(written, names);
}

function problemOf(name: string, glued: string | null, names: FlagNames): SynscopeError {
  const written = dashed(name);
  const positive = name.replace(/^no-/, '');
  const flag = names.get(positive);
  if (flag === undefined) return unknownFlag(written, names);
  if (glued === null) return new SynscopeError('usage', `"${written}" needs a value: expected ${written} ${flag.argument}`);
  const accepted = flag.negatable ? `takes no value; --${positive} or --no-${positive}` : 'takes no value';
  return usageError(written, glued, accepted);
}

function repeated(name: string, texts: readonly string[]): SynscopeError {
  const quoted = texts.map((text) => `"${text}"`).join(' and ');
  return new SynscopeError('usage', `--${name} ${quoted}: expected it only once`);
}

/** `-p`, `--ports`, and `-1024`, which the parser hands over as a flag of that name. */
function dashed(name: string): string {
  return name.length === 1 || /^[\d.]/.test(name) ? `-${name}` : `--${name}`;
}

function unknownFlag(written: string, names: FlagNames): SynscopeError {
  const near = [...names.keys()]
    .map(dashed)
    .filter((name) => name.startsWith('--'))
    .map((name) => ({ name, distance: editDistance(name, written) }))
    .toSorted((a, b) => a.distance - b.distance)[0];
  const tolerance = written.length < 6 ? 1 : 2;
  const guess =
    near !== undefined && near.distance <= tolerance ? `did you mean ${near.name}?` : 'see --help for those that exist';
  return usageError('unknown option', written, guess);
}

/** How many letters must be changed, added or removed to turn `a` into `b` (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
