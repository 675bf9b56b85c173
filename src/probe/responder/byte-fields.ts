import { readU16, readU32, concatBytes, writeU16, writeU32 } from '../../wire/bytes.ts';

const TWO_32 = 2 ** 32;

/** Reads fields in network order. Past the end it reads zeros, and `isGood` becomes false. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #good = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** False once a read went past the end. */
  get isGood(): boolean {
    return this.#good;
  }

  /** True when everything was read and no read went past the end. */
  get isDone(): boolean {
    return this.#good && this.#at === this.#bytes.length;
  }

  u8(): number {
    return this.bytes(1)[0] as number;
  }

  u16(): number {
    return readU16(this.bytes(2), 0);
  }

  u32(): number {
    return readU32(this.bytes(4), 0);
  }

  u64(): number {
    return this.u32() * TWO_32 + this.u32();
  }

  block(): Uint8Array {
    const length = this.u16();
    return this.#good ? this.bytes(length) : new Uint8Array(0);
  }

  /** A copy. */
  bytes(length: number): Uint8Array {
    const from = this.#at;
    if (length > this.#bytes.length - from) {
      this.#good = false;
      return new Uint8Array(length);
    }
    this.#at += length;
    return this.#bytes.slice(from, this.#at);
  }
}

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

  /** Raw bytes. */
  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  /** A 16-bit length, then the bytes. */
  block(bytes: Uint8Array): this {
    return this.u16(bytes.length).bytes(bytes);
  }

  /** A new array of everything so far. */
  whole(): Uint8Array {
    return concatBytes(this.#parts);
  }
}
