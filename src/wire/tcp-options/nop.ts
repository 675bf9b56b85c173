import type { OptionCodec, OptionNamed } from './option-codec.ts';

const NOP: OptionNamed<'nop'> = { kind: 1, name: 'nop' };

/** No-operation, a single byte (RFC 9293, 3.2). */
export const nopCodec: OptionCodec<OptionNamed<'nop'>> = {
  name: 'nop',
  kinds: [1],
  syntax: 'nop',
  decode: () => NOP,
  encodeBody: () => new Uint8Array(0),
  formatValue: () => '',
  parseValue: (value) => (value === null ? NOP : null),
};
