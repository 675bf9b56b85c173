import { readU16, readU32, writeU16, writeU32 } from '../bytes.ts';
import { type OptionCodec, type OptionNamed, parseDecimal } from './option-codec.ts';

/** Where TSval stands from the option's kind byte on. */
export const TSVAL_OFFSET = 2;

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

/** Window scale, a shift count; one above 14 is used as 14 (RFC 7323, 2.3) and kept here as it is. */
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
