import type { PacketHandler } from '../../src/transport/transport.ts';
import type { Nanos } from '../../src/wire/numbers.ts';
import type { Packet } from './packet.ts';
import type { Random } from './random.ts';

/** What the capture drops, truncates and pads. */
export interface CaptureHabits {
  readonly captureLoss: number;
  readonly snapLength: number;
  readonly paddedTo: number;
}

/** Room before a packet, as for link headers of several lengths, so that offsets differ from call to call. */
const LINK_HEADERS = [14, 16, 18, 20] as const;
const LARGEST_PACKET = 0xffff;
const SCRIBBLE = 0xa5;

/**
 * The buffer in which captured packets are delivered. Overwritten after every call: a view that is kept
 * shows garbage.
 */
export class CaptureBuffer {
  /** Packets lost. */
  drops = 0;
  /** Packets shown. */
  delivered = 0;
  readonly #habits: CaptureHabits;
  readonly #random: Random;
  readonly #bytes: Uint8Array = new Uint8Array(LARGEST_PACKET + 20).fill(SCRIBBLE);
  #handler: PacketHandler | null = null;

  constructor(habits: CaptureHabits, random: Random) {
    this.#habits = habits;
    this.#random = random;
  }

  /** Receives the packets; without a handler they are lost. */
  set handler(handler: PacketHandler | null) {
    this.#handler = handler;
  }

  /** Delivers a packet to the handler, or drops it. */
  show(packet: Packet, at: Nanos): void {
    const { captureLoss, snapLength, paddedTo } = this.#habits;
    if (captureLoss > 0 && this.#random.fraction() < captureLoss) {
      this.drops++;
      return;
    }
    const offset = LINK_HEADERS[this.delivered++ % LINK_HEADERS.length] as number;
    const length = Math.min(Math.max(packet.length, paddedTo), snapLength, this.#bytes.length - offset);
    this.#bytes.set(packet.subarray(0, length), offset);
    this.#handler?.(this.#bytes, offset, length, at);
    this.#bytes.fill(SCRIBBLE, 0, offset + length);
  }
}
