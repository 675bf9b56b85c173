import { describe, expect, it } from 'vitest';

import { TransmitQueue } from '../../../src/probe/session/transmit-queue.ts';
import { Errno } from '../../../src/transport/errno.ts';
import type { SendBatch } from '../../../src/transport/transport.ts';
import { type Address, parseAddress } from '../../../src/wire/address.ts';
import { encodeTcpPacket } from '../../../src/wire/packet.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';

const HERE = parseAddress('192.0.2.1') as Address;
const THERE = parseAddress('198.51.100.7') as Address;

function syn(seq: number, id = 1): Uint8Array {
  const ports = { sourcePort: 40_000, destinationPort: 80 };
  return encodeTcpPacket({ source: HERE, destination: THERE, ...ports, seq, id, flags: TcpFlag.SYN });
}

function batchOf(capacity: number): SendBatch {
  return {
    capacity,
    slotSize: 128,
    bytes: new Uint8Array(capacity * 128).fill(0xa5),
    lengths: new Uint16Array(capacity),
    tags: new Int32Array(capacity),
    errors: new Int32Array(capacity),
    sentAt: new Float64Array(capacity),
    count: 0,
  };
}

function slot(batch: SendBatch, index: number): Uint8Array {
  const start = index * batch.slotSize;
  return batch.bytes.slice(start, start + (batch.lengths[index] as number));
}

describe('TransmitQueue', () => {
  it('writes packets in order, as many as a batch holds', () => {
    const transmitQueue = new TransmitQueue();
    const batch = batchOf(2);
    for (const seq of [1, 2, 3]) transmitQueue.post(syn(seq));
    expect(transmitQueue.fill(10, batch)).toBe(10);
    expect([slot(batch, 0), slot(batch, 1)]).toEqual([syn(1), syn(2)]);
    expect(transmitQueue.flushed(11, batch)).toBe(11);
    expect(transmitQueue.fill(12, batch)).toBe(Infinity);
    expect(slot(batch, 0)).toEqual(syn(3));
  });

  it('says when a packet left: by the transport, and better by the capture', () => {
    const transmitQueue = new TransmitQueue();
    const batch = batchOf(2);
    const posted = transmitQueue.post(syn(1));
    expect(posted.sentAt).toBeNull();
    transmitQueue.fill(0, batch);
    batch.sentAt[0] = 5;
    transmitQueue.flushed(6, batch);
    expect(posted.sentAt).toBe(5);
    expect(transmitQueue.stamp(syn(2), 0, 40, 7)).toBe(false);
    const captured = new Uint8Array(64);
    captured.set(syn(1), 14);
    expect(transmitQueue.stamp(captured, 14, 50, 7)).toBe(true);
    expect(posted.sentAt).toBe(7);
    expect(transmitQueue.stamp(captured, 14, 50, 8)).toBe(false);
    expect(posted.sentAt).toBe(7);
  });

  it('knows a packet whose source, ID and checksums were filled in on the way out', () => {
    const transmitQueue = new TransmitQueue();
    const batch = batchOf(1);
    const bytes = syn(1, 0);
    bytes.fill(0, 12, 16);
    transmitQueue.post(bytes);
    transmitQueue.fill(0, batch);
    transmitQueue.flushed(0, batch);
    const seen = syn(1, 77);
    seen[36] = 0;
    seen[37] = 0x1c;
    expect(transmitQueue.stamp(seen, 0, seen.length, 3)).toBe(true);
  });

  it('tries again, in order, what a full queue did not take, after a pause', () => {
    const transmitQueue = new TransmitQueue();
    const batch = batchOf(4);
    const all = [1, 2, 3].map((seq) => transmitQueue.post(syn(seq)));
    transmitQueue.fill(0, batch);
    batch.errors.set([0, Errno.ENOBUFS, Errno.ENOBUFS]);
    const again = transmitQueue.flushed(0, batch);
    expect(again).toBeGreaterThan(0);
    expect(transmitQueue.fill(1, batch)).toBe(again);
    expect(batch.count).toBe(0);
    transmitQueue.fill(again, batch);
    expect([slot(batch, 0), slot(batch, 1)]).toEqual([syn(2), syn(3)]);
    batch.errors.fill(0);
    expect(transmitQueue.flushed(again, batch)).toBe(Infinity);
    expect(all.map(({ errno }) => errno)).toEqual([0, 0, 0]);
  });

  it('keeps the errno of a packet that was refused for good', () => {
    const transmitQueue = new TransmitQueue();
    const batch = batchOf(1);
    const posted = transmitQueue.post(syn(1));
    transmitQueue.fill(0, batch);
    batch.errors[0] = Errno.ENETUNREACH;
    transmitQueue.flushed(0, batch);
    expect(posted).toMatchObject({ sentAt: null, errno: Errno.ENETUNREACH });
    expect(transmitQueue.size).toBe(0);
  });
});
