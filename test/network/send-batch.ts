import type { SendBatch } from '../../src/transport/transport.ts';

/** An empty batch of `capacity` slots, each of `slotSize` bytes. */
export function sendBatch(capacity: number, slotSize: number): SendBatch {
  return {
    capacity,
    slotSize,
    bytes: new Uint8Array(capacity * slotSize),
    lengths: new Uint16Array(capacity),
    tags: new Int32Array(capacity),
    errors: new Int32Array(capacity),
    sentAt: new Float64Array(capacity),
    count: 0,
  };
}
