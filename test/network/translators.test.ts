import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { host } from './host.ts';
import { QUOTE_8, QUOTE_FULL } from './icmp-error.ts';
import { port } from './match.ts';
import { chain, type Context, type Middlebox } from './middlebox.ts';
import { clampMss, type TwoWay } from './middleboxes/options.ts';
import { mtu } from './middleboxes/link-mtu.ts';
import { destinationNat, sourceNat, type SourceNatForm } from './middleboxes/nat.ts';
import { splitTcp, transparentProxy } from './middleboxes/split-tcp.ts';
import { translateSeq } from './middleboxes/fields.ts';
import { network, router, site, type Network, type RouterForm } from './network.ts';
import { tcpChecksumOf, address } from './packet.ts';
import { createRandom } from './random.ts';
import { closed, open } from './services.ts';
import { banner, echo, http, resets } from './tcp/application.ts';
import { loadBalancer } from './tcp/load-balancer.ts';
import { tcpServer } from './tcp/tcp-server.ts';
import { formatAddress, UNSPECIFIED } from '../../src/wire/address.ts';
import { internetChecksum } from '../../src/wire/checksum.ts';
import { encodeTcpPacket } from '../../src/wire/packet.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { findOption } from '../../src/wire/tcp-options.ts';
import { around, serving, type Around } from './serving.ts';
import { runExchange, flags, sizes, timeline, type ReceivedPacket, type Exchange } from './tcp-client.ts';

const NOWHERE: Context = {
  now: 0,
  random: createRandom(1),
  address: null,
  remember: (_, create) => create(),
  later: () => {},
};
const GET = 'GET / HTTP/1.0\r\n\r\n';

function both({ forward, reverse }: TwoWay): Around {
  return { forward: [forward], reverse: [reverse] };
}

