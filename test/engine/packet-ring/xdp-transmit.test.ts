import { describe, expect, test } from 'vitest';
import { HEADER_WORDS } from '../../../src/engine/packet-ring/frame-slots.ts';
import { openXdpTransmit, XdpTransmit } from '../../../src/engine/packet-ring/xdp-transmit.ts';
import { Errno } from '../../../src/transport/errno.ts';
import { type Kick, XdpKernel } from './xdp-kernel.ts';

const HEADERS = new Uint16Array(new TextEncoder().encode('ETHERNETHEADER..').buffer);

function open(kernel: XdpKernel): XdpTransmit {
  const transmit = openXdpTransmit(kernel.calls, 3);
  if (!(transmit instanceof XdpTransmit)) throw new Error(transmit.message);
  return transmit;
}

/** Writes a text into each slot, stages it and sends. */
function sendTexts(transmit: XdpTransmit, texts: readonly string[]): number {
  const { batch } = transmit;
  texts.forEach((text, slot) => {
    batch.bytes.set(Buffer.from(text), slot * batch.slotSize);
    transmit.frames.setHeader(transmit.frameOf(slot), HEADERS, 0, 0);
    batch.lengths[slot] = text.length;
  });
  transmit.stage(0, texts.length);
  return transmit.send();
}

