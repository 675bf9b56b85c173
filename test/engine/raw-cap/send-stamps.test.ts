import { expect, test } from 'vitest';
import type { SendBatch } from '../../../src/transport/transport.ts';
import type { Address } from '../../../src/wire/address.ts';
import { SendStamps } from '../../../src/engine/raw-cap/send-stamps.ts';
import { writeSyn } from '../../contract/syn-packet.ts';

const SLOT = 128;

function batchOf(count: number): SendBatch {
  const batch = {
    capacity: count,
    slotSize: SLOT,
    bytes: new Uint8Array(count * SLOT),
    lengths: new Uint16Array(count),
    tags: new Int32Array(count),
    errors: new Int32Array(count),
    sentAt: new Float64Array(count),
    count,
  };
  for (let slot = 0; slot < count; slot++) {
    const fields = { source: 1 as Address, target: 2 as Address, sourcePort: 61000, port: slot + 1, seq: slot * 1000 };
    batch.lengths[slot] = writeSyn(batch.bytes, slot * SLOT, fields);
  }
  return batch;
}

const reply = new Uint8Array(44);
writeSyn(reply, 0, { source: 2 as Address, target: 1 as Address, sourcePort: 80, port: 61000, seq: 5 });

function own(stamps: SendStamps, batch: SendBatch, slot: number): number {
  return stamps.take(batch.bytes, slot * SLOT, batch.lengths[slot] as number);
}

test('own packets get their send times, once each; replies get none', () => {
  const stamps = new SendStamps();
  const batch = batchOf(3);
  [10, 20, 30].forEach((at, slot) => stamps.sent(batch, slot, at));
  expect(own(stamps, batch, 0)).toBe(10);
  expect(stamps.take(reply, 0, 44)).toBe(-1);
  expect(own(stamps, batch, 0)).toBe(-1);
  expect(own(stamps, batch, 1)).toBe(20);
  expect(stamps.expecting).toBe(true);
  expect(own(stamps, batch, 2)).toBe(30);
  expect(stamps.expecting).toBe(false);
});

test('what a later own packet overtook is expected no longer', () => {
  const stamps = new SendStamps();
  const batch = batchOf(2);
  stamps.sent(batch, 0, 10);
  stamps.sent(batch, 1, 20);
  expect(own(stamps, batch, 1)).toBe(20);
  expect(own(stamps, batch, 0)).toBe(-1);
  expect(stamps.expecting).toBe(false);
});

test('settling gives up what was sent until then, and nothing that was sent since', () => {
  const stamps = new SendStamps();
  const batch = batchOf(3);
  stamps.sent(batch, 0, 10);
  const before = stamps.count;
  stamps.sent(batch, 1, 20);
  stamps.settle(before);
  expect(own(stamps, batch, 0)).toBe(-1);
  expect(own(stamps, batch, 1)).toBe(20);
  stamps.sent(batch, 2, 30);
  stamps.settle(before);
  expect(own(stamps, batch, 2)).toBe(30);
});

test('a packet too short for ports is nobody’s', () => {
  const stamps = new SendStamps();
  stamps.sent(batchOf(1), 0, 10);
  expect(stamps.take(reply, 0, 22)).toBe(-1);
});

test('more packets than there are places: the oldest are given up, the others keep their times', () => {
  const stamps = new SendStamps();
  const batch = batchOf(300);
  for (let slot = 0; slot < 300; slot++) stamps.sent(batch, slot, slot);
  expect(own(stamps, batch, 40)).toBe(-1);
  expect(own(stamps, batch, 44)).toBe(44);
  expect(own(stamps, batch, 299)).toBe(299);
});
