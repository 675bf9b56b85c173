import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attachFilter } from '../../../src/engine/linux/filter-program.ts';
import { systemCalls, type SystemCalls } from '../../../src/engine/linux/system-calls.ts';
import { ringFilter } from '../../../src/engine/packet-ring/ring-filter.ts';
import { until } from '../../netns/child.ts';
import { createLab, type Lab } from '../../netns/lab.ts';
import { chain, direct, TARGET } from '../../netns/topology.ts';
import { enterNamespace } from '../linux/enter-namespace.ts';
import { rootSuite } from '../linux/root-suite.ts';
import { isForUs } from './filter-packets.ts';

const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const ETH_P_ALL = 3;
const OPEN = 80;
const CLOSED = 81;
const REJECTED = 82;
const SILENT = 83;
const OURS = [61_000, 61_001, 61_002, 61_003, 61_010];
const FOREIGN = 61_005;

const calls = systemCalls() as SystemCalls;

/** A packet socket on all interfaces, with a filter or without. */
function openCapture(filter: Uint8Array | null): number {
  const socket = calls.socket(AF_PACKET, SOCK_DGRAM, 0);
  expect(socket).toBeGreaterThan(0);
  if (filter !== null) expect(attachFilter(calls, socket, filter)).toBe(0);
  const address = new Uint8Array(20);
  new Uint16Array(address.buffer)[0] = AF_PACKET;
  address[3] = ETH_P_ALL;
  expect(calls.bind(socket, address)).toBe(0);
  return socket;
}

/** Connects from a port of this host and resets what came of it. */
async function attempt(localPort: number, port: number): Promise<void> {
  const socket = connect({ host: TARGET, port, localPort });
  socket.on('error', () => {});
  await Promise.race([once(socket, 'connect').catch(() => {}), delay(150)]);
  if (socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
  if (!socket.closed) await once(socket, 'close');
}

async function noise(): Promise<void> {
  const socket = createSocket('udp4');
  // 61000 as the destination of something that is not TCP.
  for (const port of [9, OURS[0] as number]) await new Promise((resolve) => socket.send('noise', port, TARGET, resolve));
  socket.close();
}

/** Which flags are looked at, and how they must stand. */
const FLAGS = { syn: [0x16, 0x02], synAck: [0x16, 0x12], rst: [0x04, 0x04] } as const;

rootSuite('the ring filter on a packet socket', () => {
  let lab: Lab;
  let leave = (): void => {};
  const all: Buffer[] = [];
  const filtered: Buffer[] = [];
  beforeAll(async () => {
    const rules = [`tcp dport ${REJECTED} reject with icmp type port-unreachable`, `tcp dport ${SILENT} drop`];
    lab = await createLab(direct({ target: { listen: [OPEN], nft: chain('input', rules) } }));
    leave = await enterNamespace(lab, 'client');
    const plain = openCapture(null);
    const sieve = openCapture(ringFilter(OURS));
    const buffer = new Uint8Array(4096);
    const drain = (socket: number, into: Buffer[]): void => {
      for (let length = calls.receive(socket, buffer); length >= 0; length = calls.receive(socket, buffer)) {
        into.push(Buffer.from(buffer.subarray(0, length)));
      }
    };
    await Promise.all([OPEN, CLOSED, REJECTED, SILENT].map((port, index) => attempt(OURS[index] as number, port)));
    await Promise.all([attempt(OURS[4] as number, OPEN), noise()]);
    for (const port of [OPEN, CLOSED, REJECTED]) await attempt(FOREIGN, port);
    await until('the last answers', () => {
      drain(plain, all);
      drain(sieve, filtered);
      return all.some((packet) => packet[9] === 1 && packet[37] === 17) && filtered.some((packet) => packet[9] === 1);
    });
    calls.close(plain);
    calls.close(sieve);
  });
  afterAll(async () => {
    leave();
    await lab?.close();
  });

  const isIpv4 = (packet: Buffer): boolean => (packet[0] as number) >>> 4 === 4;
  const tcp = (packets: readonly Buffer[], port: number, [mask, flags]: readonly [number, number]): readonly Buffer[] =>
    packets.filter(
      (packet) =>
        isIpv4(packet) &&
        packet[9] === 6 &&
        [packet.readUInt16BE(20), packet.readUInt16BE(22)].includes(port) &&
        ((packet[33] as number) & mask) === flags,
    );

  it('saw what it was to choose from', () => {
    expect(all.some((packet) => packet.length === 28 && packet.readUInt16BE(2) === 0x0800)).toBe(true);
    expect(all.filter((packet) => isIpv4(packet) && packet[9] === 17).length).toBeGreaterThanOrEqual(2);
    for (const port of [OURS[0] as number, FOREIGN]) {
      for (const flags of Object.values(FLAGS)) expect(tcp(all, port, flags).length).toBeGreaterThan(0);
    }
  });

  it('takes what a filterless capture shows to be ours, and nothing else', () => {
    const texts = (packets: readonly Buffer[]): readonly string[] => packets.map((packet) => packet.toString('hex')).toSorted();
    expect(texts(filtered)).toEqual(texts(all.filter((packet) => isIpv4(packet) && isForUs(packet, OURS))));
    expect(filtered.length).toBeLessThan(all.length);
  });

  it('has our SYNs, their answers of every kind, and no reset of our own', () => {
    const [open, closed] = OURS as [number, number];
    expect(tcp(filtered, open, FLAGS.syn)).toHaveLength(1);
    expect(tcp(filtered, open, FLAGS.synAck)).toHaveLength(1);
    expect(tcp(filtered, open, FLAGS.rst)).toHaveLength(0);
    expect(tcp(filtered, closed, FLAGS.rst)).toHaveLength(1);
    expect(tcp(filtered, FOREIGN, FLAGS.syn)).toHaveLength(0);
    const errors = filtered.filter((packet) => packet[9] === 1);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error[37]).toBe(6);
  });
});
