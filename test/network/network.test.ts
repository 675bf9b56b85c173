import { describe, expect, test } from 'vitest';
import { host } from './host.ts';
import { local, type Local } from './local.ts';
import { rewriteDscp } from './middleboxes/fields.ts';
import { network, router, site, wire, type Network, type Router } from './network.ts';
import { closed, open, silent } from './services.ts';
import { SimulatedRoutes } from './simulated-routes.ts';
import { SimulatedTransport } from './simulated-transport.ts';
import { Errno } from '../../src/transport/errno.ts';
import type { DecodedPacket } from '../../src/wire/decoded.ts';
import { decodePacket, encodeTcpPacket } from '../../src/wire/packet.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { formatOptions } from '../../src/wire/tcp-options.ts';
import { address } from './packet.ts';

const SOURCE = address('192.0.2.1');
const TARGET = address('198.51.100.7');
const QUIET: Partial<Local> = { seesOwnPackets: false, resets: false };
const OPTIONS = [
  { kind: 2, name: 'mss', value: 1460 },
  { kind: 4, name: 'sackOK' },
  { kind: 8, name: 'ts', value: 99, echo: 0 },
  { kind: 1, name: 'nop' },
  { kind: 3, name: 'wscale', value: 7 },
] as const;

interface Sent {
  readonly port?: number;
  readonly ttl?: number;
  readonly flags?: number;
  readonly ack?: number;
  readonly options?: typeof OPTIONS | readonly [];
}

interface Received extends DecodedPacket {
  readonly at: number;
}

/** Sends the segments one by one, a millisecond apart, and returns what comes back within `ms`. */
async function send(world: Network, segments: readonly Sent[], ms = 200): Promise<readonly Received[]> {
  const transport = new SimulatedTransport(world);
  const received: Received[] = [];
  transport.capture((bytes, offset, length, at) => {
    const decoded = decodePacket(bytes.slice(offset, offset + length));
    if (decoded.ok) received.push({ ...decoded.value, at: at / 1e6 });
  });
  for (const segment of segments) {
    const packet = encodeTcpPacket({
      source: SOURCE,
      destination: TARGET,
      sourcePort: 40_000,
      destinationPort: segment.port ?? 80,
      seq: 1000,
      ack: segment.ack ?? 0,
      flags: segment.flags ?? TcpFlag.SYN,
      ttl: segment.ttl ?? 64,
      options: segment.options ?? OPTIONS,
    });
    transport.batch.bytes.set(packet);
    transport.batch.lengths[0] = packet.length;
    transport.batch.count = 1;
    transport.flush();
    transport.advance(1);
  }
  while (transport.now() < ms * 1e6) await transport.wait(ms * 1e6);
  await transport.close();
  return received;
}

function lab(path: readonly Router[] = [], form: Parameters<typeof host>[1] = {}, own: Partial<Local> = QUIET): Network {
  return network([site(host('198.51.100.7', { ports: { 80: open(), 82: silent }, ...form }), path)], own);
}

describe('paths', () => {
  test('each TTL reaches its hop, whose quote shows the changes of the hops before it', async () => {
    const path = [router('10.0.0.1'), router('10.0.0.2', { forward: [rewriteDscp(8)] }), wire({}), router('10.0.0.3')];
    const received = await send(
      lab(path),
      [1, 2, 3, 4].map((ttl) => ({ ttl })),
    );
    expect(received.map(({ ip, icmp, tcp }) => [ip.source, icmp?.quote?.ip.dscp ?? null, tcp?.header.flags ?? null])).toEqual([
      [address('10.0.0.1'), 0, null],
      [address('10.0.0.2'), 0, null],
      [address('10.0.0.3'), 8, null],
      [TARGET, null, TcpFlag.SYN | TcpFlag.ACK],
    ]);
    expect(received.map(({ ip }) => ip.ttl)).toEqual([64, 63, 62, 61]);
    expect(received[2]?.icmp?.quote?.ip.ttl).toBe(1);
  });

  test('a hop may be silent, or send one error a second', async () => {
    const mute = await send(lab([router('10.0.0.1', { icmp: 'off' })]), [{ ttl: 1 }]);
    expect(mute).toEqual([]);
    const slow = await send(
      lab([router('10.0.0.1', { icmp: 1 })]),
      Array.from({ length: 5 }, () => ({ ttl: 1 })),
    );
    expect(slow).toHaveLength(1);
  });

  test('the round trip is the sum of the links', async () => {
    const [reply] = await send(lab([router('10.0.0.1', { delayMs: 3 }), router('10.0.0.2', { delayMs: 5 })]), [{}]);
    expect(reply?.at).toBeCloseTo(2 * (3 + 5 + 0.2), 2);
  });

  test('packets to an unknown address vanish after the routers', async () => {
    const world = network([], QUIET, [router('10.0.0.1')]);
    expect(await send(world, [{}])).toEqual([]);
    expect((await send(world, [{ ttl: 1 }])).map(({ icmp }) => icmp?.type)).toEqual([11]);
  });
});

