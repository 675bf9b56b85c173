import type { TcpOption } from '../decoded.ts';
import { dataCodec, experimentCodec, fastOpenCodec } from './data-options.ts';
import { numberCodec, timestampsCodec, wordCodec } from './field-options.ts';
import type { OptionCodec, OptionName, OptionNamed } from './option-codec.ts';

/** Every TCP option with a name. A name of `OptionName` without its line here does not compile. */
const OPTION_TABLE: { readonly [N in OptionName]: OptionCodec<OptionNamed<N>> } = {
  /** End of option list, a single byte (RFC 9293, 3.2). */
  eol: wordCodec({ kind: 0, name: 'eol' }),
  /** No-operation, a single byte (RFC 9293, 3.2). */
  nop: wordCodec({ kind: 1, name: 'nop' }),
  /** Maximum segment size in bytes (RFC 9293, 3.7.1). */
  mss: numberCodec(2, (value) => ({ kind: 2, name: 'mss', value })),
  /** Window scale, a shift count; one above 14 is used as 14 (RFC 7323, 2.3) and kept here as it is. */
  wscale: numberCodec(1, (value) => ({ kind: 3, name: 'wscale', value })),
  /** SACK-permitted, no content (RFC 2018, 2). */
  sackOK: wordCodec({ kind: 4, name: 'sackOK' }),
  /** Selective acknowledgement: blocks of two 32-bit sequence numbers (RFC 2018, 3). */
  sack: dataCodec({
    name: 'sack',
    kind: 5,
    syntax: 'sack=HEX, 8 bytes a block',
    word: null,
    allows: (length) => length > 0 && length % 8 === 0,
  }),
  ts: timestampsCodec,
  /** MD5 signature, 16 bytes (RFC 2385, 3.0). The word alone is a digest of zeros, which no key makes. */
  md5: dataCodec({
    name: 'md5',
    kind: 19,
    syntax: 'md5 or md5=HEX, 16 bytes',
    word: '00'.repeat(16),
    allows: (length) => length === 16,
  }),
  /**
   * TCP-AO: KeyID, RNextKeyID, MAC (RFC 5925, 2.2). The word alone has zero keys and a 96-bit MAC of zeros.
   */
  ao: dataCodec({
    name: 'ao',
    kind: 29,
    syntax: 'ao or ao=HEX, 2 bytes or more (KeyID, RNextKeyID, MAC)',
    word: '00'.repeat(14),
    allows: (length) => length >= 2,
  }),
  /**
   * Multipath TCP: subtype in the first 4 bits, then what it says (RFC 8684, 3). The word alone is the
   * MP_CAPABLE of a SYN: subtype 0, version 1, which carries no key, and flag H for HMAC-SHA256 (RFC 8684,
   * 3.1).
   */
  mptcp: dataCodec({
    name: 'mptcp',
    kind: 30,
    syntax: 'mptcp or mptcp=HEX, 1 byte or more',
    word: '0101',
    allows: (length) => length >= 1,
  }),
  tfo: fastOpenCodec,
  exp: experimentCodec,
};

const CODECS: readonly OptionCodec<TcpOption>[] = Object.values(OPTION_TABLE);
const BY_KIND: ReadonlyMap<number, OptionCodec<TcpOption>> = new Map(
  CODECS.flatMap((codec) => codec.kinds.map((kind) => [kind, codec] as const)),
);
const BY_WORD: ReadonlyMap<string, OptionCodec<TcpOption>> = new Map(CODECS.map((codec) => [codec.name.toLowerCase(), codec]));

/** The codec of a kind number, if the kind has a name here. */
export function codecOfKind(kind: number): OptionCodec<TcpOption> | undefined {
  return BY_KIND.get(kind);
}

/** The codec of a word of an option list, in either case. */
export function codecOfWord(word: string): OptionCodec<TcpOption> | undefined {
  return BY_WORD.get(word.toLowerCase());
}

/** How each option is written, in table order. */
export function optionSyntax(): readonly string[] {
  return CODECS.map((codec) => codec.syntax);
}
