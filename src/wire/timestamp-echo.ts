import { readU32 } from './bytes.ts';
import { END_OF_OPTIONS, optionEnd } from './tlv.ts';

const TIMESTAMPS_KIND = 8;
const TIMESTAMPS_LENGTH = 10;
const ECHO_AT = 6;

/** TSecr of the first well-formed timestamps option (RFC 7323, 3.2) in `bytes[start ... end]`, or -1; allocates nothing. */
export function findTimestampEcho(bytes: Uint8Array, start: number, end: number): number {
  let offset = start;
  while (offset < end && bytes[offset] !== END_OF_OPTIONS) {
    const next = optionEnd(bytes, offset, end);
    if (next === -1) return -1;
    if (bytes[offset] === TIMESTAMPS_KIND && next - offset === TIMESTAMPS_LENGTH) return readU32(bytes, offset + ECHO_AT);
    offset = next;
  }
  return -1;
}
