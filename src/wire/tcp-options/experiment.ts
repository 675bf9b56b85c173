import { concatBytes } from '../bytes.ts';
import { fromHex, toHex } from '../hex.ts';
import type { DataOption } from '../tcp-option.ts';
import { dataBody } from './data-codec.ts';
import type { OptionCodec } from './option-codec.ts';

/** Of the two experimental kinds the one that text is compiled to; Linux sends its experiments with it too (TCPOPT_EXP). */
const WRITTEN_KIND = 254;

/** Experiments: a 16-bit ExID and their content (RFC 6994, 3); kinds 253 and 254 (RFC 4727). */
export const experimentCodec: OptionCodec<DataOption> = {
  name: 'exp',
  kinds: [253, WRITTEN_KIND],
  syntax: 'exp=EXID:HEX, EXID of 4 hex digits',
  decode: (kind, body) => (body.length >= 2 ? { kind, name: 'exp', data: toHex(body) } : null),
  encodeBody: dataBody,
  formatValue: (option) => {
    if (option.kind !== WRITTEN_KIND) return null;
    const content = option.data.slice(4);
    return content === '' ? `=${option.data}` : `=${option.data.slice(0, 4)}:${content}`;
  },
  parseValue: (text) => {
    const [exidText, contentText, ...rest] = (text ?? '').split(':');
    const exid = fromHex(exidText ?? '');
    const content = fromHex(contentText ?? '');
    if (exid?.length !== 2 || content === null || rest.length > 0) return null;
    return { kind: WRITTEN_KIND, name: 'exp', data: toHex(concatBytes([exid, content])) };
  },
};
