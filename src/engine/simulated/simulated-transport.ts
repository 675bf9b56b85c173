import { Errno } from '../../transport/errno.ts';
import type {
  ClockName,
  EngineName,
  PacketHandler,
  SendBatch,
  SendPath,
  Transport,
  TransportFault,
} from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';
import { CaptureBuffer } from './capture-buffer.ts';
import { Kernel } from './kernel.ts';
import { milliseconds } from './middlebox.ts';
import type { Network } from './network.ts';
import { createRandom } from './random.ts';
import { sendBatch } from './send-batch.ts';
import { Simulation } from './simulation.ts';

/** How a simulation runs. */
export interface SimulationOptions {
  /** Names the run: same network, same seed, same packets sent at the same times, same answers. 1 unless given. */
  readonly seed?: number;
  /** Slots of a send batch; 64 unless given. */
  readonly batchCapacity?: number;
  /** Bytes of a slot; 1536 unless given. */
  readonly slotSize?: number;
}

/**
 * A network as data behind the port that every engine implements. Its clock stands still but for `flush`, by what sending costs, and
 * `wait`, which goes straight to the next packet, to `until` or to a `wake`.
 */
export class SimulatedTransport implements Transport {
  readonly engine: EngineName = 'simulated';
  readonly clock: ClockName = 'simulated';
  readonly sendPath: SendPath = { name: 'simulated', why: 'nothing leaves this program' };
  readonly batch: SendBatch;
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
    const { seed = 1, batchCapacity = 64, slotSize = 1536 } = options;
    const random = createRandom(seed);
    this.#network = network;
    this.#captured = new CaptureBuffer(network.local, random);
    this.#simulation = new Simulation(network, random, (packet, at) => this.#kernel.receive(packet, at));
    this.#kernel = new Kernel(network.local, this.#simulation, (packet, at) => this.#captured.show(packet, at));
    this.batch = sendBatch(batchCapacity, slotSize);
    if (network.local.lostAtMs !== null) this.at(network.local.lostAtMs, () => this.#loseInterface());
  }

  capture(handler: PacketHandler): void {
    this.#captured.handler = handler;
  }

  flush(): void {
    const { bytes, slotSize, lengths, errors, sentAt, count } = this.batch;
    for (let slot = 0; slot < count; slot++) {
      this.#now += this.#network.local.sendCost;
      const start = slot * slotSize;
      const packet = bytes.slice(start, start + (lengths[slot] as number));
      errors[slot] = this.#closed ? Errno.EBADF : this.#kernel.send(packet, this.#now);
      sentAt[slot] = this.#now;
    }
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

  /** Lets time pass while nobody waits: captures pile up meanwhile, with the stamps of their time. */
  advance(ms: number): void {
    this.#now += milliseconds(ms);
  }

  /** Lets `action` happen at this time of the simulation, between packets: a signal, a `wake`. */
  at(ms: number, action: () => void): void {
    this.#simulation.schedule(milliseconds(ms), action);
  }

  #runUntil(time: Nanos): void {
    while (this.#simulation.nextAt <= time && !this.#closed) this.#simulation.step();
  }

  /** What comes within the same block of the ring is handed over with the first packet. */
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
