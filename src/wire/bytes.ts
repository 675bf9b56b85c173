/** Reads 16 bits in network order. Callers of all readers and writers here have checked the length. */
export function readU16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
}

/** Reads 32 bits in network order, unsigned. */
export function readU32(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] as number) << 24) |
      ((bytes[offset + 1] as number) << 16) |
      ((bytes[offset + 2] as number) << 8) |
      (bytes[offset + 3] as number)) >>>
    0
  );
}

/** Writes the low 16 bits of `value` in network order. */
export function writeU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

/** Writes the low 32 bits of `value` in network order. */
export function writeU32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

/** The parts one after the other in a new array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Lower-case hex, two digits a byte, no prefix or separators. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** The bytes of hex digits, with or without `0x`; null for an odd count or any other character. */
export function fromHex(text: string): Uint8Array | null {
  const digits = /^(?:0x)?((?:[0-9a-f]{2})*)$/i.exec(text)?.[1];
  if (digits === undefined) return null;
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  );
}

/** A kind without a length byte, in TCP (RFC 9293, 3.2) and IPv4 (RFC 791, 3.1) options. */
export const END_OF_OPTIONS = 0;
/** The other one. */
export const NO_OPERATION = 1;

/**
 * Where an element at `offset` ends that announces `length` bytes, its header of `header` bytes included; -1
 * when it is shorter than its header or passes `end`. So a walk always moves on and never leaves its bytes.
 */
export function elementEnd(offset: number, end: number, length: number, header: number): number {
  return length < header || length > end - offset ? -1 : offset + length;
}

/** Where the TCP or IPv4 option at `offset`, before `end`, ends; -1 when its length cannot be right. */
export function optionEnd(bytes: Uint8Array, offset: number, end: number): number {
  if ((bytes[offset] as number) <= NO_OPERATION) return offset + 1;
  return end - offset < 2 ? -1 : elementEnd(offset, end, bytes[offset + 1] as number, 2);
}
