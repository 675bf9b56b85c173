import { describe, expect, test } from 'vitest';
import { openPacketTransmit, PacketTransmit } from '../../../src/engine/packet-ring/packet-transmit.ts';
import { Errno } from '../../../src/transport/errno.ts';
import { PacketKernel } from './packet-kernel.ts';

const HEADERS = new Uint16Array(new TextEncoder().encode('ETHERNETHEADER..').buffer);

function open(kernel: PacketKernel): PacketTransmit {
  const transmit = openPacketTransmit(kernel.calls, 3);
  if (!(transmit instanceof PacketTransmit)) throw new Error(transmit.message);
  return transmit;
}

function stage(transmit: PacketTransmit, slots: readonly number[]): void {
  const { batch } = transmit;
  for (const slot of slots) {
    const text = `packet ${slot}`;
    batch.bytes.set(Buffer.from(text), slot * batch.slotSize);
    transmit.frames.setHeader(transmit.frameOf(slot), HEADERS, 0, 0);
    batch.lengths[slot] = text.length;
    transmit.stage(slot, 1);
  }
}

const frames = (slots: readonly number[]): string[] => slots.map((slot) => `ETHERNETHEADERpacket ${slot}`);

describe('a packet socket', () => {
  test('sends any slots in order, every message with the right address', () => {
    const kernel = new PacketKernel();
    const transmit = open(kernel);
    for (const slots of [[0, 1, 2], [5, 2, 255], [0, 1], Array.from({ length: transmit.chunk }, (_, index) => 255 - index)]) {
      kernel.sent.length = 0;
      expect(transmit.begin()).toBe(0);
      stage(transmit, slots);
      expect([transmit.send(), transmit.errno]).toEqual([slots.length, 0]);
      expect(kernel.sent).toEqual(frames(slots));
    }
  });

  test('goes on after partial sends and signals', () => {
    const kernel = new PacketKernel();
    const transmit = open(kernel);
    kernel.script.push(3, -Errno.EINTR, 1);
    stage(transmit, [0, 1, 2, 3, 4, 5]);
    expect([transmit.send(), transmit.errno]).toEqual([6, 0]);
    expect(kernel.sent).toEqual(frames([0, 1, 2, 3, 4, 5]));
  });

  test.each([Errno.ENOBUFS, Errno.EAGAIN, Errno.ENETDOWN, Errno.EMSGSIZE])('stops at errno %i', (errno) => {
    const kernel = new PacketKernel();
    const transmit = open(kernel);
    kernel.script.push(2, -errno);
    stage(transmit, [0, 1, 2, 3]);
    expect([transmit.send(), transmit.errno]).toEqual([2, errno]);
    stage(transmit, [9]);
    expect([transmit.send(), transmit.errno]).toEqual([1, 0]);
    expect(kernel.sent).toEqual(frames([0, 1, 9]));
  });

  test('leaves nothing open', () => {
    const kernel = new PacketKernel();
    const transmit = open(kernel);
    transmit.close();
    transmit.close();
    expect([kernel.open, kernel.mapped]).toEqual([0, []]);
    expect(transmit.begin()).toBe(Errno.EBADF);
    stage(transmit, []);
    expect([transmit.send(), transmit.errno]).toEqual([0, Errno.EBADF]);
    kernel.bindResult = -Errno.ENODEV;
    expect(openPacketTransmit(kernel.calls, 3)).toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('ENODEV'),
    });
    expect([kernel.open, kernel.mapped]).toEqual([0, []]);
  });
});