describe('NAT', () => {
  /** The NAT is on the second of four routers; the third quotes translated packets. */
  const behindNat = (nat: TwoWay, third: RouterForm = {}): Network => {
    const path = [router('10.0.0.1'), router('10.0.0.2', both(nat)), router('10.0.0.3', third), router('10.0.0.4')];
    const server = host('198.51.100.7', {
      ports: { 80: tcpServer({ application: http(5000) }), 8080: tcpServer({ application: http(70) }) },
    });
    return network([site(server, path)], { resets: false, seesOwnPackets: false });
  };
  const quoteOf = async (nat: TwoWay, third: RouterForm = {}): Promise<ReceivedPacket | undefined> => {
    const probe = { atMs: 10, segment: { seq: 4, ack: 0, flags: TcpFlag.SYN, ttl: 3 } };
    const { packets } = await runExchange(behindNat(nat, third), { completes: false, untilMs: 100, more: [probe] });
    return packets.find(({ icmp }) => icmp !== null);
  };
  const endpoints = (packet: ReceivedPacket | undefined) => {
    const quote = packet?.icmp?.quote;
    return [
      formatAddress(quote?.ip.source ?? UNSPECIFIED),
      quote?.sourcePort,
      formatAddress(quote?.ip.destination ?? UNSPECIFIED),
      quote?.destinationPort,
    ];
  };
  /** The checksums of the quoted packet, 0 where correct; the quote is whole here. */
  const checksums = (packet: ReceivedPacket | undefined) => {
    const bytes = packet?.icmp?.quote?.bytes ?? new Uint8Array(20);
    return [internetChecksum(bytes, 0, 20) === 0, tcpChecksumOf(bytes) === 0];
  };

  test.each([
    ['the client with its own port', sourceNat('203.0.113.1')],
    ['the client with another port', sourceNat('203.0.113.1', { firstPort: 61_000 })],
    ['the target', destinationNat('10.9.9.9')],
  ] as const)('translates %s, and answers back', async (_, nat) => {
    const exchange = await runExchange(behindNat(nat), { request: GET });
    expect(exchange.received).toHaveLength(5000);
    expect(new Set(exchange.packets.map(({ ip }) => formatAddress(ip.source)))).toEqual(new Set(['198.51.100.7']));
  });

  test('translates both', async () => {
    const [client, target] = [sourceNat('203.0.113.1', { firstPort: 61_000 }), destinationNat('10.9.9.9', 8080)];
    const nat = { forward: chain(client.forward, target.forward), reverse: chain(target.reverse, client.reverse) };
    expect((await runExchange(behindNat(nat), { request: GET })).received).toHaveLength(70);
    expect(endpoints(await quoteOf(nat))).toEqual(['192.0.2.1', 40_000, '198.51.100.7', 80]);
  });

  test('the target port is translated', async () => {
    expect((await runExchange(behindNat(destinationNat('10.9.9.9', 8080)), { request: GET })).received).toHaveLength(70);
  });

  test('two clients ports stay apart', async () => {
    const nat = sourceNat('203.0.113.1', { firstPort: 61_000 });
    const other = { atMs: 5, segment: { seq: 9, ack: 0, flags: TcpFlag.SYN, sourcePort: 40_001, options: [] } };
    const { packets } = await runExchange(behindNat(nat), { completes: false, untilMs: 50, more: [other] });
    expect(packets.map(({ tcp }) => [tcp?.header.destinationPort, tcp?.header.ack])).toEqual([
      [40_000, 0xffff_fff1],
      [40_001, 10],
    ]);
  });

  const forms: readonly (readonly [string, SourceNatForm, readonly unknown[], readonly boolean[]])[] = [
    ['restored', {}, ['192.0.2.1', 40_000, '198.51.100.7', 80], [true, true]],
    ['restored, TCP checksum left', { quotes: 'checksum-left' }, ['192.0.2.1', 40_000, '198.51.100.7', 80], [true, false]],
    ['left as translated', { quotes: 'left' }, ['203.0.113.1', 61_000, '198.51.100.7', 80], [true, true]],
  ];
  test.each(forms)('the quote of an ICMP error is %s; the error reaches the client', async (_, form, wanted, right) => {
    const error = await quoteOf(sourceNat('203.0.113.1', { firstPort: 61_000, ...form }));
    expect(formatAddress(error?.ip.source ?? UNSPECIFIED)).toBe('10.0.0.3');
    expect(formatAddress(error?.ip.destination ?? UNSPECIFIED)).toBe('192.0.2.1');
    expect(endpoints(error)).toEqual(wanted);
    expect(checksums(error)).toEqual(right);
  });

  test('a quote of 8 bytes is restored as far as it goes, with a correct ICMP checksum', async () => {
    const { forward, reverse } = sourceNat('203.0.113.1', { firstPort: 61_000 });
    let seen: Uint8Array | null = null;
    const spy: Middlebox = (packet, context) => {
      const out = reverse(packet, context);
      if (out[0]?.packet[9] === 1) seen = out[0].packet;
      return out;
    };
    expect(endpoints(await quoteOf({ forward, reverse: spy }, { quoting: QUOTE_8 }))).toEqual([
      '192.0.2.1',
      40_000,
      '198.51.100.7',
      80,
    ]);
    const bytes = seen ?? new Uint8Array(28);
    expect(internetChecksum(bytes, 0, 20)).toBe(0);
    expect(internetChecksum(bytes, 20, bytes.length - 20)).toBe(0);
    expect(bytes.length).toBe(20 + 8 + 28);
  });

  test('a quote that is left reveals the target behind a NAT, a restored one does not', async () => {
    expect(endpoints(await quoteOf(destinationNat('10.9.9.9', 8080)))).toEqual(['192.0.2.1', 40_000, '198.51.100.7', 80]);
    expect(endpoints(await quoteOf(destinationNat('10.9.9.9', 8080, { quotes: 'left' })))).toEqual([
      '192.0.2.1',
      40_000,
      '10.9.9.9',
      8080,
    ]);
  });

  test('"too big" from before the NAT reaches the server, which sends smaller segments', async () => {
    const narrow = mtu(1300);
    const path = [
      router('10.0.0.1', { reverse: [narrow.reverse] }),
      router('10.0.0.2', both(sourceNat('203.0.113.1', { firstPort: 61_000 }))),
    ];
    const server = host('198.51.100.7', { ports: { 80: tcpServer({ application: http(5000) }) } });
    const world = network([site(server, path)], { resets: false, seesOwnPackets: false });
    const exchange = await runExchange(world, { request: GET, untilMs: 100 });
    expect(exchange.received).toHaveLength(5000);
    expect(Math.max(...sizes(exchange))).toBe(1248);
  });

  test('restored quotes have correct checksums, whatever the addresses and ports', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(0xffff), fc.nat(0xff), fc.integer({ min: 1, max: 60_000 }), async (middle, last, firstPort) => {
        const outside = `203.${middle >> 8}.${middle & 0xff}.${last}`;
        const error = await quoteOf(sourceNat(outside, { firstPort }), { quoting: QUOTE_FULL });
        expect(endpoints(error)).toEqual(['192.0.2.1', 40_000, '198.51.100.7', 80]);
        expect(checksums(error)).toEqual([true, true]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a load balancer', () => {
  const PORTS = Array.from({ length: 24 }, (_, index) => 40_000 + index);
  const backends = [
    { service: tcpServer({ application: http(2000) }), stack: { ttl: 64 } },
    { service: tcpServer({ application: http(2000) }), stack: { ttl: 128, wscale: 8 } },
    { service: tcpServer({ application: http(2000) }), stack: { ttl: 255, timestamps: false } },
  ];
  const world = around(loadBalancer(...backends));

  test('assigns each connection to one machine, and some to each', async () => {
    const talks = await Promise.all(PORTS.map((sourcePort) => runExchange(world, { request: GET, sourcePort })));
    for (const { packets, received } of talks) {
      expect(received).toHaveLength(2000);
      expect(new Set(packets.map(({ ip }) => ip.ttl)).size).toBe(1);
    }
    expect(new Set(talks.map(({ packets }) => packets[0]?.ip.ttl))).toEqual(new Set([62, 126, 253]));
  });

  test('each machine has its own clock, the same for all its connections', async () => {
    const more = PORTS.slice(1).map(
      (sourcePort) =>
        ({
          atMs: 1,
          segment: { ack: 0, flags: TcpFlag.SYN, sourcePort, options: [{ kind: 8, name: 'ts', value: 1, echo: 0 }] },
        }) as const,
    );
    const { packets } = await runExchange(world, { completes: false, untilMs: 50, more });
    const clocks = new Map<number, Set<number>>();
    for (const { ip, tcp } of packets) {
      const ts = findOption(tcp?.header.options ?? [], 'ts')?.value;
      if (ts !== undefined) clocks.set(ip.ttl, (clocks.get(ip.ttl) ?? new Set()).add(ts >>> 6));
    }
    const [one, two] = [clocks.get(62), clocks.get(126)];
    expect([one?.size, two?.size].every((size) => size === 1 || size === 2)).toBe(true);
    expect([...(one ?? [])].some((clock) => two?.has(clock))).toBe(false);
  });
});

describe('proxies in the middle', () => {
  const look = (exchange: Exchange) => exchange.packets.map((packet) => `${flags(packet)} ${packet.ip.ttl}`);

  test('a transparent proxy answers one port, the host the others', async () => {
    const proxy = transparentProxy(port(80), tcpServer({ application: http(300) }), { style: 'freebsd' });
    const world = around(closed(), { forward: [proxy], server: { ports: { 81: open() } } });
    const exchange = await runExchange(world, { request: GET });
    expect(exchange.received).toHaveLength(300);
    expect(look(exchange)[0]).toBe('S. 63');
    expect(exchange.packets[0]?.tcp?.header.window).toBe(65_535);
    expect(look(await runExchange(world, { port: 81, completes: false, untilMs: 10 }))).toEqual(['S. 62']);
  });

  test('split TCP relays bytes alone: each side has its own segments, options and TTL', async () => {
    const split = splitTcp(port(80), { toClient: { mtu: 1400 } });
    const exchange = await runExchange(serving({ application: http(9000) }, both(split)), { request: GET });
    expect(exchange.received).toHaveLength(9000);
    expect(exchange.isClosed).toBe(true);
    expect(new Set(exchange.packets.map(({ ip }) => ip.ttl))).toEqual(new Set([63]));
    expect(Math.max(...sizes(exchange))).toBe(1400 - 52);
    expect(findOption(exchange.packets[0]?.tcp?.header.options ?? [], 'mss')?.value).toBe(1360);
  });

  test('a clamp after the split does not affect the client', async () => {
    const split = splitTcp(port(80));
    const clamped = { forward: [split.forward, clampMss(700, 'set')], reverse: [split.reverse] };
    const exchange = await runExchange(serving({ application: http(9000) }, clamped), { request: GET });
    expect(Math.max(...sizes(exchange))).toBe(1448);
    expect(exchange.received).toHaveLength(9000);
  });

  test('banners, echoes, ends and resets are relayed', async () => {
    const split = both(splitTcp(port(80)));
    expect((await runExchange(serving({ application: banner('hello') }, split), {})).received).toBe('hello');
    const exchange = await runExchange(serving({ application: echo }, split), { request: 'abc', closes: 'after-request' });
    expect([exchange.received, exchange.isClosed]).toEqual(['abc', true]);
    expect(timeline(await runExchange(serving({ application: resets('data') }, split), { request: GET })).at(-1)).toMatch(/R\. /);
  });

  test('a closed port behind it opens and is reset; a silent one opens and stays mute', async () => {
    const split = both(splitTcp(port(80)));
    expect(look(await runExchange(around(closed(), split), {}))).toEqual(['S. 63', 'R. 63']);
    expect(
      look(
        await runExchange(
          around(() => [], split),
          {},
        ),
      ),
    ).toEqual(['S. 63']);
  });

  test('translated numbers are right for the client through a whole connection', async () => {
    const exchange = await runExchange(serving({ application: http(4000) }, both(translateSeq(123_456_789))), { request: GET });
    expect(exchange.received).toHaveLength(4000);
    expect(exchange.isClosed).toBe(true);
  });
});

test('a NAT leaves packets alone that are neither TCP nor errors', () => {
  const { forward } = sourceNat('203.0.113.1');
  const packet = encodeTcpPacket({
    source: address('192.0.2.1'),
    destination: address('198.51.100.7'),
    sourcePort: 1,
    destinationPort: 2,
    seq: 1,
    flags: 0,
  });
  packet[9] = 17;
  expect(forward(packet, NOWHERE)[0]?.packet).toBe(packet);
});
