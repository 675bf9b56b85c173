import { usageError } from '../../errors.ts';
import { parseAddress } from '../../wire/address.ts';
import { fromHex } from '../../wire/bytes.ts';

/** Reads a flag's text. Throws a usage error that names the flag, quotes the text and says what is right. */
export type ValueReader<T> = (text: string, flag: string) => T;

/** Decimal without sign, leading zeros (an octal trap), exponent or fraction. */
const WHOLE = /^(?:0|[1-9]\d*)$/;

/** A whole number from `low` to `high`. */
export function wholeNumber(low: number, high: number): ValueReader<number> {
  return (text, flag) => {
    const value = WHOLE.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw usageError(flag, text, `expected a whole number from ${low} to ${high}`);
  };
}

/** A whole number from 0 to `high`, decimal or in hex behind `0x`. */
export function headerField(high: number): ValueReader<number> {
  return (text, flag) => {
    const value = WHOLE.test(text) || /^0x[\da-f]+$/i.test(text) ? Number(text) : Number.NaN;
    if (value <= high) return value;
    throw usageError(flag, text, `expected a whole number from 0 to ${high}, or as much in hex (0x...)`);
  };
}

/** Packets a second, or `max`. */
export function rate(text: string, flag: string): number | 'max' {
  if (text === 'max') return text;
  const value = /^(?:\d+|\d*\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 100_000_000) return value;
  throw usageError(flag, text, 'expected packets a second, a number above 0, or "max"');
}

/** `I/N`, I from 1 to N. */
export function shard(text: string, flag: string): string {
  const [, index, count] = /^([1-9]\d{0,8})\/([1-9]\d{0,8})$/.exec(text) ?? [];
  if (index !== undefined && Number(index) <= Number(count)) return text;
  throw usageError(flag, text, 'expected I/N, such as 1/4 for the first of four parts');
}

/** Bytes in hex, at least one. */
export function hexBytes(text: string, flag: string): string {
  if (text !== '' && fromHex(text) !== null) return text;
  throw usageError(flag, text, 'expected hex digits in pairs, such as 474554');
}

/** An IPv4 address. */
export function address(text: string, flag: string): string {
  if (parseAddress(text) !== null) return text;
  throw usageError(flag, text, 'expected an IPv4 address such as 192.0.2.1');
}

/** One of `names`. */
export function oneOf<T extends string>(names: readonly T[]): ValueReader<T> {
  return (text, flag) => {
    const name = names.find((one) => one === text);
    if (name !== undefined) return name;
    throw usageError(flag, text, `expected ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`);
  };
}

/** Any text but an empty one; `what` it should be. Its user checks the rest. */
export function anyText(what: string): ValueReader<string> {
  return (text, flag) => {
    if (text.trim() !== '') return text;
    throw usageError(flag, text, `expected ${what}`);
  };
}
