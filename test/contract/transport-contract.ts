import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { NANOS_PER_MS } from '../../src/wire/numbers.ts';
import type { Address } from '../../src/wire/address.ts';
import type { Routes, Transport } from '../../src/transport/transport.ts';
import { CaptureLog, type Heard } from './capture-log.ts';
import { writeSyn, type SynFields } from './syn-packet.ts';

/** A transport just opened to a lab: what each engine's test provides. */
export interface ContractLab {
  readonly transport: Transport;
  readonly routes: Routes;
  /** At least 64 reserved ports of this host that are captured. */
  readonly sourcePorts: readonly number[];
  /** A host within 100 ms. */
  readonly target: Address;
  /** Answers with a SYN-ACK. */
  readonly openPort: number;
  /** Answers with RST. */
  readonly closedPort: number;
  /** Drops SYNs. */
  readonly silentPort: number;
  /** Whether large batches can be posted: always, sometimes, or never. */
  readonly posts: 'large' | 'some' | 'never';
  /** An unreachable address: no route, or a neighbour that does not answer. */
  readonly unroutable: Address;
  /** Lets time pass outside `wait`: a sleep on a real clock, an advance of a virtual one. */
  idle(milliseconds: number): Promise<void>;
  /** Takes the lab down; the transport is closed by then. */
  close(): Promise<void>;
}

/**
 * Runs the engine contract over the transport that `open` returns: opened once, closed by the last test.
 */
