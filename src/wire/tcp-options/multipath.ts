import type { DataOption } from '../tcp-option.ts';
import { dataCodec } from './data-codec.ts';
import type { OptionCodec } from './option-codec.ts';

/**
 * Multipath TCP: subtype in the first 4 bits, then what it says (RFC 8684, 3). The word alone is the MP_CAPABLE of a SYN: subtype 0,
 * version 1, and flag H for HMAC-SHA256 (RFC 8684, 3.1), which carries no key in version 1.
 */
export const multipathCodec: OptionCodec<DataOption> = dataCodec({
  name: 'mptcp',
  kind: 30,
  syntax: 'mptcp or mptcp=HEX, 1 byte or more',
  word: '0101',
  allows: (length) => length >= 1,
});
