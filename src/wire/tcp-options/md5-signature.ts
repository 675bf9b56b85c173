import type { DataOption } from '../tcp-option.ts';
import { dataCodec } from './data-codec.ts';
import type { OptionCodec } from './option-codec.ts';

/** MD5 signature, a digest of 16 bytes (RFC 2385, 3.0). The word alone is a digest of zeros, which no key makes. */
export const md5SignatureCodec: OptionCodec<DataOption> = dataCodec({
  name: 'md5',
  kind: 19,
  syntax: 'md5 or md5=HEX, 16 bytes',
  word: '00'.repeat(16),
  allows: (length) => length === 16,
});
