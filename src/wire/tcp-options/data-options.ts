import { concatBytes, fromHex, toHex } from '../bytes.ts';
import type { DataOption } from '../decoded.ts';
import type { DataOptionName, OptionCodec, OptionNamed } from './option-codec.ts';

/** What tells one option whose content stays hex from another. */
interface DataShape {
  readonly name: DataOptionName;
  readonly kind: number;
  readonly syntax: string;
  /** Hex that the word alone stands for, or null when a value must follow. */
  readonly word: string | null;
  /** True for a number of content bytes that the option's definition allows. */
  readonly allows: (length: number) => boolean;
}

/** Selective acknowledgement: blocks of two 32-bit sequence numbers (RFC 2018, 3). */
export const sackCodec: OptionCodec<DataOption> = dataCodec({
  name: 'sack',
  kind: 5,
  syntax: 'sack=HEX, 8 bytes a block',
  word: null,
  allows: (length) => length > 0 && length % 8 === 0,
});

/** MD5 signature, 16 bytes (RFC 2385, 3.0). The word alone is a digest of zeros, which no key makes. */
export const md5SignatureCodec: OptionCodec<DataOption> = dataCodec({
  name: 'md5',
  kind: 19,
  syntax: 'md5 or md5=HEX, 16 bytes',
  word: '00'.repeat(16),
  allows: (length) => length === 16,
});

/** TCP-AO: KeyID, RNextKeyID, MAC (RFC 5925, 2.2). The word alone has zero keys and a 96-bit MAC of zeros. */
export const authenticationCodec: OptionCodec<DataOption> = dataCodec({
  name: 'ao',
  kind: 29,
  syntax: 'ao or ao=HEX, 2 bytes or more (KeyID, RNextKeyID, MAC)',
  word: '00'.repeat(14),
  allows: (length) => length >= 2,
});

/**
 * Multipath TCP: subtype in the first 4 bits, then what it says (RFC 8684, 3). The word alone is the
 * MP_CAPABLE of a SYN: subtype 0, version 1, and flag H for HMAC-SHA256 (RFC 8684, 3.1), which carries no key
 * in version 1.
 */
export const multipathCodec: OptionCodec<DataOption> = dataCodec({
  name: 'mptcp',
  kind: 30,
  syntax: 'mptcp or mptcp=HEX, 1 byte or more',
  word: '0101',
  allows: (length) => length >= 1,
});

/** The experimental kind that text is compiled to; Linux sends its experiments with it (TCPOPT_EXP). */
const WRITTEN_KIND = 254;

/** Experiments: a 16-bit ExID and their content (RFC 6994, 3); kinds 253 and 254 (RFC 4727). */
export const experimentCodec: OptionCodec<DataOption> = {
  name: 'exp',
  kinds: [253, WRITTEN_KIND],
  syntax: 'exp=EXID:HEX, EXID of 4 hex digits',
  decode: (kind, body) => (body.length >= 2 ? { kind, name: 'exp', data: toHex(body) } : null),
  encodeBody: dataBody,
  formatValue: (option) => {
    if (option.kind !== WRITTEN_KIND) return null;
    const content = option.data.slice(4);
    return content === '' ? `=${option.data}` : `=${option.data.slice(0, 4)}:${content}`;
  },
  parseValue: (text) => {
    const [exidText, contentText, ...rest] = (text ?? '').split(':');
    const exid = fromHex(exidText ?? '');
    const content = fromHex(contentText ?? '');
    if (exid?.length !== 2 || content === null || rest.length > 0) return null;
    return { kind: WRITTEN_KIND, name: 'exp', data: toHex(concatBytes([exid, content])) };
  },
};

/** RFC 7413, 4.1.1: no cookie asks for one; a cookie has 4 to 16 bytes, an even number. */
function isCookieLength(length: number): boolean {
  return length === 0 || (length >= 4 && length <= 16 && length % 2 === 0);
}

/** TCP Fast Open: a cookie, or the request for one when empty (RFC 7413, 4.1.1). */
export const fastOpenCodec: OptionCodec<OptionNamed<'tfo'>> = {
  name: 'tfo',
  kinds: [34],
  syntax: 'tfo or tfo=HEX, an even number of 4 to 16 bytes',
  decode: (_, body) => (isCookieLength(body.length) ? { kind: 34, name: 'tfo', cookie: toHex(body) } : null),
  encodeBody: (option) => hexBody(option.name, option.cookie),
  formatValue: (option) => (option.cookie === '' ? '' : `=${option.cookie}`),
  parseValue: (text) => {
    if (text === null) return { kind: 34, name: 'tfo', cookie: '' };
    const cookie = fromHex(text);
    return cookie === null || cookie.length === 0 || !isCookieLength(cookie.length)
      ? null
      : { kind: 34, name: 'tfo', cookie: toHex(cookie) };
  },
};

/** The codec of an option whose content is not looked into: written `name` or `name=HEX`. */
function dataCodec(shape: DataShape): OptionCodec<DataOption> {
  const optionWith = (body: Uint8Array): DataOption | null =>
    shape.allows(body.length) ? { kind: shape.kind, name: shape.name, data: toHex(body) } : null;
  return {
    name: shape.name,
    kinds: [shape.kind],
    syntax: shape.syntax,
    decode: (_, body) => optionWith(body),
    encodeBody: dataBody,
    formatValue: (option) => (option.data === shape.word ? '' : `=${option.data}`),
    parseValue: (text) => {
      const body = fromHex(text ?? shape.word ?? '?');
      return body === null ? null : optionWith(body);
    },
  };
}

/** The content bytes of an option that keeps them as hex; throws a RangeError when `data` is not hex. */
export function dataBody(option: DataOption): Uint8Array {
  return hexBody(option.name, option.data);
}

/** The bytes of an option's hex; throws a RangeError that names the option when it is not hex. */
function hexBody(name: string, hex: string): Uint8Array {
  const body = fromHex(hex);
  if (body === null) throw new RangeError(`TCP option ${name}: "${hex}" is not hex`);
  return body;
}
