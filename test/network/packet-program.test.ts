import { expect, test } from 'vitest';
import { packetProgram, type PacketSession } from './packet-program.ts';
import type { SendBatch } from '../../src/transport/transport.ts';
import { decodePacket, encodeTcpPacket } from '../../src/wire/packet.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { around } from './serving.ts';
import { runExchange } from './tcp-client.ts';

/** Answers each SYN `copies` times at once, and again a second later. */
class Repeater implements PacketSession {
  readonly sentSlots: number[] = [];
  readonly #copies: number;
  #queue: { at: number; packet: Uint8Array }[] = [];

  constructor(copies: number) {
    this.#copies = copies;
  }

  receive(bytes: Uint8Array, offset: number, length: number, at: number): void {
    const decoded = decodePacket(bytes.subarray(offset, offset + length));
    if (!decoded.ok || decoded.value.tcp === null) return;
    const { ip, tcp } = decoded.value;
    const reply = encodeTcpPacket({
      source: ip.destination,
      destination: ip.source,
      sourcePort: tcp.header.destinationPort,
      destinationPort: tcp.header.sourcePort,
      seq: 1,
      ack: (tcp.header.seq + 1) >>> 0,
      flags: TcpFlag.SYN | TcpFlag.ACK,
    });
    for (let copy = 0; copy < this.#copies; copy++) this.#queue.push({ at, packet: reply });
    this.#queue.push({ at: at + 1e9, packet: reply });
  }

  poll(now: number, batch: SendBatch): number {
    batch.count = 0;
    const due = this.#queue.filter(({ at }) => at <= now).slice(0, batch.capacity);
    this.#queue = this.#queue.filter((one) => !due.includes(one));
    for (const { packet } of due) {
      batch.bytes.set(packet, batch.count * batch.slotSize);
      batch.lengths[batch.count++] = packet.length;
    }
    return Math.min(Infinity, ...this.#queue.map(({ at }) => at));
  }

  flushed(_: number, batch: SendBatch): number {
    this.sentSlots.push(batch.count);
    return Infinity;
  }
}

test('a session on a remote host receives whole packets and sends at its deadlines, in batches as over a transport', async () => {
  const sessions: Repeater[] = [];
  const program = packetProgram(() => {
    const session = new Repeater(20);
    sessions.push(session);
    return session;
  });
  const { packets } = await runExchange(around(program), { completes: false, untilMs: 5000 });
  expect(packets).toHaveLength(21);
  expect(packets.map(({ atMs }) => Math.round(atMs / 1000))).toEqual([...Array.from({ length: 20 }, () => 0), 1]);
  expect(sessions).toHaveLength(1);
  expect(sessions[0]?.sentSlots).toEqual([16, 4, 1]);
});
