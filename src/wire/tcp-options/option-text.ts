import { concatBytes } from '../bytes.ts';
import { fromHex, toHex } from '../hex.ts';
import type { TcpOption } from '../tcp-option.ts';
import { END_OF_OPTIONS, NO_OPERATION } from '../tlv.ts';
import { parseDecimal } from './decimal.ts';
import { MAX_OPTION_BYTES, encodeOptions, encodeTlv } from './option-list.ts';
import { codecOfKind, codecOfWord, optionSyntax } from './option-table.ts';
import { TSVAL_OFFSET } from './timestamps.ts';

/** An option list ready for the wire. */
export interface CompiledOptions {
  readonly ok: true;
  /** Padded to a multiple of 4 with zeros, which is EOL (RFC 9293, 3.1: "composed of zeros"); at most 40 bytes. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` a TSval stands that each packet fills in, because the text said `ts` without a value; null when there is none. */
  readonly tsvalOffset: number | null;
}

/** Why a text is not an option list: `offending` is the part at fault as it was written, `accepted` says what may stand there. */
export interface OptionTextError {
  readonly ok: false;
  readonly offending: string;
  readonly accepted: string;
}

const RAW_SYNTAX = 'raw=HEX, 1 byte or more, taken as they are';
const KIND_SYNTAX = 'kind=N:HEX, N from 2 to 255';
const NONE_SYNTAX = 'none, alone';

/** The list in tcpdump's words, comma-separated, `none` when empty. `compileOptions` turns it into the same bytes again. */
export function formatOptions(options: readonly TcpOption[]): string {
  return options.length === 0 ? 'none' : options.map(formatOption).join(',');
}

/**
 * Option bytes for the text of an option list: comma-separated items in wire order, words in either case. Errors quote the item.
 * The words are those of the option table, and `raw=HEX`, `kind=N:HEX`, and `none` for no options at all.
 */
export function compileOptions(text: string): CompiledOptions | OptionTextError {
  if (text.trim().toLowerCase() === 'none') return { ok: true, bytes: new Uint8Array(0), tsvalOffset: null };
  const parts: Uint8Array[] = [];
  let length = 0;
  let tsvalOffset: number | null = null;
  for (const item of text.split(',')) {
    const compiled = compileItem(item.trim());
    if (typeof compiled === 'string') return { ok: false, offending: item === '' ? text : item.trim(), accepted: compiled };
    if (isBareTimestamp(item)) {
      if (tsvalOffset !== null) return { ok: false, offending: text, accepted: 'one ts without a value; give the others ts=VAL' };
      tsvalOffset = length + TSVAL_OFFSET;
    }
    parts.push(compiled);
    length += compiled.length;
  }
  if (length > MAX_OPTION_BYTES) return { ok: false, offending: text, accepted: tooLong(length) };
  const bytes = new Uint8Array(Math.ceil(length / 4) * 4);
  bytes.set(concatBytes(parts));
  return { ok: true, bytes, tsvalOffset };
}

/** Every form that an item of an option list may take, for help. */
export function optionItemForms(): readonly string[] {
  return [...optionSyntax(), KIND_SYNTAX, RAW_SYNTAX, NONE_SYNTAX];
}

function formatOption(option: TcpOption): string {
  if ('data' in option && (option.name === 'malformed' || option.name === 'padding'))
    return `raw=${toHex(encodeOptions([option]))}`;
  const codec = codecOfKind(option.kind);
  const value = codec?.name === option.name ? codec.formatValue(option) : null;
  if (codec !== undefined && value !== null) return `${codec.name}${value}`;
  const data = 'data' in option ? option.data : '';
  return data === '' ? `kind=${option.kind}` : `kind=${option.kind}:${data}`;
}

/** The item's bytes, or what is accepted in its place. */
function compileItem(item: string): Uint8Array | string {
  const equals = item.indexOf('=');
  const word = (equals === -1 ? item : item.slice(0, equals)).trimEnd().toLowerCase();
  const value = equals === -1 ? null : item.slice(equals + 1).trimStart();
  if (word === 'raw') return compileRaw(value);
  if (word === 'kind') return compileKind(value);
  if (word === 'none') return NONE_SYNTAX;
  const codec = codecOfWord(word);
  if (codec === undefined) return `a comma-separated list of ${optionItemForms().join('; ')}`;
  const option = codec.parseValue(value);
  return option === null ? codec.syntax : encodeOptions([option]);
}

function compileRaw(value: string | null): Uint8Array | string {
  const bytes = fromHex(value ?? '');
  return bytes === null || bytes.length === 0 ? RAW_SYNTAX : bytes;
}

function compileKind(value: string | null): Uint8Array | string {
  const [kindText, dataText, ...rest] = (value ?? '').split(':');
  const kind = parseDecimal(kindText ?? null, 255);
  const body = fromHex(dataText ?? '');
  if (kind === null || kind === END_OF_OPTIONS || kind === NO_OPERATION || body === null || rest.length > 0) return KIND_SYNTAX;
  return body.length > MAX_OPTION_BYTES ? tooLong(body.length + 2) : encodeTlv(kind, body);
}

function isBareTimestamp(item: string): boolean {
  return item.trim().toLowerCase() === 'ts';
}

function tooLong(length: number): string {
  return `at most ${MAX_OPTION_BYTES} bytes of options, these are ${length}`;
}