describe('hosts', () => {
  test.each([
    ['linux', 'mss=1460,sackOK,ts=TS,nop,wscale=7'],
    ['windows', 'mss=1460,nop,wscale=8,nop,nop,sackOK'],
    ['freebsd', 'mss=1460,nop,wscale=6,sackOK,ts=TS'],
  ] as const)('a %s SYN-ACK has its options in its order', async (style, wanted) => {
    const [reply] = await send(lab([], { style }), [{}]);
    const options = reply?.tcp?.header.options ?? [];
    expect(formatOptions(options).replace(/ts=[^,]+/, 'ts=TS')).toBe(wanted);
    const ts = options.find((one) => one.name === 'ts');
    if (style !== 'windows') expect(ts).toMatchObject({ echo: 99 });
  });

  test('only what was offered is answered', async () => {
    const [reply] = await send(lab(), [{ options: [] }]);
    expect(formatOptions(reply?.tcp?.header.options ?? [])).toBe('mss=1460');
    expect(reply?.tcp?.header.window).toBe(64_240);
  });

  test('closed ports send acceptable resets; a stray ACK gets the reset of RFC 9293', async () => {
    const received = await send(lab(), [
      { port: 81 },
      { port: 81, flags: TcpFlag.ACK, ack: 77 },
      { port: 81, flags: TcpFlag.RST },
    ]);
    expect(received.map(({ tcp }) => [tcp?.header.flags, tcp?.header.seq, tcp?.header.ack])).toEqual([
      [TcpFlag.RST | TcpFlag.ACK, 0, 1001],
      [TcpFlag.RST, 77, 0],
    ]);
  });

  test('IP IDs: zero, counting, random', async () => {
    const ids = async (ipId: 'zero' | 'counter' | 'random'): Promise<readonly number[]> => {
      const received = await send(lab([], { stack: { ipId }, otherwise: closed() }), [{}, { port: 81 }, { port: 83 }]);
      return received.map(({ ip }) => ip.id);
    };
    expect(await ids('zero')).toEqual([0, 0, 0]);
    const [one = 0, two, three] = await ids('counter');
    expect([two, three]).toEqual([(one + 1) & 0xffff, (one + 2) & 0xffff]);
    expect(new Set(await ids('random')).size).toBe(3);
  });

  test('a SYN-ACK is retransmitted after 1, 3 and 7 seconds, until a reset', async () => {
    const world = lab([], { ports: { 80: open({ retransmits: 3 }) } });
    const received = await send(world, [{}], 20_000);
    expect(received.map(({ at }) => Math.round(at))).toEqual([0, 1000, 3000, 7000]);
    expect(new Set(received.map(({ tcp }) => tcp?.header.seq)).size).toBe(1);
    expect(await send(world, [{}, { flags: TcpFlag.RST }], 20_000)).toHaveLength(1);
  });

  test('SYN cookies: no wscale and no SACK without timestamps, no retransmission', async () => {
    const world = lab([], { ports: { 80: open({ cookies: true, retransmits: 3 }) } });
    const received = await send(world, [{ options: [OPTIONS[0], OPTIONS[1], OPTIONS[4]] as never }], 20_000);
    expect(received.map(({ tcp }) => formatOptions(tcp?.header.options ?? []))).toEqual(['mss=1460']);
  });

  test('data in the SYN-ACK is delivered, and padding after short packets is not part of them', async () => {
    const world = lab([], { ports: { 80: open({ payload: Uint8Array.of(1, 2, 3), options: [] }) } });
    const [reply] = await send(world, [{}]);
    expect([...(reply?.tcp?.payload ?? [])]).toEqual([1, 2, 3]);
  });
});

describe('the prober’s machine', () => {
  test('its own packets and its kernel’s resets are captured, and the resets reach the host', async () => {
    const world = lab([], { ports: { 80: open({ retransmits: 3 }) } }, {});
    const received = await send(world, [{}], 20_000);
    expect(received.map(({ tcp }) => tcp?.header.flags)).toEqual([TcpFlag.SYN, TcpFlag.SYN | TcpFlag.ACK, TcpFlag.RST]);
  });

  test('a lost interface: a fault, ENETDOWN, and nothing more is received', async () => {
    const transport = new SimulatedTransport(lab([], {}, { ...QUIET, lostAtMs: 5 }));
    await transport.wait(Infinity);
    expect(transport.now()).toBe(5e6);
    expect(transport.fault()?.message).toBe('interface sim0 is gone');
    transport.batch.lengths[0] = 40;
    transport.batch.bytes[0] = 0x45;
    transport.batch.count = 1;
    transport.flush();
    expect(transport.batch.errors[0]).toBe(Errno.ENETDOWN);
  });

  test('a view that a handler keeps is garbage afterwards', async () => {
    const transport = new SimulatedTransport(lab());
    let kept: Uint8Array = new Uint8Array(0);
    let copy: Uint8Array = new Uint8Array(0);
    transport.capture((bytes, offset, length) => {
      kept = bytes.subarray(offset, offset + length);
      copy = kept.slice();
    });
    const packet = encodeTcpPacket({
      source: SOURCE,
      destination: TARGET,
      sourcePort: 1,
      destinationPort: 80,
      seq: 1,
      flags: TcpFlag.SYN,
    });
    transport.batch.bytes.set(packet);
    transport.batch.lengths[0] = packet.length;
    transport.batch.count = 1;
    transport.flush();
    await transport.wait(1e9);
    expect(copy[0]).toBe(0x45);
    expect(kept[0]).not.toBe(0x45);
    expect(copy.length).toBe(46);
  });
});

test('a target whose neighbour never answers is unresolved, others are not', () => {
  const absent = address('203.0.113.77');
  const routes = new SimulatedRoutes(local({ noNeighbour: [absent] }));
  expect([absent, address('203.0.113.78')].map((target) => routes.isUnresolved(target))).toEqual([true, false]);
});
