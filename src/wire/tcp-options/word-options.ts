import type { OptionCodec, OptionName, OptionNamed } from './option-codec.ts';

type WordName = 'eol' | 'nop' | 'sackOK';

/** End of option list, a single byte (RFC 9293, 3.2). */
export const eolCodec: OptionCodec<OptionNamed<'eol'>> = wordCodec({ kind: 0, name: 'eol' });

/** No-operation, a single byte (RFC 9293, 3.2). */
export const nopCodec: OptionCodec<OptionNamed<'nop'>> = wordCodec({ kind: 1, name: 'nop' });

/** SACK-permitted, no content (RFC 2018, 2). */
export const sackPermittedCodec: OptionCodec<OptionNamed<'sackOK'>> = wordCodec({ kind: 4, name: 'sackOK' });

/** The codec of an option that is its kind and nothing else. */
function wordCodec<O extends OptionNamed<WordName>>(option: O): OptionCodec<O> {
  const name: OptionName = option.name;
  return {
    name,
    kinds: [option.kind],
    syntax: name,
    decode: (_, body) => (body.length === 0 ? option : null),
    encodeBody: () => new Uint8Array(0),
    formatValue: () => '',
    parseValue: (value) => (value === null ? option : null),
  };
}
