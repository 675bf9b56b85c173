import { writeU16 } from '../../src/wire/bytes.ts';
import { Ipv4Offset } from '../../src/wire/ipv4.ts';
import type { Nanos } from '../../src/wire/numbers.ts';
import { seqAdd } from '../../src/wire/numbers.ts';
import { TCP_HEADER_BYTES } from '../../src/wire/tcp.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { sealed, set } from './packet-edit.ts';
import { ackOf, flagsOf, isTcp, payloadLengthOf, payloadOffsetOf, seqOf, transportOf, tupleOf, type Packet } from './packet.ts';

const LARGEST_PACKET = 0xffff;
/** Flags with which a segment may be followed by others. */
const PLAIN = TcpFlag.ACK;
/** Flags with which a segment may be the last of a merged packet. */
const LAST = TcpFlag.ACK | TcpFlag.PSH | TcpFlag.FIN;

/** A packet held back until the next packet, or the next instant, shows that it is complete. */
interface Held {
  readonly packet: Packet;
  readonly at: Nanos;
  /** Payload bytes of the first segment; only the last may have fewer. */
  readonly segmentBytes: number;
  readonly isComplete: boolean;
}

/**
 * Generic receive offload before the capture: data segments of one flow that arrive in order in the same
 * instant become one packet (net/ipv4/tcp_offload.c, tcp_gro_receive).
 */
export class SegmentMerger {
  readonly #show: (packet: Packet, at: Nanos) => void;
  readonly #schedule: (at: Nanos, action: () => void) => void;
  #held: Held | null = null;

  constructor(show: (packet: Packet, at: Nanos) => void, schedule: (at: Nanos, action: () => void) => void) {
    this.#show = show;
    this.#schedule = schedule;
  }

  /** Takes a packet that arrived at `at`. */
  take(packet: Packet, at: Nanos): void {
    const held = this.#held;
    if (held !== null && held.at === at && follows(packet, held)) {
      const isComplete = payloadLengthOf(packet) < held.segmentBytes || flagsOf(packet) !== PLAIN;
      this.#held = { ...held, packet: merged(held.packet, packet), isComplete };
      return;
    }
    this.#flush();
    if (!canStart(packet)) return this.#show(packet, at);
    this.#held = { packet, at, segmentBytes: payloadLengthOf(packet), isComplete: flagsOf(packet) !== PLAIN };
    this.#schedule(at, () => this.#flush());
  }

  #flush(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#show(held.packet, held.at);
  }
}

function canStart(packet: Packet): boolean {
  return isTcp(packet) && payloadLengthOf(packet) > 0 && (flagsOf(packet) & ~LAST) === 0;
}

function follows(packet: Packet, { packet: before, segmentBytes, isComplete }: Held): boolean {
  if (isComplete || !canStart(packet) || payloadLengthOf(packet) > segmentBytes) return false;
  if (before.length + payloadLengthOf(packet) > LARGEST_PACKET) return false;
  return (
    tupleOf(packet) === tupleOf(before) &&
    seqOf(packet) === seqAdd(seqOf(before), payloadLengthOf(before)) &&
    ackOf(packet) === ackOf(before) &&
    sameOptions(packet, before)
  );
}

function sameOptions(a: Packet, b: Packet): boolean {
  const areas = [a, b].map((packet) => packet.subarray(transportOf(packet) + TCP_HEADER_BYTES, payloadOffsetOf(packet)));
  const [one, two] = areas as [Uint8Array, Uint8Array];
  return one.length === two.length && one.every((byte, index) => byte === two[index]);
}

function merged(before: Packet, packet: Packet): Packet {
  const copy = new Uint8Array(before.length + payloadLengthOf(packet));
  copy.set(before);
  copy.set(packet.subarray(payloadOffsetOf(packet)), before.length);
  writeU16(copy, Ipv4Offset.TOTAL_LENGTH, copy.length);
  set.flags(copy, flagsOf(before) | flagsOf(packet));
  return sealed(copy);
}
