import { concatBytes, writeU16, writeU32 } from '../../wire/bytes.ts';

const TWO_32 = 2 ** 32;

/** Collects fields in network order. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    return this.bytes(Uint8Array.of(value));
  }

  u16(value: number): this {
    const field = new Uint8Array(2);
    writeU16(field, 0, value);
    return this.bytes(field);
  }

  u32(value: number): this {
    const field = new Uint8Array(4);
    writeU32(field, 0, value);
    return this.bytes(field);
  }

  /** A whole number below 2^53. */
  u64(value: number): this {
    return this.u32(Math.floor(value / TWO_32)).u32(value % TWO_32);
  }

  /** Bytes as they are. */
  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  /** Their number in 16 bits, then the bytes. */
  block(bytes: Uint8Array): this {
    return this.u16(bytes.length).bytes(bytes);
  }

  /** Everything so far in a new array. */
  whole(): Uint8Array {
    return concatBytes(this.#parts);
  }
}
