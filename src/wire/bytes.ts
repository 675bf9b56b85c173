import type { Defect } from './decoded.ts';

/**
 * What is missing when `needed` bytes are wanted at `offset` of a layer, or null when they are there. Decoders ask once
 * for each header and then read its fields without fear.
 */
export function shortage(layer: Defect['layer'], bytes: Uint8Array, offset: number, needed: number): Defect | null {
  const had = Math.max(0, bytes.length - offset);
  return had >= needed ? null : { layer, message: 'too short', offset, needed, had };
}

/** Reads 16 bits in network order. The caller has checked the length. */
export function readU16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
}

/** Reads 32 bits in network order, unsigned. The caller has checked the length. */
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
