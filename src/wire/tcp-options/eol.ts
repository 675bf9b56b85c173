import type { OptionNamed, OptionCodec } from './option-codec.ts';

const EOL: OptionNamed<'eol'> = { kind: 0, name: 'eol' };

/** End of option list, a single byte (RFC 9293, 3.2). */
export const eolCodec: OptionCodec<OptionNamed<'eol'>> = {
  name: 'eol',
  kinds: [0],
  syntax: 'eol',
  decode: () => EOL,
  encodeBody: () => new Uint8Array(0),
  formatValue: () => '',
  parseValue: (value) => (value === null ? EOL : null),
};
