/** The kinds that stand alone, without a length byte, in TCP (RFC 9293, 3.2) and IPv4 (RFC 791, 3.1) options. */
export const END_OF_OPTIONS = 0;
/** The kind that has no length byte besides the end marker. */
export const NO_OPERATION = 1;

/**
 * Where an element at `offset` ends that announces `length` bytes, its own header of `header` bytes included; -1 when it
 * is shorter than its header or longer than what stands before `end`. So a walk always moves on and never leaves its bytes.
 */
export function elementEnd(offset: number, end: number, length: number, header: number): number {
  return length < header || length > end - offset ? -1 : offset + length;
}

/** Where the TCP or IPv4 option at `offset` ends, or -1 when its length is missing or cannot be right. Needs `offset < end`. */
export function optionEnd(bytes: Uint8Array, offset: number, end: number): number {
  if ((bytes[offset] as number) <= NO_OPERATION) return offset + 1;
  return end - offset < 2 ? -1 : elementEnd(offset, end, bytes[offset + 1] as number, 2);
}
