import { readU16, readU32, writeU32 } from '../bytes.ts';
import { type OptionCodec, type OptionNamed, parseDecimal } from './option-codec.ts';

/** Where TSval stands from the option's kind byte on. */
export const TSVAL_OFFSET = 2;

/** The codec of an option that is its kind and nothing else. */
export function wordCodec<O extends OptionNamed<'eol' | 'nop' | 'sackOK'>>(option: O): OptionCodec<O> {
  return {
    name: option.name,
    kinds: [option.kind],
    syntax: option.name,
    decode: (_, body) => (body.length === 0 ? option : null),
    encodeBody: () => new Uint8Array(0),
    formatValue: () => '',
    parseValue: (value) => (value === null ? option : null),
  };
}

/** The codec of an option that is a number of one or two bytes; `optionWith` names it. */
export function numberCodec<O extends OptionNamed<'mss' | 'wscale'>>(
  bytes: 1 | 2,
  optionWith: (value: number) => O,
): OptionCodec<O> {
  const { name, kind } = optionWith(0);
  const largest = 2 ** (8 * bytes) - 1;
  return {
    name,
    kinds: [kind],
    syntax: `${name}=N, N from 0 to ${largest}`,
    decode: (_, body) => (body.length === bytes ? optionWith(bytes === 1 ? (body[0] as number) : readU16(body, 0)) : null),
    encodeBody: ({ value }) => (bytes === 1 ? Uint8Array.of(value) : Uint8Array.of(value >>> 8, value)),
    formatValue: ({ value }) => `=${value}`,
    parseValue: (text) => {
      const value = parseDecimal(text, largest);
      return value === null ? null : optionWith(value);
    },
  };
}

/** Timestamps: TSval and TSecr, 32 bits each (RFC 7323, 3.2). The word alone leaves TSval to the sender. */
export const timestampsCodec: OptionCodec<OptionNamed<'ts'>> = {
  name: 'ts',
  kinds: [8],
  syntax: 'ts, ts=VAL or ts=VAL:ECHO, each from 0 to 4294967295',
  decode: (_, body) => (body.length === 8 ? { kind: 8, name: 'ts', value: readU32(body, 0), echo: readU32(body, 4) } : null),
  encodeBody: (option) => {
    const body = new Uint8Array(8);
    writeU32(body, 0, option.value);
    writeU32(body, 4, option.echo);
    return body;
  },
  formatValue: (option) => (option.echo === 0 ? `=${option.value}` : `=${option.value}:${option.echo}`),
  parseValue: (text) => {
    if (text === null) return { kind: 8, name: 'ts', value: 0, echo: 0 };
    const [valueText, echoText, ...rest] = text.split(':');
    const value = parseDecimal(valueText ?? null, 0xffffffff);
    const echo = parseDecimal(echoText ?? '0', 0xffffffff);
    return value === null || echo === null || rest.length > 0 ? null : { kind: 8, name: 'ts', value, echo };
  },
};
