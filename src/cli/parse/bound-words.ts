import { SynscopeError, usageError } from '../../errors.ts';
import { type AnyFlagTable, type Flag, flagName } from '../flags/flag.ts';

/** How a word names a flag: the flag, and what the word says beside it. */
interface Named {
  readonly name: string;
  readonly flag: Flag<unknown>;
  /** The part of the word that names it, as written. */
  readonly written: string;
  /** What is glued to it (`--ttl=5`, `-p80`), or null. */
  readonly glued: string | null;
  readonly negated: boolean;
}

/**
 * Rewrites words so that every flag and its value are one word, `--name="value"`, switches included; other words are left as they are. An option
 * parser that meets `-p -`, `-p -1024`, `--json true` or `--exclude a b` must guess; the table knows which flags take a value and that it is one.
 * Throws a usage error for an unknown flag, a missing value, or a value behind a switch.
 */
export function bindWords(words: readonly string[], table: AnyFlagTable): string[] {
  const bound: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (word === '--') return [...bound, ...words.slice(index)];
    if (!isFlagWord(word)) {
      bound.push(word);
      continue;
    }
    const named = nameFlags(word, table);
    const last = named.at(-1) as Named;
    const takesNext = last.flag.argument !== null && last.glued === null;
    if (takesNext) index++;
    bound.push(...named.map((one) => bind(one, words[index], table)));
  }
  return bound;
}

/** A word that starts with a dash and is more than the dash. */
function isFlagWord(word: string): boolean {
  return word.startsWith('-') && word !== '-';
}

/** Where the first word stands that is neither a flag nor a flag's value, or -1. */
export function firstOperand(words: readonly string[], table: AnyFlagTable): number {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (word === '--') return -1;
    if (!isFlagWord(word)) return index;
    if (takesNextWord(word, table)) index++;
  }
  return -1;
}

function takesNextWord(word: string, table: AnyFlagTable): boolean {
  const flags = word.startsWith('--')
    ? [findLong(word, table)?.flag]
    : Array.from(word.slice(1), (letter) => Object.values(table).find(({ short }) => short === letter));
  const taking = flags.findIndex((flag) => flag !== undefined && flag.argument !== null);
  return taking >= 0 && taking === flags.length - 1;
}

function bind({ name, flag, written, glued, negated }: Named, next: string | undefined, table: AnyFlagTable): string {
  if (flag.argument === null) {
    if (glued === null) return `--${name}=${negated ? 'false' : 'true'}`;
    const accepted = flag.negatable ? `takes no value; --${name} or --no-${name}` : 'takes no value';
    throw usageError(written, glued, accepted);
  }
  const value = glued ?? next;
  if (value === undefined || (glued === null && isKnownFlag(value, table)))
    throw new SynscopeError('usage', `"${written}" needs a value: expected ${written} ${flag.argument}`);
  // yargs-parser takes one pair of quotes away from a value that stands in quotes: these, not the user's.
  return `--${name}="${value}"`;
}

function isKnownFlag(word: string, table: AnyFlagTable): boolean {
  if (word === '--') return true;
  if (word.startsWith('--')) return findLong(word.replace(/=.*/s, ''), table) !== null;
  return word.length === 2 && Object.values(table).some(({ short }) => word === `-${short}`);
}

function nameFlags(word: string, table: AnyFlagTable): readonly Named[] {
  return word.startsWith('--') ? [nameLong(word, table)] : nameShort(word, table);
}

function nameLong(word: string, table: AnyFlagTable): Named {
  const equals = word.indexOf('=');
  const written = equals < 0 ? word : word.slice(0, equals);
  const found = findLong(written, table);
  if (found === null) throw unknownFlag(written, table);
  return { ...found, written, glued: equals < 0 ? null : word.slice(equals + 1) };
}

function findLong(written: string, table: AnyFlagTable): Pick<Named, 'name' | 'flag' | 'negated'> | null {
  for (const [key, flag] of Object.entries(table)) {
    const name = flagName(key);
    if (written === `--${name}`) return { name, flag, negated: false };
    if (flag.negatable && written === `--no-${name}`) return { name, flag, negated: true };
  }
  return null;
}

/** `-qv` is `-q -v`, `-p80` and `-qp80` carry a value: a letter that takes one takes the rest of the word. */
function nameShort(word: string, table: AnyFlagTable): readonly Named[] {
  const named: Named[] = [];
  for (let index = 1; index < word.length; index++) {
    const letter = word[index] as string;
    const entry = Object.entries(table).find(([, { short }]) => short === letter);
    if (entry === undefined) throw unknownFlag(word, table);
    const [key, flag] = entry;
    const rest = word.slice(index + 1).replace(/^=/, '');
    const glued = flag.argument !== null && index + 1 < word.length ? rest : null;
    named.push({ name: flagName(key), flag, written: `-${letter}`, glued, negated: false });
    if (glued !== null) break;
  }
  return named;
}

function unknownFlag(written: string, table: AnyFlagTable): SynscopeError {
  const near = Object.keys(table)
    .map((key) => `--${flagName(key)}`)
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
