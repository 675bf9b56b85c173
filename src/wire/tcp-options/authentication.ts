import type { DataOption } from '../tcp-option.ts';
import { dataCodec } from './data-codec.ts';
import type { OptionCodec } from './option-codec.ts';

/** TCP-AO: KeyID, RNextKeyID and a MAC (RFC 5925, 2.2). The word alone has both keys 0 and a 96-bit MAC of zeros (RFC 5926's size). */
export const authenticationCodec: OptionCodec<DataOption> = dataCodec({
  name: 'ao',
  kind: 29,
  syntax: 'ao or ao=HEX, 2 bytes or more (KeyID, RNextKeyID, MAC)',
  word: '00'.repeat(14),
  allows: (length) => length >= 2,
});
