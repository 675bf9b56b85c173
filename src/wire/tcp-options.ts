import { concatBytes, END_OF_OPTIONS, fromHex, NO_OPERATION, optionEnd, toHex } from './bytes.ts';
import type { DataOption, TcpOption } from './decoded.ts';
import { dataBody } from './tcp-options/data-options.ts';
import { TSVAL_OFFSET } from './tcp-options/field-options.ts';
import { type OptionName, type OptionNamed, parseDecimal } from './tcp-options/option-codec.ts';
import { codecOfKind, codecOfWord, optionSyntax } from './tcp-options/option-table.ts';

/** Most bytes that a TCP header has room for after its first 20 (RFC 9293, 3.1: data offset of 4 bits). */
export const MAX_OPTION_BYTES = 40;

/** An option list ready for the wire. */
export interface CompiledOptions {
  readonly ok: true;
  /** Padded to a multiple of 4 with zeros, which is EOL (RFC 9293, 3.1); at most 40 bytes. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` the TSval of a bare `ts` stands, which each packet fills in; null without one. */
  readonly tsvalOffset: number | null;
}

/** Why a text is not an option list: `offending` is the part at fault, `accepted` what may stand there. */
interface OptionTextError {
  readonly ok: false;
  readonly offending: string;
  readonly accepted: string;
}

const RAW_SYNTAX = 'raw=HEX, 1 byte or more, taken as they are';
const KIND_SYNTAX = 'kind=N:HEX, N from 2 to 255';
const NONE_SYNTAX = 'none, alone';

/**
 * Every byte of a TCP header's option area as an ordered list; `encodeOptions` gives the same bytes again.
 * - A kind without a name is `kind-N`.
 * - A named kind with a length that it cannot have is `malformed`, and the options behind it are still read.
 * - A length that is missing, below 2 or past the end makes a last `malformed` entry of all that is left. In
 *   both cases `data` is every byte after the kind, so the length byte is its first.
 * - Zeros after EOL are an `eol` entry each; anything else there is one `padding` entry, kind 0.
 */
export function decodeOptions(bytes: Uint8Array): readonly TcpOption[] {
  const options: TcpOption[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const kind = bytes[offset] as number;
    const end = optionEnd(bytes, offset, bytes.length);
    if (end === -1) return [...options, malformed(bytes.subarray(offset))];
    options.push(decodeOption(kind, bytes.subarray(offset, end)));
    if (kind === END_OF_OPTIONS) return [...options, ...decodePadding(bytes.subarray(end))];
    offset = end;
  }
  return options;
}

/** The bytes of an option list, not padded, of any length. RangeError where `data` is not hex. */
export function encodeOptions(options: readonly TcpOption[]): Uint8Array {
  return concatBytes(options.map(encodeOption));
}

/** Throws a RangeError when the length does not fit a byte. */
function encodeTlv(kind: number, body: Uint8Array): Uint8Array {
  if (body.length > 253) throw new RangeError(`TCP option kind ${kind}: ${body.length} bytes do not fit an option`);
  return concatBytes([Uint8Array.of(kind, body.length + 2), body]);
}

/** The first well-formed option of that name, typed by the name; undefined when there is none. */
export function findOption<N extends OptionName>(options: readonly TcpOption[], name: N): OptionNamed<N> | undefined {
  return options.find((option): option is OptionNamed<N> & TcpOption => option.name === name);
}

/** The list in tcpdump's words, `none` when empty. `compileOptions` turns it into the same bytes again. */
export function formatOptions(options: readonly TcpOption[]): string {
  return options.length === 0 ? 'none' : options.map(formatOption).join(',');
}

/**
 * Option bytes for an option list: comma-separated items in wire order, the words of the option table in
 * either case, `raw=HEX`, `kind=N:HEX`, or `none` alone. Errors quote the item.
 */
export function compileOptions(text: string): CompiledOptions | OptionTextError {
  if (text.trim().toLowerCase() === 'none') return { ok: true, bytes: new Uint8Array(0), tsvalOffset: null };
  const parts: Uint8Array[] = [];
  let length = 0;
  let tsvalOffset: number | null = null;
  for (const part of text.split(',')) {
    const item = part.trim();
    const compiled = compileItem(item);
    if (typeof compiled === 'string') return { ok: false, offending: part === '' ? text : item, accepted: compiled };
    if (item.toLowerCase() === 'ts') {
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

function decodeOption(kind: number, tlv: Uint8Array): TcpOption {
  const body = tlv.subarray(2);
  const codec = codecOfKind(kind);
  if (codec === undefined) return { kind, name: `kind-${kind}`, data: toHex(body) };
  return codec.decode(kind, body) ?? malformed(tlv);
}

function decodePadding(bytes: Uint8Array): readonly TcpOption[] {
  if (bytes.some((byte) => byte !== 0)) return [{ kind: END_OF_OPTIONS, name: 'padding', data: toHex(bytes) }];
  return Array.from(bytes, () => ({ kind: END_OF_OPTIONS, name: 'eol' }));
}

function malformed(bytes: Uint8Array): DataOption {
  return { kind: bytes[0] as number, name: 'malformed', data: toHex(bytes.subarray(1)) };
}

function encodeOption(option: TcpOption): Uint8Array {
  if ('data' in option) {
    const data = dataBody(option);
    if (option.name === 'padding') return data;
    return option.name === 'malformed' ? concatBytes([Uint8Array.of(option.kind), data]) : encodeTlv(option.kind, data);
  }
  if (option.kind <= NO_OPERATION) return Uint8Array.of(option.kind);
  return encodeTlv(option.kind, codecOfKind(option.kind)?.encodeBody(option) ?? new Uint8Array(0));
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

function tooLong(length: number): string {
  return `at most ${MAX_OPTION_BYTES} bytes of options, these are ${length}`;
}
