import { Errno, errnoName, errnoText } from '../../transport/errno.ts';
import type { ClockName, PacketHandler, SendBatch, SendPath, Transport, TransportFault } from '../../transport/transport.ts';
import { type Nanos, NANOS_PER_MS } from '../../wire/numbers.ts';
import { EventLoopWait } from '../linux/event-loop-wait.ts';
import type { InterfaceWatch } from '../linux/interface-watch.ts';
import type { RingCapture } from './ring-capture.ts';
import type { ChosenSender } from './send-choice.ts';
import type { PacketSender } from './sender.ts';

/** Signals, timers and output get a turn of the event loop at least this often. */
const TURN_EVERY: Nanos = 4 * NANOS_PER_MS;

/** What a transport is made of; it owns sender, capture and watch. */
export interface TransportParts extends ChosenSender {
  readonly capture: RingCapture;
  readonly watch: InterfaceWatch;
  readonly now: () => Nanos;
}

/** Sends through a PacketSender, hears through a packet ring; the kernel stamps both ends. */
export class PacketRingTransport implements Transport {
  readonly engine = 'packet-ring';
  /** Packets that pass by the capture are stamped before they are handed over. */
  readonly clock: ClockName;
  readonly sendPath: SendPath;
  readonly now: () => Nanos;
  readonly #sender: PacketSender;
  readonly #capture: RingCapture;
  readonly #watch: InterfaceWatch;
  readonly #wait: EventLoopWait;
  #delivered = false;
  #turnedAt: Nanos;
  #fault: TransportFault | null = null;
  #closed = false;

  constructor({ sender, why, capture, watch, now }: TransportParts) {
    this.#sender = sender;
    this.sendPath = { name: sender.path, why };
    this.clock = sender.path === 'raw-ip' ? 'kernel' : 'userspace';
    this.#capture = capture;
    this.#watch = watch;
    this.now = now;
    this.#turnedAt = now();
    const isOver = (): boolean => this.#delivered || this.fault() !== null;
    this.#wait = new EventLoopWait(now, isOver, () => this.#turn());
    capture.watch(() => this.#readable());
  }

  get batch(): SendBatch {
    return this.#sender.batch;
  }

  capture(handler: PacketHandler): void {
    this.#capture.deliverTo(handler);
  }

  flush(): void {
    this.#sender.flush();
  }

  post(): boolean {
    return this.#sender.posting?.post(() => this.#wait.end()) ?? false;
  }

  settled(): SendBatch | null {
    return this.#sender.posting?.settled() ?? null;
  }

  /** Delivers what is in the ring at once, for a microtask; a longer wait turns the event loop. */
  wait(until: Nanos): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#delivered = this.#capture.drain();
    const now = this.now();
    const isOver = this.#delivered || now >= until;
    if (isOver && now - this.#turnedAt < TURN_EVERY) return Promise.resolve();
    return this.#wait.wait(isOver ? now : until);
  }

  wake(): void {
    this.#wait.end();
  }

  fault(): TransportFault | null {
    if (this.#closed) return null;
    return this.#fault ?? this.#watch.fault(this.now());
  }

  drops(): number {
    return this.#capture.drops();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const closing = this.#capture.close();
    const parting = this.#sender.close();
    this.#watch.close();
    this.#wait.end();
    await Promise.all([closing, parting]);
  }

  #turn(): void {
    this.#turnedAt = this.now();
    if (this.#capture.drain()) this.#delivered = true;
  }

  #readable(): void {
    if (this.#capture.drain()) {
      this.#delivered = true;
      this.#wait.end();
    } else this.#notice(this.#capture.takeError());
  }

  /** Of an interface that went down the socket tells too, but it listens to all. */
  #notice(error: number): void {
    if (error === 0 || error === Errno.ENETDOWN) return;
    const message = `the packet ring failed: ${errnoText(error)} (${errnoName(error)})`;
    this.#fault ??= { message, hint: 'run again; --engine raw-cap captures in another way' };
    this.#wait.end();
  }
}
