import type { SendBatch } from '../../src/transport/transport.ts';
import type { Nanos } from '../../src/wire/numbers.ts';
import type { Service } from './host.ts';
import type { Packet } from './packet.ts';
import { sendBatch } from './send-batch.ts';
import { poll, type Endpoint } from './tcp/endpoint.ts';

/** A session without I/O, as the run's loop drives one over a transport. */
export interface PacketSession {
  poll(now: Nanos, batch: SendBatch): Nanos;
  flushed(now: Nanos, batch: SendBatch): Nanos;
  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void;
}

const CAPACITY = 16;
const SLOT_BYTES = 1536;

/**
 * A program on a simulated host that reads and writes whole packets in place of the kernel's TCP: the
 * responder of a two-ended test. One session per run serves all ports with this service; it is polled from
 * the first packet on. What it sends goes back along the path of the packet at hand.
 */
export function packetProgram(create: () => PacketSession): Service {
  const key = {};
  return (packet, context) => {
    const program = context.remember(key, () => new Program(create()));
    program.receive(packet, context.now);
    return poll(program, context, 'back');
  };
}

class Program implements Endpoint {
  readonly #session: PacketSession;
  readonly #batch: SendBatch = sendBatch(CAPACITY, SLOT_BYTES);
  #deadline: Nanos = Infinity;

  constructor(session: PacketSession) {
    this.#session = session;
  }

  get deadline(): Nanos {
    return this.#deadline;
  }

  receive(packet: Packet, now: Nanos): void {
    this.#session.receive(packet, 0, packet.length, now);
  }

  poll(now: Nanos): readonly Packet[] {
    const packets: Packet[] = [];
    let next = this.#session.poll(now, this.#batch);
    while (this.#batch.count > 0) {
      packets.push(...this.#takePackets(now));
      next = Math.min(next, this.#session.flushed(now, this.#batch));
      next = Math.min(next, this.#session.poll(now, this.#batch));
    }
    // Time must advance whatever the session returns.
    this.#deadline = Math.max(next, now + 1);
    return packets;
  }

  #takePackets(now: Nanos): readonly Packet[] {
    const { bytes, lengths, errors, sentAt, slotSize, count } = this.#batch;
    return Array.from({ length: count }, (_, slot) => {
      errors[slot] = 0;
      sentAt[slot] = now;
      return bytes.slice(slot * slotSize, slot * slotSize + (lengths[slot] as number));
    });
  }
}