const frames = (texts: readonly string[]): string[] => texts.map((text) => `ETHERNETHEADER${text}`);
const numbered = (count: number, prefix = 'packet'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix} ${index}`);

const repeated = (count: number, kick: Kick): Kick[] => Array.from({ length: count }, () => kick);

describe('an AF_XDP transmit ring', () => {
  test('sends slots as frames, in order, for longer than its ring', () => {
    expect(HEADER_WORDS * 2).toBe(HEADERS.byteLength);
    const kernel = new XdpKernel();
    const transmit = open(kernel);
    const all: string[] = [];
    for (let round = 0; round < 50; round++) {
      const texts = numbered(transmit.chunk, `round ${round}`);
      expect(transmit.begin()).toBe(0);
      expect(sendTexts(transmit, texts)).toBe(texts.length);
      transmit.finish();
      all.push(...frames(texts));
    }
    expect(kernel.sent).toEqual(all);
    transmit.close();
    transmit.close();
    expect([kernel.open, kernel.mapped]).toEqual([0, 0]);
  });

  test('tries again when the card is full for a moment', () => {
    const kernel = new XdpKernel();
    const transmit = open(kernel);
    kernel.script.push({ take: 5, result: -Errno.EAGAIN }, { take: 0, result: -Errno.ENOBUFS });
    expect(sendTexts(transmit, numbered(20))).toBe(20);
    expect(transmit.errno).toBe(0);
    expect(kernel.sent).toEqual(frames(numbered(20)));
  });

  test.each([false, true])(
    'takes back what the card has no room for, so that it leaves once and only once (old kernel: %s)',
    (tellsLate) => {
      const kernel = new XdpKernel();
      kernel.tellsLate = tellsLate;
      const transmit = open(kernel);
      const texts = numbered(20);
      for (let round = 0; round < 3; round++) {
        kernel.sent.length = 0;
        kernel.script.push({ take: 7, result: -Errno.EAGAIN }, ...repeated(3, { take: 0, result: -Errno.EAGAIN }));
        expect(transmit.begin()).toBe(0);
        expect(sendTexts(transmit, texts)).toBe(7);
        expect(transmit.errno).toBe(Errno.EAGAIN);
        transmit.finish();
        expect(transmit.begin()).toBe(0);
        expect(sendTexts(transmit, texts.slice(7))).toBe(13);
        transmit.finish();
        expect(kernel.sent).toEqual(frames(texts));
      }
    },
  );

  test('says which frame the driver dropped', () => {
    const kernel = new XdpKernel();
    const transmit = open(kernel);
    kernel.script.push({ take: 4, result: -Errno.EBUSY });
    expect(sendTexts(transmit, numbered(10))).toBe(3);
    expect(transmit.errno).toBe(Errno.ENOBUFS);
    expect(sendTexts(transmit, ['next'])).toBe(1);
    expect(kernel.sent).toEqual(frames([...numbered(4), 'next']));
  });

  test('sends nothing of a dead link when it comes back', () => {
    const kernel = new XdpKernel();
    const transmit = open(kernel);
    const down = { take: 0, result: -Errno.ENETDOWN, looks: false };
    for (let round = 0; round < 40; round++) {
      kernel.script.splice(0, Infinity, ...repeated(8, down));
      const refusal = transmit.begin();
      expect(refusal === 0 || (refusal === Errno.ENETDOWN && round >= 6)).toBe(true);
      if (refusal !== 0) continue;
      expect(sendTexts(transmit, numbered(transmit.chunk, 'dead'))).toBe(0);
      expect(transmit.errno).toBe(Errno.ENETDOWN);
      transmit.finish();
    }
    kernel.script.length = 0;
    expect(transmit.begin()).toBe(0);
    expect(sendTexts(transmit, ['alive'])).toBe(1);
    transmit.finish();
    kernel.script.push(...repeated(4, { take: 1, result: -Errno.EAGAIN }));
    transmit.begin();
    expect(sendTexts(transmit, numbered(9))).toBe(4);
    expect(kernel.sent.filter((frame) => frame.includes('dead'))).toEqual([]);
    expect(kernel.sent.slice(-4)).toEqual(frames(numbered(4)));
  });

  test('does not hand out slots whose frames are in flight', () => {
    const kernel = new XdpKernel();
    kernel.completesAtOnce = false;
    const transmit = open(kernel);
    const windows = new Set([transmit.batch.bytes]);
    let batches = 0;
    for (; transmit.begin() === 0; batches++) {
      expect(sendTexts(transmit, numbered(10, `batch ${batches}`))).toBe(10);
      transmit.finish();
      expect(windows.has(transmit.batch.bytes)).toBe(false);
      windows.add(transmit.batch.bytes);
    }
    expect(batches).toBe(3);
    expect(transmit.begin()).toBe(Errno.EAGAIN);
    transmit.finish();
    kernel.complete(9);
    expect(transmit.begin()).toBe(Errno.EAGAIN);
    kernel.complete(1);
    expect(transmit.begin()).toBe(0);
  });

  test('kicks for no more than the kernel takes at a time', () => {
    const old = new XdpKernel();
    old.budgetResult = -Errno.ENOPROTOOPT;
    expect(open(old).chunk).toBe(32);
    expect(open(new XdpKernel()).chunk).toBe(128);
  });

  test('sends nothing once it is closed', () => {
    const kernel = new XdpKernel();
    const transmit = open(kernel);
    transmit.close();
    expect(transmit.begin()).toBe(Errno.EBADF);
    expect(sendTexts(transmit, ['late'])).toBe(0);
    expect(transmit.errno).toBe(Errno.EBADF);
    expect(kernel.sent).toEqual([]);
  });
});

describe('opening an AF_XDP transmit ring', () => {
  const refused = (kernel: XdpKernel): unknown => {
    const problem = openXdpTransmit(kernel.calls, 3);
    expect([kernel.open, kernel.mapped]).toEqual([0, 0]);
    return problem;
  };

  test('makes do with less locked memory', () => {
    const kernel = new XdpKernel();
    kernel.lockable = 200 * 1024;
    const transmit = open(kernel);
    expect(transmit.batch.capacity).toBe(32);
    expect([kernel.open, kernel.mapped]).toEqual([1, 3]);
    expect(sendTexts(transmit, numbered(32))).toBe(32);
  });

  test('says what to do when there is too little of it', () => {
    const kernel = new XdpKernel();
    kernel.lockable = 0;
    expect(refused(kernel)).toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('ENOBUFS'),
      hint: expect.stringContaining('ulimit -l'),
    });
  });

  test('waits for a queue that was just closed', () => {
    const kernel = new XdpKernel();
    kernel.binds.push(-Errno.EBUSY, -Errno.EBUSY);
    open(kernel);
    expect(kernel.binds).toEqual([]);
  });

  test('gives up after a tenth of a second when the queue stays taken', () => {
    const kernel = new XdpKernel();
    kernel.binds.push(...Array<number>(1000).fill(-Errno.EBUSY));
    const started = performance.now();
    expect(refused(kernel)).toMatchObject({
      message: expect.stringContaining('EBUSY'),
      hint: expect.stringContaining('another program'),
    });
    expect(performance.now() - started).toBeGreaterThan(90);
    expect(kernel.binds.length).toBeGreaterThan(900);
  });

  test('says so when it is not permitted, or not built in', () => {
    const kernel = new XdpKernel();
    kernel.socketResult = -Errno.EPERM;
    expect(refused(kernel)).toMatchObject({ message: expect.stringContaining('not permitted') });
    kernel.socketResult = -Errno.EAFNOSUPPORT;
    expect(refused(kernel)).toMatchObject({ code: 'not-supported', hint: 'this kernel is built without AF_XDP' });
  });
});
