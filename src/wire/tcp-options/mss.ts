import { readU16, writeU16 } from '../bytes.ts';
import { parseDecimal } from './decimal.ts';
import type { OptionCodec, OptionNamed } from './option-codec.ts';

/** Maximum segment size in bytes, 16 bits (RFC 9293, 3.7.1). */
export const mssCodec: OptionCodec<OptionNamed<'mss'>> = {
  name: 'mss',
  kinds: [2],
  syntax: 'mss=N, N from 0 to 65535',
  decode: (_, body) => (body.length === 2 ? { kind: 2, name: 'mss', value: readU16(body, 0) } : null),
  encodeBody: (option) => {
    const body = new Uint8Array(2);
    writeU16(body, 0, option.value);
    return body;
  },
  formatValue: (option) => `=${option.value}`,
  parseValue: (text) => {
    const value = parseDecimal(text, 0xffff);
    return value === null ? null : { kind: 2, name: 'mss', value };
  },
};
