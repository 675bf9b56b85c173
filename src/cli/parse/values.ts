import { usageError } from '../../errors.ts';
import { parseAddress } from '../../wire/address.ts';
import { fromHex } from '../../wire/bytes.ts';

/** Reads a flag's text. Throws a usage error that names the flag, quotes the text and says what is right. */
export type ValueReader<T> = (text: string, flag: string) => T;

/** Decimal without sign, leading zeros (an octal trap), exponent or fraction. */
const WHOLE = /^(?:0|[1-9]\d*)$/;

/** A whole number from `low` to `high`. */
export function wholeNumber(low: number, high: number): ValueReader<number> {
  return reader(`a whole number from ${low} to ${high}`, (text) => within(low, high, WHOLE.test(text) ? text : ''));
}

/** A whole number from 0 to `high`, decimal or in hex behind `0x`. */
export function headerField(high: number): ValueReader<number> {
  return reader(`a whole number from 0 to ${high}, or as much in hex (0x...)`, (text) =>
    within(0, high, WHOLE.test(text) || /^0x[\da-f]+$/i.test(text) ? text : ''),
  );
}

/** Packets a second, or `max`. */
export const rate: ValueReader<number | 'max'> = reader('packets a second, a number above 0, or "max"', (text) =>
  text === 'max' ? text : within(Number.MIN_VALUE, 100_000_000, /^(?:\d+|\d*\.\d+)$/.test(text) ? text : ''),
);

/** `I/N`, I from 1 to N. */
export const shard: ValueReader<string> = reader('I/N, such as 1/4 for the first of four parts', (text) => {
  const [, index, count] = /^([1-9]\d{0,8})\/([1-9]\d{0,8})$/.exec(text) ?? [];
  return index !== undefined && Number(index) <= Number(count) ? text : null;
});

/** Bytes in hex, at least one. */
export const hexBytes: ValueReader<string> = reader('hex digits in pairs, such as 474554', (text) =>
  text !== '' && fromHex(text) !== null ? text : null,
);

/** An IPv4 address. */
export const address: ValueReader<string> = reader('an IPv4 address such as 192.0.2.1', (text) =>
  parseAddress(text) === null ? null : text,
);

/** One of `names`. */
export function oneOf<T extends string>(names: readonly T[]): ValueReader<T> {
  const accepted = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  return reader(accepted, (text) => names.find((name) => name === text) ?? null);
}

/** Any text but an empty one; `what` it should be. Its user checks the rest. */
export function anyText(what: string): ValueReader<string> {
  return reader(what, (text) => (text.trim() === '' ? null : text));
}

/** Refuses what `read` gives null for. */
function reader<T>(accepted: string, read: (text: string) => T | null): ValueReader<T> {
  return (text, flag) => {
    const value = read(text);
    if (value === null) throw usageError(flag, text, `expected ${accepted}`);
    return value;
  };
}

/** The number that `digits` are, where it is in that range. */
function within(low: number, high: number, digits: string): number | null {
  const value = digits === '' ? Number.NaN : Number(digits);
  return value >= low && value <= high ? value : null;
}
