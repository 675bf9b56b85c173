import { addressDistance, addressPlus, type Address } from '../../wire/address.ts';
import { usageError } from '../../errors.ts';
import { parseIpv4Ranges, type AddressRange } from './ipv4-range.ts';

/** Distinct addresses in a fixed order, computed and not stored: a /8 costs what a single address costs. */
export interface TargetSet {
  readonly size: number;
  at(index: number): Address;
  /** Index of `address`, or -1. */
  indexOf(address: Address): number;
  /** The name under which the user asked for it, or null. */
  hostname(index: number): string | null;
}

/** What one target text asks for: addresses, or a name that the caller has to resolve. */
export type TargetPiece =
  | { readonly kind: 'ranges'; readonly ranges: readonly AddressRange[] }
  | { readonly kind: 'name'; readonly name: string };

/** A hostname of the user's with an address that it resolved to. */
export interface NamedAddress {
  readonly name: string;
  readonly address: Address;
}

const ACCEPTED =
  'expected an IPv4 address (10.0.0.1), a CIDR (10.0.0.0/24), a range (10.0.0.1-20, 10.0.0-3.1-254, 10.0.0.1-10.0.1.5) or a hostname';
const ACCEPTED_EXCLUDE =
  'expected an IPv4 address (10.0.0.1), a CIDR (10.0.0.0/24) or a range (10.0.0.1-20, 10.0.0-3.1-254, 10.0.0.1-10.0.1.5)';

/** RFC 1123, 2.1: letters, digits and inner hyphens, at most 63 a label. */
const LABEL = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;
/** A last label that resolvers read as a number (inet_aton): `0x7f000001` and `300.1` are no names. */
const NUMERIC_LABEL = /^(?:\d+|0x[\da-f]*)$/i;
const MAX_NAME_LENGTH = 253;

/** Reads one target; `where` is for the error (`target in line 3`). Usage errors quote `text`. */
export function parseTarget(text: string, where = 'target'): TargetPiece {
  if (isHostname(text)) return { kind: 'name', name: text };
  const ranges = parseIpv4Ranges(text);
  if (typeof ranges !== 'string') return { kind: 'ranges', ranges };
  const looksNumeric = /^[\d./-]+$/.test(text);
  throw usageError(`invalid ${where}`, text, looksNumeric ? `${ranges}; ${ACCEPTED}` : ACCEPTED);
}

/** Reads one `--exclude` text: a target, but no hostname, whose meaning may change. Throws a usage error. */
export function parseExclude(text: string, where = 'exclusion'): readonly AddressRange[] {
  const ranges = parseIpv4Ranges(text);
  if (typeof ranges !== 'string') return ranges;
  throw usageError(`invalid ${where}`, text, ACCEPTED_EXCLUDE);
}

/** Reads a targets file: targets between blanks, `#` starts a comment, CRLF allowed. Errors name the line. */
export function parseTargetsFile(text: string): readonly TargetPiece[] {
  return wordsOfFile(text).map(({ word, line }) => parseTarget(word, `target in line ${line}`));
}

/** Reads an exclusions file, of the same shape. Errors name the line. */
export function parseExcludesFile(text: string): readonly AddressRange[] {
  return wordsOfFile(text).flatMap(({ word, line }) => parseExclude(word, `exclusion in line ${line}`));
}

/** The hostnames among `pieces`, each once, in order: what has to be resolved before `createTargetSet`. */
export function targetNames(pieces: readonly TargetPiece[]): readonly string[] {
  return [...new Set(pieces.flatMap((piece) => (piece.kind === 'name' ? [piece.name] : [])))];
}

/** The addresses among `pieces`. */
export function targetRanges(pieces: readonly TargetPiece[]): readonly AddressRange[] {
  return pieces.flatMap((piece) => (piece.kind === 'ranges' ? piece.ranges : []));
}

/**
 * Ascending, without duplicates, without `excludes`, and empty where those left nothing; memory grows with
 * the number of separate ranges, not with addresses. Of two names for one address the first stays.
 */
