import { readU32, writeU32 } from '../bytes.ts';
import { parseDecimal } from './decimal.ts';
import type { OptionCodec, OptionNamed } from './option-codec.ts';

/** Where TSval stands from the option's kind byte on. */
export const TSVAL_OFFSET = 2;

/** Timestamps: TSval and TSecr, 32 bits each (RFC 7323, 3.2). The word alone leaves TSval to whoever sends. */
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
