import { readU16, readU32 } from '../../wire/bytes.ts';

const TWO_32 = 2 ** 32;

/** Reads fields in network order. Past the end it reads zeros and empty blocks, and `isGood` is false from then on. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #good = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** False once something was read that was not there. */
  get isGood(): boolean {
    return this.#good;
  }

  /** True when all has been read, and all that was read was there. */
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
