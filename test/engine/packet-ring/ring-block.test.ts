import { expect, test } from 'vitest';
import { PacketType, RingBlocks } from '../../../src/engine/packet-ring/ring-block.ts';
import { isHandedOver, writeBlock, type RingFrame } from './ring-bytes.ts';

const BLOCK = 4096;

function frame(fill: number, length: number, packetType: number = PacketType.HOST): RingFrame {
  return { packet: new Uint8Array(length).fill(fill), seconds: 1_900_000_000 + fill, nanos: 999_999_000 + fill, packetType };
}

function walk(blocks: RingBlocks): RingFrame[] {
  const seen: RingFrame[] = [];
  while (blocks.next()) {
    const { bytes, offset, length, seconds, nanos, packetType } = blocks;
    seen.push({ packet: bytes.slice(offset, offset + length), seconds, nanos, packetType });
  }
  return seen;
}

test('an empty ring has nothing to walk', () => {
  const blocks = new RingBlocks(new ArrayBuffer(2 * BLOCK), BLOCK);
  expect(blocks.begin()).toBe(false);
  expect(blocks.next()).toBe(false);
});

test('the frames of a block come out as they went in, whatever their lengths; the block goes back', () => {
  const ring = new ArrayBuffer(2 * BLOCK);
  const frames = [frame(1, 40), frame(2, 41, PacketType.OUTGOING), frame(3, 1500), frame(4, 60)];
  writeBlock(ring, 0, frames);
  const blocks = new RingBlocks(ring, BLOCK);
  expect(blocks.begin()).toBe(true);
  expect(walk(blocks)).toEqual(frames);
  expect(isHandedOver(ring, 0)).toBe(true);
  blocks.release();
  expect(isHandedOver(ring, 0)).toBe(false);
});

test('blocks are taken in turn, round and round; one that is not handed over holds up those behind it', () => {
  const ring = new ArrayBuffer(2 * BLOCK);
  const blocks = new RingBlocks(ring, BLOCK);
  writeBlock(ring, BLOCK, [frame(2, 40)]);
  expect(blocks.begin()).toBe(false);
  writeBlock(ring, 0, [frame(1, 40)]);
  const fills: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    expect(blocks.begin()).toBe(true);
    fills.push(...walk(blocks).map(({ packet }) => packet[0] as number));
    blocks.release();
    if (turn < 3) writeBlock(ring, (turn % 2) * BLOCK, [frame(turn + 3, 40)]);
  }
  expect(fills).toEqual([1, 2, 3, 4, 5]);
  expect(blocks.begin()).toBe(false);
});

test('a reader that gives up in mid-block does not see the rest later', () => {
  const ring = new ArrayBuffer(2 * BLOCK);
  const blocks = new RingBlocks(ring, BLOCK);
  writeBlock(ring, 0, [frame(1, 40), frame(2, 40)]);
  writeBlock(ring, BLOCK, [frame(3, 40)]);
  blocks.begin();
  blocks.next();
  blocks.release();
  expect(blocks.next()).toBe(false);
  expect(blocks.begin()).toBe(true);
  expect(walk(blocks).map(({ packet }) => packet[0])).toEqual([3]);
});
