import { Errno } from '../../transport/errno.ts';
import type { PacketHandler, SendBatch, SendPath, Transport, TransportFault } from '../../transport/transport.ts';
import { type Address, formatAddress, readAddress, UNSPECIFIED } from '../../wire/address.ts';
import { Ipv4Offset } from '../../wire/ipv4.ts';
import { ipOffset } from '../../wire/link.ts';
import type { Nanos } from '../../wire/numbers.ts';
import { encodeTcpPacket } from '../../wire/packet.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { newBatch } from '../engine.ts';
import { EventLoopWait, startClock } from '../linux/event-loop-wait.ts';
import type { InterfaceWatch } from '../linux/interface-watch.ts';
import { HeldFrames } from './held-frames.ts';
import type { PcapCapture } from './pcap-capture.ts';
import type { RawSender } from './raw-sender.ts';
import { SendStamps } from './send-stamps.ts';

/** Slots in a batch: captures wait while it is sent, and each batch costs two turns of the event loop. */
const CAPACITY = 32;
const SLOT_BYTES = 2048;
const REHEARSALS = 4;
/** A cooked header (LINKTYPE_LINUX_SLL) of an IPv4 packet, all other fields zero. */
const COOKED_HEADER = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00]);
/** A SYN that was never sent. */
const REHEARSED_SYN = segment(TcpFlag.SYN);
/** Frames as the capture would show that SYN and its answer. */
const REHEARSED_FRAMES = [framed(REHEARSED_SYN), framed(segment(TcpFlag.SYN | TcpFlag.ACK))];

const TEXT_PLACES = 4096;

/** Dotted quads of recent addresses: formatting one costs more than sending, and targets repeat. */
export class AddressTexts {
  readonly #addresses = new Uint32Array(TEXT_PLACES);
  readonly #texts: string[] = Array.from({ length: TEXT_PLACES }, () => '0.0.0.0');

  of(address: Address): string {
    const place = (address ^ (address >>> 12)) & (TEXT_PLACES - 1);
    if (this.#addresses[place] !== address) {
      this.#addresses[place] = address;
      this.#texts[place] = formatAddress(address);
    }
    return this.#texts[place] as string;
  }
}

/** Sends through a raw socket, hears through libpcap; both are stamped in user space. */
export class RawCapTransport implements Transport {
  readonly engine = 'raw-cap';
  readonly clock = 'userspace';
  readonly sendPath: SendPath = { name: 'raw-ip', why: 'the only one of this engine' };
  readonly now: () => Nanos = startClock();
  readonly batch: SendBatch = newBatch(new Uint8Array(CAPACITY * SLOT_BYTES), CAPACITY, SLOT_BYTES);
  readonly #buffer = Buffer.from(this.batch.bytes.buffer, this.batch.bytes.byteOffset, this.batch.bytes.length);
  readonly #sender: RawSender;
  readonly #watch: InterfaceWatch;
  readonly #texts = new AddressTexts();
  readonly #stamps = new SendStamps();
  readonly #held = new HeldFrames();
  readonly #wait: EventLoopWait;
  #capture: PcapCapture | null = null;
  #handler: PacketHandler | null = null;
  #closed = false;
  /** Packets sent when the pending wait began. */
  #sentBefore = 0;
  #last: Nanos = 0;

  /** Owns both. `attach` completes it. */
  constructor(sender: RawSender, watch: InterfaceWatch) {
    this.#sender = sender;
    this.#watch = watch;
    this.#wait = new EventLoopWait(
      this.now,
      () => this.fault() !== null,
      () => this.#settle(),
    );
  }

  /** Names the capture whose frames go to `onFrame`; owned from now on. */
  attach(capture: PcapCapture): void {
    this.#capture = capture;
  }

  /**
   * Sends and receives with nothing on the wire, so that code is compiled (a millisecond or two) before the
   * first round trip. One byte is no IP packet: the kernel refuses it (EINVAL). Before `capture`.
   */
  rehearse(): void {
    const { batch } = this;
    this.#handler = () => undefined;
    batch.bytes.set(REHEARSED_SYN);
    batch.lengths[0] = 1;
    for (let round = 0; round < REHEARSALS; round++) {
      this.#send(0);
      this.#stamps.sent(batch, 0, this.now());
      for (const frame of REHEARSED_FRAMES) this.onFrame(frame, frame.length);
    }
    this.#last = 0;
    this.#handler = null;
  }

  /**
   * Takes a captured frame. An own packet is stamped with its sending; any other that comes while own ones
   * are expected is held: it arrived before the next of ours was sent, or, if none comes, when it reached us.
   */
  onFrame(bytes: Uint8Array, length: number): void {
    if (this.#handler === null || this.#capture === null) return;
    const offset = ipOffset(this.#capture.link, bytes, length);
    if (offset < 0) return;
    this.#wait.end();
    const size = length - offset;
    const sentAt = this.#stamps.take(bytes, offset, size);
    const at = sentAt < 0 ? this.now() : sentAt;
    if (sentAt < 0 && this.#stamps.expecting && this.#held.hold(bytes, offset, size, at)) return;
    this.#held.release(at, this.#deliver);
    this.#deliver(bytes, offset, size, at);
  }

  capture(handler: PacketHandler): void {
    this.#handler = handler;
  }

  /** Stamps are read before sending: read afterwards, an answer could be older than its question. */
  flush(): void {
    const { batch } = this;
    let blocked = 0;
    for (let slot = 0; slot < batch.count; slot++) {
      const at = this.now();
      // A full queue stays full for the rest of the batch; later slots would overtake earlier ones.
      const error = blocked === 0 ? this.#send(slot) : blocked;
      if (error === Errno.EAGAIN || error === Errno.ENOBUFS) blocked = error;
      batch.errors[slot] = error;
      batch.sentAt[slot] = at;
      if (error === 0) this.#stamps.sent(batch, slot, at);
    }
  }

  post(): boolean {
    return false;
  }

  settled(): null {
    return null;
  }

  wait(until: Nanos): Promise<void> {
    this.#sentBefore = this.#stamps.count;
    return this.#wait.wait(until);
  }

  wake(): void {
    this.#wait.end();
  }

  fault(): TransportFault | null {
    return this.#closed ? null : this.#watch.fault(this.now());
  }

  /** Cap does not ask libpcap for its statistics. */
  drops(): null {
    return null;
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#handler = null;
      this.#capture?.close();
      this.#sender.close();
      this.#watch.close();
      this.#wait.end();
    }
    return Promise.resolve();
  }

  readonly #deliver: PacketHandler = (bytes, offset, length, at) => {
    this.#last = Math.max(this.#last, at);
    this.#handler?.(bytes, offset, length, this.#last);
  };

  #settle(): void {
    this.#stamps.settle(this.#sentBefore);
    if (!this.#stamps.expecting) this.#held.release(Infinity, this.#deliver);
  }

  #send(slot: number): number {
    const offset = slot * SLOT_BYTES;
    const address = this.#texts.of(readAddress(this.#buffer, offset + Ipv4Offset.DESTINATION));
    return this.#sender.send(this.#buffer, offset, this.batch.lengths[slot] as number, address);
  }
}

function segment(flags: number): Uint8Array {
  const ends = { source: UNSPECIFIED, destination: UNSPECIFIED, sourcePort: 1, destinationPort: 1 };
  return encodeTcpPacket({ ...ends, seq: 0, flags });
}

function framed(packet: Uint8Array): Uint8Array {
  return Uint8Array.from([...COOKED_HEADER, ...packet]);
}
