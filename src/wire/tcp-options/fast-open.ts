import { fromHex, toHex } from '../hex.ts';
import { hexBody } from './data-codec.ts';
import type { OptionCodec, OptionNamed } from './option-codec.ts';

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
