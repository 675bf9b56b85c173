import { describe, expect, test } from 'vitest';
import { openRawIpSender, RawIpSender } from '../../../src/engine/packet-ring/raw-ip-sender.ts';
import { Errno } from '../../../src/transport/errno.ts';
import type { SendBatch } from '../../../src/transport/transport.ts';
import { PacketKernel } from './packet-kernel.ts';

interface Opened {
  readonly kernel: PacketKernel;
  readonly sender: RawIpSender;
  /** How often the event loop was told that a thread is done. */
  readonly told: () => number;
  post(): boolean;
}

function open(posts = true): Opened {
  const kernel = new PacketKernel();
  let clock = 0;
  const sender = openRawIpSender(kernel.calls, { device: null, now: () => (clock += 1), posts });
  if (!(sender instanceof RawIpSender)) throw new Error(sender.message);
  let told = 0;
  return { kernel, sender, told: () => told, post: () => sender.posting?.post(() => (told += 1)) ?? false };
}

/** Fills the batch with `count` packets called after `name`; returns them as the kernel reads them. */
function fill({ sender }: Opened, name: string, count: number): string[] {
  const { batch } = sender;
  const packets = Array.from({ length: count }, (_, slot) => `${name} packet ${slot}, long enough`);
  for (const [slot, packet] of packets.entries()) {
    batch.bytes.set(Buffer.from(packet), slot * batch.slotSize);
    batch.lengths[slot] = packet.length;
    batch.errors[slot] = 999;
  }
  batch.count = count;
  return packets;
}

const errorsOf = ({ errors, count }: SendBatch): number[] => [...errors.subarray(0, count)];
const none = (count: number): number[] => Array.from({ length: count }, () => 0);

describe('a raw IP sender that posts', () => {
  test('hands the batch over, goes on with another, and has it back when the kernel has taken it, before the event loop knows', () => {
    const opened = open();
    const { kernel, sender } = opened;
    const packets = fill(opened, 'first', 100);
    const { batch } = sender;
    expect(opened.post()).toBe(true);
    expect(sender.batch).not.toBe(batch);
    expect(sender.posting?.settled()).toBeNull();
    const tell = kernel.sendAside();
    expect(sender.posting?.settled()).toBe(batch);
    expect(errorsOf(batch)).toEqual(none(100));
    expect(kernel.sent).toEqual(packets);
    expect(sender.posting?.settled()).toBeNull();
    tell();
    expect(opened.told()).toBe(1);
    expect(sender.posting?.settled()).toBeNull();
  });

  test('sends here while the thread is busy, and hands over the rest once it is free', () => {
    const opened = open();
    const { kernel, sender } = opened;
    const first = fill(opened, 'first', 128);
    opened.post();
    const second = fill(opened, 'second', 256);
    const { batch } = sender;
    let calls = 0;
    kernel.meanwhile = () => {
      calls += 1;
      if (calls === 3) kernel.sendAside()();
    };
    expect(opened.post()).toBe(true);
    expect(kernel.sent).toEqual([...second.slice(0, 64), ...first, ...second.slice(64, 96)]);
    expect(kernel.aside).toMatchObject([{ count: 160 }]);
    expect(sender.posting?.settled()?.count).toBe(128);
    expect(sender.posting?.settled()).toBeNull();
    kernel.sendAside()();
    expect(sender.posting?.settled()).toBe(batch);
    expect(errorsOf(batch)).toEqual(none(256));
    expect(kernel.sent.slice(224)).toEqual(second.slice(96));
  });

  test('sends all here while the thread stays busy, and loses none of three batches', () => {
    const opened = open();
    const { kernel, sender } = opened;
    const names = ['a', 'b', 'c', 'd'];
    const all: string[] = [];
    for (const name of names) {
      all.push(...fill(opened, name, 70));
      expect(opened.post()).toBe(true);
      if (name !== 'a') expect(sender.posting?.settled()?.count).toBe(70);
      expect(sender.posting?.settled()).toBeNull();
    }
    kernel.sendAside()();
    expect(sender.posting?.settled()?.count).toBe(70);
    expect(kernel.sent.toSorted()).toEqual(all.toSorted());
  });

  test('asks again for what the thread could not send: only so the reason is known', () => {
    const opened = open();
    const { kernel, sender } = opened;
    fill(opened, 'one', 100);
    const { batch } = sender;
    opened.post();
    const tell = kernel.sendAside(10);
    expect(sender.posting?.settled()).toBeNull();
    tell();
    kernel.script.push(-Errno.EPERM, 32, 32, -Errno.ENOBUFS);
    expect(sender.posting?.settled()).toBe(batch);
    const queueWasFull = Array.from({ length: 25 }, () => Errno.ENOBUFS);
    expect(errorsOf(batch)).toEqual([...none(10), Errno.EPERM, ...none(64), ...queueWasFull]);
    expect(kernel.sent).toHaveLength(74);
  });

  test('does not for a few packets, nor where it is not asked to', () => {
    const opened = open();
    fill(opened, 'few', 63);
    expect(opened.post()).toBe(false);
    opened.sender.flush();
    expect(errorsOf(opened.sender.batch)).toEqual(none(63));
    expect(open(false).sender.posting).toBeNull();
  });

  test('keeps the socket and the memory until the thread has done with them', async () => {
    const opened = open();
    const { kernel, sender } = opened;
    fill(opened, 'late', 64);
    opened.post();
    const closing = sender.close();
    expect([kernel.open, kernel.mapped.length]).toEqual([1, 3]);
    kernel.sendAside()();
    await closing;
    expect([kernel.open, kernel.mapped.length]).toEqual([0, 0]);
    fill(opened, 'after', 64);
    expect(opened.post()).toBe(false);
    await sender.close();
  });
});
