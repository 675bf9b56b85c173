import { describe, expect, test } from 'vitest';
import type { SystemCalls } from '../../../src/engine/linux/system-calls.ts';
import { EthernetSender } from '../../../src/engine/packet-ring/ethernet-sender.ts';
import { frameMemory, FrameSlots, largestPacket, SLOT_BYTES, slotBytesFor } from '../../../src/engine/packet-ring/frame-slots.ts';
import { HopState, HopTable } from '../../../src/engine/packet-ring/hop-table.ts';
import type { NextHops } from '../../../src/engine/packet-ring/next-hops.ts';
import { newBatch } from '../../../src/engine/engine.ts';
import type { FrameTransmit, PacketSender } from '../../../src/engine/packet-ring/sender.ts';
import { Errno } from '../../../src/transport/errno.ts';
import { parseAddress, writeAddress, type Address } from '../../../src/wire/address.ts';

const address = (text: string): Address => parseAddress(text) as Address;
const SOURCE = address('10.0.0.1');
const SLOTS = 16;
const CHUNK = 4;

/** Takes frames, or as many as `room` says; `log` has what left in order, by destination. */
class FakeTransmit implements FrameTransmit {
  readonly path = 'af-xdp';
  readonly frames = new FrameSlots({ address: 0, bytes: new ArrayBuffer(frameMemory(SLOTS)) }, 1, SLOTS);
  readonly batch = newBatch(this.frames.windows[0] as Uint8Array, SLOTS, SLOT_BYTES);
  readonly chunk = CHUNK;
  readonly log: string[];
  errno = 0;
  room = Infinity;
  refusal = 0;
  largestChunk = 0;
  #staged: number[] = [];

  constructor(log: string[]) {
    this.log = log;
  }
  begin(): number {
    return this.refusal;
  }
  frameOf(slot: number): number {
    return slot;
  }
  stage(first: number, count: number): void {
    for (let slot = first; slot < first + count; slot++) this.#staged.push(slot);
  }
  send(): number {
    const staged = this.#staged;
    this.#staged = [];
    this.largestChunk = Math.max(this.largestChunk, staged.length);
    const sent = Math.min(staged.length, this.room);
    this.room -= sent;
    this.errno = sent < staged.length ? Errno.ENOBUFS : 0;
    for (const slot of staged.slice(0, sent)) this.log.push(`${this.#destination(slot)} by frame to ${this.#hop(slot)}`);
    return sent;
  }
  finish(): void {}
  close(): void {}

  #destination(slot: number): string {
    return [...this.batch.bytes.subarray(slot * SLOT_BYTES + 16, slot * SLOT_BYTES + 20)].join('.');
  }

  #hop(slot: number): string {
    return Buffer.from(this.frames.memory.bytes, slot * SLOT_BYTES + 2, 14).toString('hex');
  }
}

/** Destinations in 10.1/16 have a hop. */
function fakeHops(): NextHops {
  const table = new HopTable();
  const hop = table.hopAt(address('10.0.0.254'), 0);
  table.resolve(hop, Uint8Array.of(2, 0, 0, 0, 0, 9), Uint8Array.of(2, 0, 0, 0, 0, 1));
  table.states[hop] = HopState.ready;
  const find = (word: number): number => (new Uint8Array(Uint32Array.of(word).buffer)[1] === 1 ? hop : -1);
  return { table, link: { mtu: 1500 }, turn: () => undefined, find, close: () => undefined } as unknown as NextHops;
}

function fakeFallback(log: string[], capacity: number): PacketSender & { errors: number[] } {
  const batch = newBatch(new Uint8Array(capacity * 512), capacity, 512);
  const errors: number[] = [];
  const flush = (): void => {
    for (let slot = 0; slot < batch.count; slot++) {
      batch.errors[slot] = errors.shift() ?? 0;
      batch.sentAt[slot] = 77;
      if (batch.errors[slot] === 0)
        log.push(`${[...batch.bytes.subarray(slot * 512 + 16, slot * 512 + 20)].join('.')} by kernel`);
    }
  };
  return { path: 'raw-ip', batch, errors, flush, posting: null, close: () => Promise.resolve() };
}

function open(capacity = 3): {
  sender: EthernetSender;
  transmit: FakeTransmit;
  fallback: ReturnType<typeof fakeFallback>;
  log: string[];
} {
  const log: string[] = [];
  const transmit = new FakeTransmit(log);
  const fallback = fakeFallback(log, capacity);
  let clock = 0;
  const options = {
    calls: {} as SystemCalls,
    interface: 'eth0',
    source: SOURCE,
    bound: false,
    slotBytes: SLOT_BYTES,
    fallback,
    now: () => ++clock,
  };
  return { sender: new EthernetSender(options, { hops: fakeHops(), transmit, why: 'a test' }), transmit, fallback, log };
}

