import type { OptionCodec, OptionNamed } from './option-codec.ts';

const SACK_PERMITTED: OptionNamed<'sackOK'> = { kind: 4, name: 'sackOK' };

/** SACK-permitted, no content (RFC 2018, 2). */
export const sackPermittedCodec: OptionCodec<OptionNamed<'sackOK'>> = {
  name: 'sackOK',
  kinds: [4],
  syntax: 'sackOK',
  decode: (_, body) => (body.length === 0 ? SACK_PERMITTED : null),
  encodeBody: () => new Uint8Array(0),
  formatValue: () => '',
  parseValue: (value) => (value === null ? SACK_PERMITTED : null),
};
