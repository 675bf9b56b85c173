/**
 * Running one's complement sum of 16-bit words (RFC 1071), an odd last byte taken as the high half of one.
 * `start` is the sum of an even number of bytes before these. Not folded: exact while fewer than 128 KiB are
 * summed.
 */
export function onesSum(bytes: Uint8Array, offset: number, length: number, start: number = 0): number {
  let sum = start;
  const end = offset + length;
  const lastPair = end - 1;
  let at = offset;
  for (; at < lastPair; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return at < end ? sum + ((bytes[at] as number) << 8) : sum;
}

/** The checksum field for a running sum below 2^32: folded to 16 bits and complemented. */
export function foldChecksum(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return ~((once & 0xffff) + (once >>> 16)) & 0xffff;
}

/** The Internet checksum (RFC 1071) of bytes whose checksum field is 0; 0 over bytes with a right one. */
export function internetChecksum(bytes: Uint8Array, offset: number, length: number): number {
  return foldChecksum(onesSum(bytes, offset, length));
}
