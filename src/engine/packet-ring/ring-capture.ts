import type { PacketHandler, Routes } from '../../transport/transport.ts';
import { readAddress } from '../../wire/address.ts';
import { readU16 } from '../../wire/bytes.ts';
import { ipHeaderLength, IpProtocol, Ipv4Offset } from '../../wire/ipv4.ts';
import { type Nanos, NANOS_PER_MS } from '../../wire/numbers.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { tcpFlags, TcpOffset } from '../../wire/tcp.ts';
import type { KernelClock } from './kernel-clock.ts';
import { type CapturedFrames, PacketType } from './ring-block.ts';
import type { CaptureSocket } from './capture-socket.ts';

const { SYN, RST, ACK } = TcpFlag;
/** After this long the caller is asked whether it has something to send. */
const LONGEST_DRAIN: Nanos = NANOS_PER_MS;

/** What a capture needs; it owns the socket. */
export interface CaptureParts {
  readonly socket: CaptureSocket;
  readonly clock: KernelClock;
  readonly now: () => Nanos;
  readonly sourcePorts: readonly number[];
  readonly routes: Pick<Routes, 'isLocal'>;
}

/** Delivers what is in the ring, in place, with the kernel's stamps on the transport's clock. */
export class RingCapture {
  readonly #socket: CaptureSocket;
  readonly #clock: KernelClock;
  readonly #now: () => Nanos;
  readonly #blocks: CapturedFrames;
  readonly #own: OwnPackets;
  #handler: PacketHandler | null = null;
  /** What was stamped earlier is not for this handler. */
  #from: Nanos = 0;
  #draining = false;
  #closed = false;
  #stopWatching: () => void = () => undefined;
  #drops = 0;

  constructor({ socket, clock, now, sourcePorts, routes }: CaptureParts) {
    this.#socket = socket;
    this.#clock = clock;
    this.#now = now;
    this.#blocks = socket.frames;
    this.#own = new OwnPackets(sourcePorts, routes);
  }

  /** Names the receiver of all packets from now on. */
  deliverTo(handler: PacketHandler): void {
    this.#handler = handler;
    this.#from = this.#now();
  }

  /** Calls `readable` on the event loop while the kernel has handed over blocks that are not drained. */
  watch(readable: () => void): void {
    this.#stopWatching = this.#socket.watch(readable);
  }

  /** Delivers blocks until the ring is empty or 1 ms has passed; true if it delivered. Not reentrant. */
  drain(): boolean {
    if (this.#draining || this.#closed) return false;
    this.#draining = true;
    try {
      return this.#drainBlocks();
    } finally {
      this.#draining = false;
    }
  }

  /** Packets that found the ring full so far. Costs a system call. */
  drops(): number {
    if (!this.#closed) this.#drops += this.#socket.takeDrops();
    return this.#drops;
  }

  takeError(): number {
    return this.#closed ? 0 : this.#socket.takeError();
  }

  /** Idempotent; no packet is delivered after it. Resolves once the kernel has done with it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.drops();
    this.#closed = true;
    this.#stopWatching();
    await this.#socket.close();
  }

  #drainBlocks(): boolean {
    const start = this.#now();
    let delivered = false;
    while (!this.#closed && this.#blocks.begin()) {
      // Read for each block: whatever is in it was stamped before.
      const now = this.#now();
      if (this.#deliverBlock(now)) delivered = true;
      if (now - start > LONGEST_DRAIN) break;
    }
    return delivered;
  }

  #deliverBlock(now: Nanos): boolean {
    const blocks = this.#blocks;
    let delivered = false;
    try {
      for (let isFirst = true; blocks.next(); isFirst = false) {
        if (isFirst) this.#clock.review(blocks.seconds, blocks.nanos, now);
        if (this.#deliver(now)) delivered = true;
      }
    } finally {
      if (!this.#closed) blocks.release();
    }
    return delivered;
  }

  #deliver(now: Nanos): boolean {
    const { bytes, offset, length, packetType, seconds, nanos } = this.#blocks;
    if (this.#handler === null || this.#closed || !this.#own.isWanted(packetType, bytes, offset)) return false;
    const at = this.#clock.at(seconds, nanos, now);
    if (at < this.#from) return false;
    this.#handler(bytes, offset, length, at);
    return true;
  }
}

/**
 * Decides which packets are delivered. The loopback shows each twice, going out and coming in: an own one
 * counts when it goes out, any other when it comes in. What comes in for others, in promiscuous mode, is
 * dropped.
 */
class OwnPackets {
  readonly #ports = new Uint8Array(65_536);
  readonly #routes: Pick<Routes, 'isLocal'>;

  constructor(ports: readonly number[], routes: Pick<Routes, 'isLocal'>) {
    for (const port of ports) this.#ports[port] = 1;
    this.#routes = routes;
  }

  /** `packetType` is that of the sockaddr_ll; the packet has passed the filter, so ports can be read. */
  isWanted(packetType: number, bytes: Uint8Array, offset: number): boolean {
    if (packetType === PacketType.OUTGOING) return this.#isOwn(bytes, offset);
    if (packetType === PacketType.OTHERHOST) return false;
    return !this.#isOwn(bytes, offset) || !this.#routes.isLocal(readAddress(bytes, offset + Ipv4Offset.SOURCE));
  }

  /** From one of our ports, and no answer (SYN-ACK, RST): a target's port may be one of ours too. */
  #isOwn(bytes: Uint8Array, offset: number): boolean {
    if (bytes[offset + Ipv4Offset.PROTOCOL] !== IpProtocol.TCP) return false;
    const tcp = offset + ipHeaderLength(bytes, offset);
    if (this.#ports[readU16(bytes, tcp + TcpOffset.SOURCE_PORT)] === 0) return false;
    const flags = tcpFlags(bytes, tcp);
    return (flags & RST) === 0 && (flags & (SYN | ACK)) !== (SYN | ACK);
  }
}
