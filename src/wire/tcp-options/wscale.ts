import { parseDecimal } from './decimal.ts';
import type { OptionCodec, OptionNamed } from './option-codec.ts';

/** Window scale, the shift count in 8 bits; RFC 7323, 2.3 uses a count above 14 as 14, so such a count is kept here as it stands. */
export const wscaleCodec: OptionCodec<OptionNamed<'wscale'>> = {
  name: 'wscale',
  kinds: [3],
  syntax: 'wscale=N, N from 0 to 255',
  decode: (_, body) => (body.length === 1 ? { kind: 3, name: 'wscale', value: body[0] as number } : null),
  encodeBody: (option) => Uint8Array.of(option.value),
  formatValue: (option) => `=${option.value}`,
  parseValue: (text) => {
    const value = parseDecimal(text, 0xff);
    return value === null ? null : { kind: 3, name: 'wscale', value };
  },
};
