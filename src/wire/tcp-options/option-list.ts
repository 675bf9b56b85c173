import { concatBytes } from '../bytes.ts';
import { toHex } from '../hex.ts';
import type { DataOption, TcpOption } from '../tcp-option.ts';
import { END_OF_OPTIONS, NO_OPERATION, optionEnd } from '../tlv.ts';
import { dataBody } from './data-codec.ts';
import { codecOfKind } from './option-table.ts';

/** Most bytes that a TCP header has room for after its first 20 (RFC 9293, 3.1: data offset of 4 bits). */
export const MAX_OPTION_BYTES = 40;

/**
 * Every byte of a TCP header's option area as an ordered list. Never throws, and `encodeOptions` gives the same bytes again:
 * - a kind without a name is `kind-N`;
 * - a named kind with a length that it cannot have is `malformed`, and the options behind it are still read;
 * - an option whose length is missing, below 2 or past the end is a last `malformed` entry that holds all that is left;
 *   in both cases `data` is every byte after the kind, so the length byte is its first;
 * - zeros after EOL are an `eol` entry each; anything else there is one `padding` entry, kind 0, with all those bytes.
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

/** The bytes of an option list as it stands: no padding is added, no length limit applies. Throws a RangeError where `data` is not hex. */
export function encodeOptions(options: readonly TcpOption[]): Uint8Array {
  return concatBytes(options.map(encodeOption));
}

/** Kind and content as one option on the wire; throws a RangeError when its length does not fit a byte. */
export function encodeTlv(kind: number, body: Uint8Array): Uint8Array {
  if (body.length > 253) throw new RangeError(`TCP option kind ${kind}: ${body.length} bytes do not fit an option`);
  return concatBytes([Uint8Array.of(kind, body.length + 2), body]);
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
  if ('data' in option) return encodeDataOption(option);
  if (option.kind <= NO_OPERATION) return Uint8Array.of(option.kind);
  const codec = codecOfKind(option.kind);
  return encodeTlv(option.kind, codec === undefined ? new Uint8Array(0) : codec.encodeBody(option));
}

function encodeDataOption(option: DataOption): Uint8Array {
  const data = dataBody(option);
  if (option.name === 'padding') return data;
  return option.name === 'malformed' ? concatBytes([Uint8Array.of(option.kind), data]) : encodeTlv(option.kind, data);
}