function fill(sender: EthernetSender, destinations: readonly string[], source: Address = SOURCE): void {
  const { batch } = sender;
  destinations.forEach((destination, slot) => {
    writeAddress(batch.bytes, slot * SLOT_BYTES + 12, source);
    writeAddress(batch.bytes, slot * SLOT_BYTES + 16, address(destination));
    batch.lengths[slot] = 44;
    batch.errors[slot] = -1;
  });
  batch.count = destinations.length;
}

const errorsOf = ({ batch }: EthernetSender): number[] => [...batch.errors.subarray(0, batch.count)];
const HEADER = '0200000000090200000000010800';
const framed = (destination: string): string => `${destination} by frame to ${HEADER}`;
const near = (count: number): string[] => Array.from({ length: count }, (_, index) => `10.1.0.${index}`);

describe('an Ethernet sender', () => {
  test('sends frames in chunks, in order, each stamped before its chunk left', () => {
    const { sender, transmit, log } = open();
    fill(sender, near(10));
    sender.flush();
    expect(log).toEqual(near(10).map(framed));
    expect(errorsOf(sender)).toEqual(Array(10).fill(0));
    expect(transmit.largestChunk).toBe(CHUNK);
    const stamps = [...sender.batch.sentAt.subarray(0, 10)];
    expect(new Set(stamps).size).toBe(3);
    expect(stamps.toSorted((a, b) => a - b)).toEqual(stamps);
  });

  test('gives the kernel what has no hop, in order, and copies what became of it', () => {
    const { sender, fallback, log } = open(3);
    const destinations = ['10.2.0.1', '10.1.0.1', '10.2.0.2', '10.2.0.3', '10.2.0.4', '10.1.0.2'];
    fallback.errors.push(0, Errno.EHOSTUNREACH, 0, Errno.EAGAIN);
    fill(sender, destinations);
    sender.flush();
    expect(log.filter((line) => line.includes('kernel'))).toEqual(['10.2.0.1 by kernel', '10.2.0.3 by kernel']);
    expect(log.filter((line) => line.includes('frame'))).toEqual(['10.1.0.1', '10.1.0.2'].map(framed));
    expect(errorsOf(sender)).toEqual([0, 0, Errno.EHOSTUNREACH, 0, Errno.EAGAIN, 0]);
    expect(sender.batch.sentAt[0]).toBe(77);
  });

  test('gives the kernel packets from other sources: it may have to fill the source in, or to route by it', () => {
    const { sender, log } = open();
    fill(sender, ['10.1.0.1'], address('0.0.0.0'));
    sender.flush();
    expect(log).toEqual(['10.1.0.1 by kernel']);
  });

  test("tries no further frames once the card is full, but what is the kernel's", () => {
    const { sender, transmit, log } = open();
    transmit.room = 5;
    fill(sender, [...near(10), '10.2.0.1']);
    sender.flush();
    expect(errorsOf(sender)).toEqual([0, 0, 0, 0, 0, Errno.ENOBUFS, ...Array<number>(4).fill(Errno.EAGAIN), 0]);
    expect(log.filter((line) => line.includes('frame'))).toEqual(near(5).map(framed));
    transmit.room = Infinity;
    fill(sender, near(2));
    sender.flush();
    expect(errorsOf(sender)).toEqual([0, 0]);
  });

  test('sends no frame while none may be sent', () => {
    const { sender, transmit, log } = open();
    transmit.refusal = Errno.EAGAIN;
    fill(sender, ['10.1.0.1', '10.2.0.1']);
    sender.flush();
    expect(errorsOf(sender)).toEqual([Errno.EAGAIN, 0]);
    expect(log).toEqual(['10.2.0.1 by kernel']);
  });

  test('refuses packets that are too long for the link, or for the other batch', () => {
    const { sender } = open();
    fill(sender, ['10.1.0.1', '10.1.0.2', '10.2.0.1']);
    sender.batch.lengths.set([1501, 1500, 600]);
    sender.flush();
    expect(errorsOf(sender)).toEqual([Errno.EMSGSIZE, 0, Errno.EMSGSIZE]);
    expect(largestPacket(SLOT_BYTES)).toBeGreaterThan(1500);
    for (let bytes = 40; bytes <= 1500; bytes++) expect(largestPacket(slotBytesFor(bytes))).toBeGreaterThanOrEqual(bytes);
    expect(slotBytesFor(60)).toBe(128);
  });
});
