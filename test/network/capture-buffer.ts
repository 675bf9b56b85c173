import type { PacketHandler } from '../../src/transport/transport.ts';
import type { Nanos } from '../../src/wire/numbers.ts';
import type { Packet } from './packet.ts';
import type { Random } from './random.ts';

/** What the capture loses, cuts and pads. */
export interface CaptureHabits {
  readonly captureLoss: number;
  readonly snapLength: number;
  readonly paddedTo: number;
}

/** Room before a packet for the longest link header that is stripped, so that offsets differ from call to call. */
const LINK_HEADERS = [14, 16, 18, 20] as const;
const LARGEST_PACKET = 0xffff;
const SCRIBBLE = 0xa5;

/**
 * The one buffer through which captured packets are shown. Overwritten after every call: whoever keeps a view reads garbage.
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

  /** Names the receiver; packets without one are gone. */
  set handler(handler: PacketHandler | null) {
    this.#handler = handler;
  }

  /** Shows a packet to the handler, or loses it. */
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
