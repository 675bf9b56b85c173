import { readAddress, type Address } from '../../src/wire/address.ts';
import type { Nanos } from '../../src/wire/numbers.ts';
import type { Transport } from '../../src/transport/transport.ts';

/** One captured packet: read inside the callback, its bytes copied. */
export interface Heard {
  readonly bytes: Uint8Array;
  readonly at: Nanos;
  readonly versionNibble: number;
  readonly source: Address;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
}

/**
 * Captures on a transport, copies each packet, and scribbles over its view: an engine may not need those
 * bytes again.
 */
export class CaptureLog {
  readonly heard: Heard[] = [];
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.capture((bytes, offset, length, at) => {
      this.heard.push(read(bytes.slice(offset, offset + length), at));
      bytes.fill(0xee, offset, offset + length);
    });
  }

  /** Waits for a packet that fits, at most `withinMs` of the transport's clock; undefined without one. */
  async find(fits: (packet: Heard) => boolean, withinMs = 3000): Promise<Heard | undefined> {
    const deadline = this.#transport.now() + withinMs * 1e6;
    for (;;) {
      const found = this.heard.find(fits);
      if (found !== undefined || this.#transport.now() >= deadline) return found;
      await this.#transport.wait(deadline);
    }
  }
}

function read(bytes: Uint8Array, at: Nanos): Heard {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const versionNibble = (bytes[0] ?? 0) >>> 4;
  const tcp = ((bytes[0] ?? 0) & 15) * 4;
  const isTcp = bytes[9] === 6 && bytes.length >= tcp + 20;
  return {
    bytes,
    at,
    versionNibble,
    source: readAddress(bytes, 12),
    protocol: bytes[9] ?? -1,
    sourcePort: isTcp ? view.getUint16(tcp) : -1,
    destinationPort: isTcp ? view.getUint16(tcp + 2) : -1,
    seq: isTcp ? view.getUint32(tcp + 4) : -1,
    ack: isTcp ? view.getUint32(tcp + 8) : -1,
    flags: isTcp ? view.getUint8(tcp + 13) : -1,
  };
}
