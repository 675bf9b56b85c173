import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { stat } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InterfaceWatch } from '../../../src/engine/linux/interface-watch.ts';
import { RawCapTransport } from '../../../src/engine/raw-cap/raw-cap-transport.ts';
import { SimulatedRoutes } from '../../network/simulated-routes.ts';
import { local } from '../../network/local.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { Address } from '../../../src/wire/address.ts';
import { CaptureLog } from '../../contract/capture-log.ts';
import { writeSyn } from '../../contract/syn-packet.ts';

const PROBER = 1 as Address;
const TARGET = 2 as Address;
const SOURCE_PORT = 61_000;

/** What happens to one SYN: captured at once or kept back for good, and whether an earlier reply is captured right before or right after it. */
interface Fate {
  readonly captured: boolean;
  readonly replyBefore: boolean;
  readonly replyAfter: boolean;
}

/** A frame in the ring, and when it came there. */
interface Frame {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** A transport between a sender and a capture whose ring the test empties when it likes. */
class Ring {
  readonly frames: Frame[] = [];
  readonly transport: RawCapTransport;
  readonly log: CaptureLog;
  #fates: readonly Fate[] = [];
  #nextSeq = 7000;

  constructor() {
    const sender = { send: this.#send.bind(this), close: (): void => undefined };
    this.transport = new RawCapTransport(sender, new InterfaceWatch(new SimulatedRoutes(local()), 'lo'));
    this.transport.attach({ link: 'raw', immediate: true, close: () => undefined });
    this.log = new CaptureLog(this.transport);
  }

  flush(fates: readonly Fate[]): void {
    const { batch } = this.transport;
    this.#fates = fates;
    fates.forEach((_, slot) => {
      const fields = { source: PROBER, target: TARGET, sourcePort: SOURCE_PORT, port: slot + 1, seq: this.#nextSeq++ };
      batch.lengths[slot] = writeSyn(batch.bytes, slot * batch.slotSize, fields);
    });
    batch.count = fates.length;
    this.transport.flush();
    batch.count = 0;
  }

  /** What a poll phase does. */
  deliver(): readonly Frame[] {
    const delivered = this.frames.splice(0);
    for (const { bytes } of delivered) this.transport.onFrame(Uint8Array.from(bytes), bytes.length);
    return delivered;
  }

  reply(): void {
    const bytes = new Uint8Array(64);
    const length = writeSyn(bytes, 0, { source: TARGET, target: PROBER, sourcePort: 80, port: SOURCE_PORT, seq: 5 });
    this.frames.push({ bytes: bytes.subarray(0, length), at: this.transport.now() });
  }

  #send(buffer: Buffer, offset: number, length: number): number {
    const { captured, replyBefore, replyAfter } = this.#fates[offset / this.transport.batch.slotSize] as Fate;
    const bytes = Uint8Array.from(buffer.subarray(offset, offset + length));
    if (captured) this.frames.push({ bytes, at: this.transport.now() });
    if (replyAfter) this.reply();
    // A reply that comes while the kernel is still busy with this SYN, or with the next.
    if (replyBefore) this.reply();
    return 0;
  }
}

const plain: Fate = { captured: true, replyBefore: false, replyAfter: false };

/** Runs `act` in a poll callback, as a promise of a file or a socket would. */
function inPollPhase(act: () => void): Promise<void> {
  return new Promise((resolve) => {
    stat('/', () => {
      act();
      resolve();
    });
  });
}

test('a batch sent in a poll callback: own packets that are delivered in the next poll phase get their send times', async () => {
  const ring = new Ring();
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.on('message', () => ring.deliver());
  let ended = Promise.resolve();
  await inPollPhase(() => {
    ring.flush([plain, plain, plain]);
    ring.reply();
    socket.send('readable', port, '127.0.0.1');
    ended = ring.transport.wait(0);
  });
  await ended;
  await ring.transport.wait(0);
  socket.close();
  const sentAt = [...ring.transport.batch.sentAt.subarray(0, 3)];
  expect(ring.log.heard.slice(0, 3).map(({ at }) => at)).toEqual(sentAt);
  expect(ring.log.heard).toHaveLength(4);
  await ring.transport.close();
});

test('a wait that begins in a poll callback lets what is readable be polled before it ends', async () => {
  const ring = new Ring();
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const order: string[] = [];
  socket.on('message', () => order.push('polled'));
  let ended = Promise.resolve();
  await inPollPhase(() => {
    socket.send('readable', port, '127.0.0.1');
    ended = ring.transport.wait(0).then(() => void order.push('ended'));
  });
  await ended;
  socket.close();
  expect(order).toEqual(['polled', 'ended']);
  await ring.transport.close();
});

test('an own packet that is never captured (its neighbour is unknown) makes no reply older than it is', async () => {
  const ring = new Ring();
  ring.flush([plain, { ...plain, captured: false }]);
  const sentAt = ring.transport.batch.sentAt[1] as number;
  while (ring.transport.now() < sentAt + 2_000_000);
  ring.reply();
  const [, reply] = ring.deliver() as [Frame, Frame];
  await ring.transport.wait(0);
  expect(ring.log.heard).toHaveLength(2);
  expect(ring.log.heard[1]?.at).toBeGreaterThanOrEqual(reply.at);
  await ring.transport.close();
});

test('no own stamp is later than its capture, no reply’s earlier: an RTT is never too short; order is kept, nothing lost', async () => {
  const fate = fc.record({ captured: fc.boolean(), replyBefore: fc.boolean(), replyAfter: fc.boolean() });
  const rounds = fc.array(fc.tuple(fc.array(fate, { maxLength: 16 }), fc.boolean(), fc.boolean()), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(rounds, async (plan) => {
      const ring = new Ring();
      const captured: Frame[] = [];
      for (const [fates, delivers, waits] of plan) {
        ring.flush(fates);
        if (delivers) captured.push(...ring.deliver());
        // A wait stands for a whole poll phase: the ring is empty when it ends.
        if (waits && !delivers) captured.push(...ring.deliver());
        if (waits) await ring.transport.wait(0);
      }
      captured.push(...ring.deliver());
      await ring.transport.wait(0);
      const { heard } = ring.log;
      expect(heard.map(({ bytes }) => [...bytes])).toEqual(captured.map(({ bytes }) => [...bytes]));
      let last = 0;
      heard.forEach(({ at, source, flags }, index) => {
        expect(flags).toBe(TcpFlag.SYN);
        const real = captured[index]?.at as number;
        if (source === TARGET) expect(at).toBeGreaterThanOrEqual(real);
        else expect(at).toBeLessThanOrEqual(real);
        expect(at).toBeGreaterThanOrEqual(last);
        last = at;
      });
      await ring.transport.close();
    }),
    { numRuns: 60 },
  );
});
