import type { DataOption, TcpOption } from '../decoded.ts';

/** Options that `TcpOption` gives fields of their own. */
type FieldOption = Exclude<TcpOption, DataOption>;

/** Options known by name whose content stays hex. */
export type DataOptionName = 'sack' | 'md5' | 'ao' | 'mptcp' | 'exp';

/** Every option that has a name and a line in the table. */
export type OptionName = FieldOption['name'] | DataOptionName;

/** The in-memory form of a named option. */
export type OptionNamed<N extends OptionName> = N extends DataOptionName
  ? DataOption
  : Extract<FieldOption, { readonly name: N }>;

/** All that is known of one TCP option. */
export interface OptionCodec<O extends TcpOption> {
  readonly name: OptionName;
  /** Kind numbers (IANA tcp-parameters). */
  readonly kinds: readonly number[];
  /** How it is written in an option list, for help and for errors. */
  readonly syntax: string;
  /** The option with these bytes after kind and length; null when the length is wrong for the kind. */
  decode(kind: number, body: Uint8Array): O | null;
  /** The bytes after kind and length. */
  encodeBody(option: O): Uint8Array;
  /** What follows the word in an option list: `=...`, empty, or null when only `kind=N:HEX` can say it. */
  formatValue(option: O): string | null;
  /** The option for the text behind `=` (null for the word alone); null for text against `syntax`. */
  parseValue(value: string | null): O | null;
}

/** A decimal number from 0 to `maximum`, or null. No signs, spaces, exponents or other bases. */
export function parseDecimal(text: string | null, maximum: number): number | null {
  if (text === null || !/^\d{1,10}$/.test(text)) return null;
  const value = Number(text);
  return value <= maximum ? value : null;
}
