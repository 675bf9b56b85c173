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

/** The codec of an option whose content is not looked into: written `name` or `name=HEX`. */
export function dataCodec({ name, kind, syntax, word, allows }: DataShape): OptionCodec<DataOption> {
  const optionWith = (body: Uint8Array): DataOption | null => (allows(body.length) ? { kind, name, data: toHex(body) } : null);
  return {
    name,
    kinds: [kind],
    syntax,
    decode: (_, body) => optionWith(body),
    encodeBody: dataBody,
    formatValue: ({ data }) => (data === word ? '' : `=${data}`),
    parseValue: (text) => {
      const body = fromHex(text ?? word ?? '?');
      return body === null ? null : optionWith(body);
    },
  };
}

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
