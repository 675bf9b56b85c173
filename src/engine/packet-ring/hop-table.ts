import type { Address } from '../../wire/address.ts';
import { writeU16 } from '../../wire/bytes.ts';
import type { Nanos } from '../../wire/numbers.ts';
import { MAC_BYTES } from '../linux/rtnetlink.ts';
import { HEADER_WORDS } from './frame-slots.ts';
import { FAMILIES, IPV4 } from '../../wire/family.ts';

const HEADER = HEADER_WORDS * 2;

/** What a packet to a hop should do. */
export const HopState = {
  /** No address: the kernel has to find it first. */
  unresolved: 0,
  ready: 1,
  /** Usable, but the next packet should go by way of the kernel, which then confirms the address. */
  confirm: 2,
} as const;

/** Next hops of one interface with their Ethernet headers. Pages take memory once they are written to. */
export class HopTable {
  static readonly LARGEST = 65536;
  count = 0;
  /** 8 words each, of which the header takes 7. */
  readonly headers: Uint16Array = new Uint16Array(HopTable.LARGEST * HEADER_WORDS);
  /** Of the header: never the same for two different ones. */
  readonly stamps: Int32Array = new Int32Array(HopTable.LARGEST);
  /** A `HopState`. */
  readonly states: Uint8Array = new Uint8Array(HopTable.LARGEST);
  /** When the kernel is to be asked again. */
  readonly due: Float64Array = new Float64Array(HopTable.LARGEST);
  readonly addresses: Uint32Array = new Uint32Array(HopTable.LARGEST);
  readonly #bytes = new Uint8Array(this.headers.buffer);
  readonly #known = new Map<Address, number>();
  #nextStamp = 0;

  /** The hop with this address, unresolved and due when it is new; -1 when the table is full. */
  hopAt(address: Address, now: Nanos): number {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    if (this.count === HopTable.LARGEST) return -1;
    const hop = this.count++;
    this.#known.set(address, hop);
    this.addresses[hop] = address;
    this.states[hop] = HopState.unresolved;
    this.due[hop] = now;
    this.stamps[hop] = -1;
    return hop;
  }

  /** Sets the header, and a new stamp if it differs from the old one. */
  resolve(hop: number, neighbour: Uint8Array, own: Uint8Array): void {
    const at = hop * HEADER;
    if (this.stamps[hop] !== -1 && this.#holds(at, neighbour) && this.#holds(at + MAC_BYTES, own)) return;
    this.#bytes.set(neighbour, at);
    this.#bytes.set(own, at + MAC_BYTES);
    writeU16(this.#bytes, at + 2 * MAC_BYTES, FAMILIES[IPV4].etherType);
    this.stamps[hop] = this.#nextStamp++;
  }

  clear(): void {
    this.count = 0;
    this.#known.clear();
  }

  #holds(at: number, address: Uint8Array): boolean {
    for (let index = 0; index < MAC_BYTES; index++) if (this.#bytes[at + index] !== address[index]) return false;
    return true;
  }
}
