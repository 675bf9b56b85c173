import type { DataOption } from '../tcp-option.ts';
import { dataCodec } from './data-codec.ts';
import type { OptionCodec } from './option-codec.ts';

/** Selective acknowledgement: blocks of two 32-bit sequence numbers (RFC 2018, 3). */
export const sackCodec: OptionCodec<DataOption> = dataCodec({
  name: 'sack',
  kind: 5,
  syntax: 'sack=HEX, 8 bytes a block',
  word: null,
  allows: (length) => length > 0 && length % 8 === 0,
});
