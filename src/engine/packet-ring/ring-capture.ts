import type { PacketHandler, Routes } from '../../transport/transport.ts';
import { type Nanos, NANOS_PER_MS } from '../../wire/numbers.ts';
import type { KernelClock } from './kernel-clock.ts';
import { OwnPackets } from './own-packets.ts';
import type { CapturedFrames } from './ring-block.ts';
import type { CaptureSocket } from './capture-socket.ts';

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

  /** The socket's error since the last call, or 0. */
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
