import { Errno } from '../../src/transport/errno.ts';
import type {
  ClockName,
  EngineName,
  PacketHandler,
  SendBatch,
  SendPath,
  Transport,
  TransportFault,
} from '../../src/transport/transport.ts';
import type { Nanos } from '../../src/wire/numbers.ts';
import { CaptureBuffer } from './capture-buffer.ts';
import { Kernel } from './kernel.ts';
import { milliseconds } from './middlebox.ts';
import type { Network } from './network.ts';
import { createRandom } from './random.ts';
import { sendBatch } from './send-batch.ts';
import { Simulation } from './simulation.ts';

/** How a simulation runs. */
export interface SimulationOptions {
  /** The same network, seed and packets give the same answers. 1 unless given. */
  readonly seed?: number;
  /** Slots of a send batch; 64 unless given. */
  readonly batchCapacity?: number;
  /** Bytes of a slot; 1536 unless given. */
  readonly slotSize?: number;
  /** Takes every packet that is sent and every packet that is captured. */
  readonly log?: PacketLog;
  /** Share of the batches offered to `post` that another thread takes; half unless given. */
  readonly posted?: number;
}

/** Packets that were sent, and packets that the capture showed, in order. */
export interface PacketLog {
  readonly sent: SentPacket[];
  readonly shown: LoggedPacket[];
}

interface LoggedPacket {
  readonly packet: Uint8Array;
  readonly at: Nanos;
}

interface SentPacket extends LoggedPacket {
  /** When its batch was handed over: before `at` if another thread sent it. */
  readonly handedAt: Nanos;
}

/** One being filled, one being sent, one settled. */
const PLACES = 3;

/**
 * A network as data, as a transport. Its clock advances in `flush`, by the cost of sending, and in `wait`,
 * to the next packet, `until` or a `wake`.
 */
export class SimulatedTransport implements Transport {
  readonly engine: EngineName = 'simulated';
  readonly clock: ClockName = 'simulated';
  readonly sendPath: SendPath = { name: 'simulated', why: 'nothing leaves this program' };
  readonly #places: readonly SendBatch[];
  /** The batch being filled; posted batches are in `#sending`, then in `#settled`. */
  #batch: SendBatch;
  readonly #sending: Set<SendBatch> = new Set();
  readonly #settled: SendBatch[] = [];
  readonly #posts: () => boolean;
  readonly #log: PacketLog | null;
  readonly #network: Network;
  readonly #simulation: Simulation;
  readonly #kernel: Kernel;
  readonly #captured: CaptureBuffer;
  #now: Nanos = 0;
  #fault: TransportFault | null = null;
  #closed = false;
  #awake = false;
  #resume: (() => void) | null = null;

  constructor(network: Network, options: SimulationOptions = {}) {
    const { seed = 1, batchCapacity = 64, slotSize = 1536, posted = 0.5 } = options;
    const random = createRandom(seed);
    const chance = createRandom(seed + 1);
    this.#log = options.log ?? null;
    this.#posts = () => chance.fraction() < posted;
    this.#network = network;
    this.#captured = new CaptureBuffer(network.local, random);
    this.#simulation = new Simulation(network, random, (packet, at) => this.#kernel.receive(packet, at));
    this.#kernel = new Kernel(network.local, this.#simulation, (packet, at) => this.#captured.show(packet, at));
    this.#places = Array.from({ length: PLACES }, () => sendBatch(batchCapacity, slotSize));
    this.#batch = this.#places[0] as SendBatch;
    if (network.local.lostAtMs !== null) this.at(network.local.lostAtMs, () => this.#loseInterface());
  }

  capture(handler: PacketHandler): void {
    const log = this.#log;
    this.#captured.handler =
      log === null
        ? handler
        : (bytes, offset, length, at) => {
            log.shown.push({ packet: bytes.slice(offset, offset + length), at });
            handler(bytes, offset, length, at);
          };
  }

  get batch(): SendBatch {
    return this.#batch;
  }

  flush(): void {
    const batch = this.#batch;
    for (let slot = 0; slot < batch.count; slot++) {
      this.#now += this.#network.local.sendCost;
      this.#send(batch, slot, { at: this.#now, handedAt: this.#now });
    }
  }

  /**
   * Another thread sends while this one's clock runs on: each packet leaves at its time in the simulation.
   */
  post(): boolean {
    const batch = this.#batch;
    const free = this.#places.find((place) => place !== batch && !this.#sending.has(place) && !this.#settled.includes(place));
    if (free === undefined || batch.count === 0 || !this.#posts()) return false;
    this.#sending.add(batch);
    const handedAt = this.#now;
    for (let slot = 0; slot < batch.count; slot++) {
      const at = handedAt + (slot + 1) * this.#network.local.sendCost;
      this.#simulation.schedule(at, () => {
        this.#send(batch, slot, { at, handedAt });
        if (slot + 1 === batch.count) this.#settle(batch);
      });
    }
    this.#batch = free;
    return true;
  }

  settled(): SendBatch | null {
    return this.#settled.shift() ?? null;
  }

  #settle(batch: SendBatch): void {
    this.#sending.delete(batch);
    this.#settled.push(batch);
    this.wake();
  }

  #send({ bytes, slotSize, lengths, errors, sentAt }: SendBatch, slot: number, when: Omit<SentPacket, 'packet'>): void {
    const { at } = when;
    const start = slot * slotSize;
    const packet = bytes.slice(start, start + (lengths[slot] as number));
    errors[slot] = this.#closed ? Errno.EBADF : this.#kernel.send(packet, at);
    sentAt[slot] = at;
    if (errors[slot] === 0) this.#log?.sent.push({ packet, ...when });
  }

  now(): Nanos {
    return this.#now;
  }

  async wait(until: Nanos): Promise<void> {
    const before = this.#captured.delivered;
    this.#runUntil(this.#now);
    while (this.#captured.delivered === before && !this.#awake && !this.#closed) {
      const next = this.#simulation.nextAt;
      if (next > until || next === Infinity) {
        if (until === Infinity) await this.#sleep();
        else this.#now = Math.max(this.#now, until);
        break;
      }
      this.#now = Math.max(this.#now, next);
      this.#runUntil(this.#now);
    }
    if (this.#captured.delivered > before) this.#fillBlock(until);
    this.#awake = false;
  }

  wake(): void {
    this.#awake = true;
    this.#resume?.();
  }

  fault(): TransportFault | null {
    return this.#fault;
  }

  drops(): number {
    return this.#captured.drops;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#captured.handler = null;
    this.#resume?.();
  }

  /** Lets time pass outside `wait`: captures queue up, with the stamps of their arrival. */
  advance(ms: number): void {
    this.#now += milliseconds(ms);
  }

  /** Runs `action` at this time of the simulation: a signal, a `wake`. */
  at(ms: number, action: () => void): void {
    this.#simulation.schedule(milliseconds(ms), action);
  }

  #runUntil(time: Nanos): void {
    while (this.#simulation.nextAt <= time && !this.#closed) this.#simulation.step();
  }

  /** Packets within the same block of the ring are delivered with its first. */
  #fillBlock(until: Nanos): void {
    const { blockMs } = this.#network.local;
    if (blockMs === 0) return;
    this.#now = Math.max(this.#now, Math.min(until, this.#now + milliseconds(blockMs)));
    this.#runUntil(this.#now);
  }

  async #sleep(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
    this.#resume = null;
  }

  #loseInterface(): void {
    const name = this.#network.local.interface;
    this.#kernel.loseInterface();
    this.#fault = { message: `interface ${name} is gone`, hint: 'bring it up again and repeat the run' };
    this.wake();
  }
}