export function describeTransportContract(name: string, open: () => Promise<ContractLab>): void {
  describe(`transport contract: ${name}`, () => {
    let lab: ContractLab;
    let nextPort = 0;
    let nextSeq = 0xfffffff0;

    beforeAll(async () => {
      lab = await open();
    });
    afterAll(async () => {
      await lab.transport.close();
      await lab.close();
    });

    function source(): Address {
      const index = lab.routes.lookup(lab.target);
      expect(index).toBeGreaterThanOrEqual(0);
      return lab.routes.sources[index]?.address as Address;
    }

    /**
     * A SYN with an unused source port and ISN; the first ISNs are at the wrap of the sequence space.
     */
    function syn(port: number, target: Address = lab.target): SynFields {
      const sourcePort = lab.sourcePorts[nextPort++ % lab.sourcePorts.length] as number;
      nextSeq = (nextSeq + 15) >>> 0;
      return { source: source(), target, sourcePort, port, seq: nextSeq };
    }

    function fill(syns: readonly SynFields[]): void {
      const { batch } = lab.transport;
      syns.forEach((one, slot) => {
        batch.lengths[slot] = writeSyn(batch.bytes, slot * batch.slotSize, one);
        batch.tags[slot] = slot + 1000;
        batch.errors[slot] = 999;
        batch.sentAt[slot] = -1;
      });
      batch.count = syns.length;
    }

    function send(...syns: readonly SynFields[]): void {
      fill(syns);
      lab.transport.flush();
      lab.transport.batch.count = 0;
    }

    /** When `sent` left: the capture's stamp where the engine sees its own packets, else that of its slot. */
    function stampOf(sent: SynFields, log: CaptureLog, slot: number): number {
      const own = log.heard.find(
        (one) => one.flags === TcpFlag.SYN && one.sourcePort === sent.sourcePort && one.seq === sent.seq,
      );
      return own?.at ?? (lab.transport.batch.sentAt[slot] as number);
    }

    test('a batch has the room that it declares', () => {
      const { batch } = lab.transport;
      expect(batch.capacity).toBeGreaterThanOrEqual(1);
      expect(batch.slotSize).toBeGreaterThanOrEqual(128);
      expect(batch.bytes.length).toBeGreaterThanOrEqual(batch.capacity * batch.slotSize);
      for (const column of [batch.lengths, batch.tags, batch.errors, batch.sentAt]) {
        expect(column.length).toBeGreaterThanOrEqual(batch.capacity);
      }
      expect(batch.count).toBe(0);
    });

    test('a healthy transport has no fault, and counts drops or returns null', () => {
      expect(lab.transport.fault()).toBeNull();
      expect(lab.transport.drops() ?? 0).toBeGreaterThanOrEqual(0);
    });

    test('now never goes back', async () => {
      let last = lab.transport.now();
      expect(last).toBeGreaterThanOrEqual(0);
      for (let turn = 0; turn < 20; turn++) {
        await lab.transport.wait(last + NANOS_PER_MS / 10);
        const now = lab.transport.now();
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
    });

    test('flush judges every slot, stamps it, and leaves count and tags alone', () => {
      const { transport } = lab;
      const many = Math.min(8, transport.batch.capacity);
      fill(Array.from({ length: many }, () => syn(lab.silentPort)));
      const before = transport.now();
      transport.flush();
      expect(transport.batch.count).toBe(many);
      expect([...transport.batch.errors.subarray(0, many)]).toEqual(Array.from({ length: many }, () => 0));
      expect([...transport.batch.tags.subarray(0, many)]).toEqual(Array.from({ length: many }, (_, slot) => slot + 1000));
      let last = before;
      for (const stamp of transport.batch.sentAt.subarray(0, many)) {
        expect(stamp).toBeGreaterThanOrEqual(last);
        last = stamp;
      }
      expect(transport.now()).toBeGreaterThanOrEqual(last);
      transport.batch.count = 0;
    });

    test('after post the batch is another one; the posted one returns with every slot judged, its packets answered', async () => {
      const { transport, posts, sourcePorts } = lab;
      const log = new CaptureLog(transport);
      const many = Math.min(transport.batch.capacity, sourcePorts.length);
      let isPosted = false;
      for (let round = 0; round < 40 && !isPosted; round++) {
        const sent = Array.from({ length: many }, () => syn(lab.closedPort));
        const { batch } = transport;
        fill(sent);
        const before = transport.now();
        isPosted = transport.post();
        expect(transport.batch === batch).toBe(!isPosted);
        if (!isPosted) continue;
        let back = transport.settled();
        while (back === null) {
          await transport.wait(Infinity);
          back = transport.settled();
        }
        expect(back).toBe(batch);
        expect([...batch.errors.subarray(0, many)]).toEqual(Array.from({ length: many }, () => 0));
        for (const stamp of batch.sentAt.subarray(0, many)) {
          expect(stamp).toBeGreaterThanOrEqual(before);
          expect(stamp).toBeLessThanOrEqual(transport.now());
        }
        for (const one of sent) expect(await log.find((packet) => answers(packet, one))).toBeDefined();
      }
      transport.batch.count = 0;
      expect(transport.settled()).toBeNull();
      expect(isPosted).toBe(posts !== 'never');
    });

    test('an empty flush does nothing', () => {
      lab.transport.batch.count = 0;
      lab.transport.flush();
      expect(lab.transport.batch.count).toBe(0);
    });

    test('an open port answers with a whole IP packet, stamped after its SYN', async () => {
      const log = new CaptureLog(lab.transport);
      const sent = syn(lab.openPort);
      send(sent);
      const reply = await log.find((one) => answers(one, sent));
      expect(reply).toMatchObject({ versionNibble: 4, protocol: 6, source: lab.target, sourcePort: lab.openPort });
      expect((reply?.flags ?? 0) & (TcpFlag.SYN | TcpFlag.ACK)).toBe(TcpFlag.SYN | TcpFlag.ACK);
      expect(reply?.ack).toBe((sent.seq + 1) >>> 0);
      expect(reply?.at).toBeGreaterThanOrEqual(stampOf(sent, log, 0));
      expect(reply?.at).toBeLessThanOrEqual(lab.transport.now());
    });

    test('a closed port answers with RST, a silent one not at all', async () => {
      const log = new CaptureLog(lab.transport);
      const [closed, silent] = [syn(lab.closedPort), syn(lab.silentPort)];
      send(silent);
      send(closed);
      const reply = await log.find((one) => answers(one, closed));
      expect((reply?.flags ?? 0) & TcpFlag.RST).toBe(TcpFlag.RST);
      expect(reply?.ack).toBe((closed.seq + 1) >>> 0);
      expect(log.heard.find((one) => answers(one, silent))).toBeUndefined();
    });

    test('every SYN of a full batch is answered after it left, stamps are in order, views are not needed after the call', async () => {
      const log = new CaptureLog(lab.transport);
      const many = Math.min(lab.transport.batch.capacity, lab.sourcePorts.length, 64);
      const sent = Array.from({ length: many }, (_, index) => syn(index % 2 === 0 ? lab.openPort : lab.closedPort));
      send(...sent);
      for (const [slot, one] of sent.entries()) {
        const reply = await log.find((packet) => answers(packet, one));
        expect(reply, `reply to slot ${slot}`).toBeDefined();
        expect(reply?.at).toBeGreaterThanOrEqual(stampOf(one, log, slot));
      }
      // The kernel stamps a reply before it queues it: our SYNs sent meanwhile may be captured first. Ours
      // are in order.
      const mayOvertake = lab.transport.clock === 'kernel';
      const inOrder = mayOvertake ? log.heard.filter((one) => one.flags === TcpFlag.SYN) : log.heard;
      const stamps = inOrder.map((one) => one.at);
      expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
      expect(log.heard.every((one) => one.versionNibble === 4 && one.bytes.length >= 20)).toBe(true);
    });

    test('slots are reused: their present bytes are sent', async () => {
      const log = new CaptureLog(lab.transport);
      const [early, late] = [syn(lab.openPort), syn(lab.closedPort)];
      send(early);
      send(late);
      expect(await log.find((one) => answers(one, early))).toMatchObject({ sourcePort: lab.openPort });
      expect(await log.find((one) => answers(one, late))).toMatchObject({ sourcePort: lab.closedPort });
    });

    test('only the last handler is called', async () => {
      const old = new CaptureLog(lab.transport);
      const log = new CaptureLog(lab.transport);
      const sent = syn(lab.openPort);
      send(sent);
      expect(await log.find((one) => answers(one, sent))).toBeDefined();
      expect(old.heard).toEqual([]);
    });

    /**
     * The `slice` of Node's Buffer is a view: raw-cap used to deliver one, and what a session kept became the
     * next packet.
     */
    test('what a handler slices off is a copy', async () => {
      const log = new CaptureLog(lab.transport);
      const sent = syn(lab.openPort);
      send(sent);
      const answer = await log.find((one) => answers(one, sent));
      expect(answer?.versionNibble).toBe(4);
      expect((answer?.bytes[0] ?? 0) >>> 4).toBe(4);
    });

    test('wait ends at its time when nothing arrives', async () => {
      const log = new CaptureLog(lab.transport);
      const until = lab.transport.now() + 20 * NANOS_PER_MS;
      const heard = log.heard.length;
      while (lab.transport.now() < until) await lab.transport.wait(until);
      expect(log.heard.length - heard).toBeLessThan(1000);
      expect(lab.transport.now()).toBeLessThan(until + 2000 * NANOS_PER_MS);
    });

    test('wait ends when a packet has been delivered, long before its time', async () => {
      const log = new CaptureLog(lab.transport);
      const sent = syn(lab.openPort);
      const until = lab.transport.now() + 30_000 * NANOS_PER_MS;
      send(sent);
      while (!log.heard.some((one) => answers(one, sent)) && lab.transport.now() < until) await lab.transport.wait(until);
      expect(lab.transport.now()).toBeLessThan(until);
    });

    test('a wait whose time is past delivers captures', async () => {
      const log = new CaptureLog(lab.transport);
      const sent = syn(lab.openPort);
      send(sent);
      for (let turn = 0; turn < 100 && !log.heard.some((one) => answers(one, sent)); turn++) {
        await lab.idle(20);
        await lab.transport.wait(0);
      }
      expect(log.heard.some((one) => answers(one, sent))).toBe(true);
    });

    test('wake ends an unlimited wait', async () => {
      const waiting = lab.transport.wait(Infinity);
      lab.transport.wake();
      await expect(waiting).resolves.toBeUndefined();
    });

    test('no route is an errno or an ICMP error of our kernel, never an exception, and affects no other slot', async () => {
      const log = new CaptureLog(lab.transport);
      const { batch } = lab.transport;
      const [lost, good] = [syn(lab.openPort, lab.unroutable), syn(lab.openPort)];
      fill(batch.capacity > 1 ? [lost, good] : [lost]);
      expect(() => lab.transport.flush()).not.toThrow();
      const error = batch.errors[0] as number;
      if (batch.capacity === 1) send(good);
      else expect(batch.errors[1]).toBe(0);
      batch.count = 0;
      expect(await log.find((one) => answers(one, good))).toBeDefined();
      if (error !== 0) expect(error).toBeGreaterThan(0);
      else expect(await log.find((one) => one.protocol === 1 && lab.routes.isLocal(one.source), 10_000)).toBeDefined();
    });

    test('routes know sources, unreachable targets, and which addresses are local', () => {
      const { routes } = lab;
      const index = routes.lookup(lab.target);
      expect(routes.sources[index]).toBe(routes.sources[routes.lookup(lab.target)]);
      expect(routes.sources[index]?.mtu).toBeGreaterThanOrEqual(576);
      const lost = routes.lookup(lab.unroutable);
      expect(lost < 0 || routes.sources[lost] !== undefined).toBe(true);
      expect(routes.isLocal(source())).toBe(true);
      expect(routes.isLocal(lab.unroutable)).toBe(false);
    });

    test('close can be called twice', async () => {
      await lab.transport.close();
      await expect(lab.transport.close()).resolves.toBeUndefined();
    });
  });
}

/** True for the target's TCP answer to exactly this SYN. */
function answers(packet: Heard, sent: SynFields): boolean {
  return (
    packet.source === sent.target &&
    packet.sourcePort === sent.port &&
    packet.destinationPort === sent.sourcePort &&
    packet.flags !== TcpFlag.SYN &&
    packet.ack === (sent.seq + 1) >>> 0
  );
}