export function createTargetSet(
  asked: { readonly ranges: readonly AddressRange[]; readonly names: readonly NamedAddress[] },
  excludes: readonly AddressRange[] = [],
): TargetSet {
  const named = asked.names.map(({ address }) => ({ first: address, last: address }));
  return new RangeTargetSet(subtractRanges(mergeRanges([...asked.ranges, ...named]), mergeRanges(excludes)), asked.names);
}

class RangeTargetSet implements TargetSet {
  readonly size: number;
  readonly #first: readonly Address[];
  /** Index of each range's first address; one more entry ends the last range. */
  readonly #start: Float64Array;
  readonly #names: ReadonlyMap<Address, string>;

  /** `ranges` are ascending, disjoint and not adjacent. */
  constructor(ranges: readonly AddressRange[], names: readonly NamedAddress[]) {
    this.#first = ranges.map(({ first }) => first);
    this.#start = new Float64Array(ranges.length + 1);
    let size = 0;
    for (const [index, { first, last }] of ranges.entries()) {
      size += addressDistance(last, first) + 1;
      this.#start[index + 1] = size;
    }
    this.size = size;
    this.#names = new Map(names.toReversed().map(({ name, address }) => [address, name]));
  }

  at(index: number): Address {
    if (!(index >= 0 && index < this.size)) throw new RangeError(`no target at index ${index} of ${this.size}`);
    let low = 0;
    let high = this.#first.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#start[middle] as number) <= index) low = middle;
      else high = middle - 1;
    }
    return addressPlus(this.#first[low] as Address, index - (this.#start[low] as number));
  }

  indexOf(address: Address): number {
    let low = 0;
    let high = this.#first.length - 1;
    if (high < 0) return -1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (addressDistance(this.#first[middle] as Address, address) <= 0) low = middle;
      else high = middle - 1;
    }
    const place = addressDistance(address, this.#first[low] as Address);
    const index = (this.#start[low] as number) + place;
    return place >= 0 && index < (this.#start[low + 1] as number) ? index : -1;
  }

  hostname(index: number): string | null {
    return this.#names.size === 0 ? null : (this.#names.get(this.at(index)) ?? null);
  }
}

function isHostname(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (name.length > MAX_NAME_LENGTH) return false;
  const labels = name.split('.');
  return labels.every((label) => LABEL.test(label)) && !NUMERIC_LABEL.test(labels.at(-1) as string) && /[a-z]/i.test(name);
}

function wordsOfFile(text: string): readonly { readonly word: string; readonly line: number }[] {
  return text.split(/\r\n|\n|\r/).flatMap((line, index) => {
    // A byte order mark counts as white space.
    const words = line.replace(/#.*/, '').match(/\S+/g) ?? [];
    return words.map((word) => ({ word, line: index + 1 }));
  });
}

function mergeRanges(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const sorted = ranges.toSorted((a, b) => addressDistance(a.first, b.first));
  const merged: AddressRange[] = [];
  for (const range of sorted) {
    const previous = merged.at(-1);
    if (previous === undefined || addressDistance(range.first, previous.last) > 1) merged.push(range);
    else if (addressDistance(range.last, previous.last) > 0)
      merged[merged.length - 1] = { first: previous.first, last: range.last };
  }
  return merged;
}

/** Both lists ascending and disjoint; one pass over each. */
function subtractRanges(ranges: readonly AddressRange[], holes: readonly AddressRange[]): readonly AddressRange[] {
  const left: AddressRange[] = [];
  let nextHole = 0;
  for (const { first, last } of ranges) {
    while (nextHole < holes.length && (holes[nextHole] as AddressRange).last < first) nextHole += 1;
    let from = first;
    let index = nextHole;
    for (; index < holes.length && (holes[index] as AddressRange).first <= last; index += 1) {
      const hole = holes[index] as AddressRange;
      if (hole.first > from) left.push({ first: from, last: addressPlus(hole.first, -1) });
      from = addressPlus(hole.last, 1);
    }
    if (from <= last) left.push({ first: from, last });
  }
  return left;
}
