import type { Machine } from '../../src/run/machine.ts';
import type { OpenRun, RunNeeds } from '../../src/run/open-run.ts';
import type { PacketHandler, Routes, SendBatch, Transport } from '../../src/transport/transport.ts';
import type { Address } from '../../src/wire/address.ts';
import { NANOS_PER_MS, type Nanos } from '../../src/wire/numbers.ts';
import { EventQueue } from './event-queue.ts';
import { chain, type Context, type Middlebox } from './middlebox.ts';
import { oneHopOlder } from './packet-edit.ts';
import type { Packet } from './packet.ts';
import { createRandom, type Random } from './random.ts';
import { sendBatch } from './send-batch.ts';
import { fillFrom, macOfToken, portsFor } from './simulated-machine.ts';

/** Two machines and what stands between them. */
export interface TwoMachinesPlan {
  /** Of the prober and of the responder. */
  readonly addresses: readonly [local: Address, remote: Address];
  readonly forward?: readonly Middlebox[];
  readonly reverse?: readonly Middlebox[];
  /** Milliseconds that the responder's clock is ahead. */
  readonly skewMs?: number;
  readonly seed?: number;
}

const EPOCH_MS = 1_800_000_000_000;
const LINK: Nanos = 5 * NANOS_PER_MS;
/** Some time passes in each turn of a loop. */
const SHORTEST_WAIT: Nanos = 1000;
/** A run that goes on for longer is caught in a circle. */
const MOST_TURNS = 20_000;

/** Two machines under one clock, each of which runs a command of its own. Time stands still unless both wait. */
export class TwoMachines {
  readonly local: EndMachine;
  readonly remote: EndMachine;
  readonly #random: Random;
  readonly #events = new EventQueue<{ readonly to: EndMachine; readonly packet: Packet }>();
  readonly #memory = new Map<object, unknown>();
  #now: Nanos = 0;
  #turns = 0;

  constructor({ addresses, forward = [], reverse = [], skewMs = 0, seed = 1 }: TwoMachinesPlan) {
    const random = createRandom(seed);
    this.#random = random;
    const now = (): Nanos => this.#now;
    const means = { random, now, turn: () => this.#turn() };
    const local: EndMachine = new EndMachine({
      ...means,
      address: addresses[0],
      skewMs: 0,
      send: (packet) => this.#travel(packet, forward, [local, remote]),
    });
    const remote: EndMachine = new EndMachine({
      ...means,
      address: addresses[1],
      skewMs,
      send: (packet) => this.#travel(packet, reverse, [remote, local]),
    });
    this.local = local;
    this.remote = remote;
  }

  #travel(sent: Packet, boxes: readonly Middlebox[], [from, to]: readonly [EndMachine, EndMachine]): void {
    for (const { packet, way, delay, unless } of chain(...boxes)(oneHopOlder(sent), this.#context())) {
      if (unless?.() === true) continue;
      this.#events.push(this.#now + delay + LINK, { to: way === 'onward' ? to : from, packet });
    }
  }

  /** Goes on to what happens next, once both machines wait for it. */
  #turn(): void {
    const ends = [this.local, this.remote];
    if (!ends.every(({ waitsUntil }) => waitsUntil !== null)) return;
    const next = Math.min(this.#events.nextAt, ...ends.map(({ waitsUntil }) => waitsUntil ?? Infinity));
    if (next === Infinity) return;
    if (++this.#turns > MOST_TURNS) throw new Error(`no end after ${MOST_TURNS} turns`);
    this.#now = Math.max(this.#now, next);
    const due = new Set(ends.filter(({ waitsUntil }) => (waitsUntil as Nanos) <= this.#now));
    while (this.#events.nextAt <= this.#now) {
      const event = this.#events.pop();
      if (event === undefined) break;
      event.to.receive(event.packet);
      due.add(event.to);
    }
    for (const end of due) end.wake();
  }

  #context(): Context {
    return {
      now: this.#now,
      random: this.#random,
      address: null,
      remember: <T>(key: object, create: () => T): T => {
        if (!this.#memory.has(key)) this.#memory.set(key, create());
        return this.#memory.get(key) as T;
      },
      later: () => {
        throw new Error('no box between two machines has timers');
      },
    };
  }
}

interface EndPlan {
  readonly address: Address;
  readonly skewMs: number;
  readonly random: Random;
  readonly now: () => Nanos;
  readonly send: (packet: Packet) => void;
  /** Called when the machine begins to wait. */
  readonly turn: () => void;
}

/** One of the machines, with the transport of its run. */
class EndMachine implements Machine, Transport {
  readonly engine = 'simulated';
  readonly clock = 'simulated';
  readonly sendPath = { name: 'simulated', why: 'nothing leaves this program' } as const;
  readonly batch: SendBatch = sendBatch(64, 2048);
  readonly sent: Packet[] = [];
  readonly random: Machine['random'];
  readonly tokenMac = macOfToken;
  readonly #plan: EndPlan;
  #handler: PacketHandler | null = null;
  #waiting: { readonly until: Nanos; readonly resume: () => void } | null = null;
  #awake = false;

  constructor(plan: EndPlan) {
    this.#plan = plan;
    this.random = fillFrom(plan.random);
  }

  readonly open = async (needs: RunNeeds): Promise<OpenRun> => ({
    transport: this,
    routes: routesOf(this.#plan.address),
    sourcePorts: portsFor(needs),
    close: () => this.close(),
  });

  readonly wallClock = (): number => EPOCH_MS + this.#plan.now() / NANOS_PER_MS + this.#plan.skewMs;

  /** Until when the machine waits; null while it works, before its run has begun and once that is over. */
  get waitsUntil(): Nanos | null {
    return this.#waiting?.until ?? null;
  }

  capture(handler: PacketHandler): void {
    this.#handler = handler;
  }

  receive(packet: Packet): void {
    this.#handler?.(packet, 0, packet.length, this.#plan.now());
  }

  flush(): void {
    const { bytes, slotSize, lengths, errors, sentAt, count } = this.batch;
    for (let slot = 0; slot < count; slot++) {
      const packet = bytes.slice(slot * slotSize, slot * slotSize + (lengths[slot] as number));
      errors[slot] = 0;
      sentAt[slot] = this.#plan.now();
      this.sent.push(packet);
      this.#plan.send(packet);
    }
  }

  post(): boolean {
    return false;
  }

  settled(): null {
    return null;
  }

  now(): Nanos {
    return this.#plan.now();
  }

  async wait(until: Nanos): Promise<void> {
    if (!this.#awake) {
      const waited = new Promise<void>((resume) => {
        this.#waiting = { until: Math.max(until, this.now() + SHORTEST_WAIT), resume };
      });
      this.#plan.turn();
      await waited;
    }
    this.#awake = false;
  }

  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) this.#awake = true;
    else waiting.resume();
  }

  fault(): null {
    return null;
  }

  drops(): number {
    return 0;
  }

  async close(): Promise<void> {
    this.#handler = null;
  }
}

/** Routes of a host with one address. */
export function routesOf(own: Address): Routes {
  return {
    sources: [{ address: own, interface: 'sim0', mtu: 1500 }],
    lookup: () => 0,
    isLocal: (one) => one === own,
    isUnresolved: () => false,
  };
}
