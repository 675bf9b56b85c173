import { describe, expect, test } from 'vitest';
import { host } from './host.ts';
import { changeField, resetTtl } from './middleboxes/fields.ts';
import { mtu } from './middleboxes/link-mtu.ts';
import { ecmp, network, router, site, type Site } from './network.ts';
import { set } from './packet-edit.ts';
import { open } from './services.ts';
import { http } from './tcp/application.ts';
import { tcpServer } from './tcp/tcp-server.ts';
import { formatAddress } from '../../src/wire/address.ts';
import { findOption } from '../../src/wire/tcp-options.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { serving, type Around } from './serving.ts';
import { runExchange, LINUX_OPTIONS, sizes, timeline, type Script, type Exchange } from './tcp-client.ts';
import { address } from './packet.ts';

const GET = 'GET / HTTP/1.0\r\n\r\n';

/** Sender, type, code and next-hop MTU of each ICMP message received. */
function errors(exchange: Exchange): readonly string[] {
  return exchange.packets.flatMap(({ ip, icmp }) =>
    icmp === null ? [] : [`${formatAddress(ip.source)} ${icmp.type}/${icmp.code} ${icmp.rest & 0xffff}`],
  );
}

function mtuAround(bytes: number, icmp: boolean = true): Around {
  const { forward, reverse } = mtu(bytes, { icmp });
  return { forward: [forward], reverse: [reverse] };
}

describe('a narrow link', () => {
  const large = { atMs: 50, segment: { payload: new Uint8Array(1400) } };

  test('answers packets that are too large with its MTU; those that fit pass, to the byte', async () => {
    const sent = async (bytes: number) => {
      const more = [{ atMs: 50, segment: { payload: new Uint8Array(bytes - 52) } }];
      const exchange = await runExchange(serving({}, mtuAround(1400)), { more, untilMs: 500 });
      return [
        ...errors(exchange),
        ...exchange.packets.flatMap(({ atMs, tcp }) => (atMs > 50 && tcp !== null ? [tcp.header.flags] : [])),
      ];
    };
    expect(await sent(1400)).toEqual([TcpFlag.ACK]);
    expect(await sent(1401)).toEqual(['10.0.0.2 3/4 1400']);
  });

  test('without ICMP it is a black hole', async () => {
    const exchange = await runExchange(serving({}, mtuAround(1400, false)), { more: [large], untilMs: 500 });
    expect(exchange.packets).toHaveLength(1);
  });

  test('packets that may be fragmented pass', async () => {
    const { forward, reverse } = mtu(1400);
    const mayBreak = changeField((bytes) => set.df(bytes, false));
    const exchange = await runExchange(serving({}, { forward: [mayBreak, forward], reverse: [reverse] }), {
      more: [large],
      untilMs: 500,
    });
    expect(exchange.packets.filter(({ atMs }) => atMs > 50)).toHaveLength(1);
  });

  test('the server gets the error, sends smaller segments at once, and remembers', async () => {
    const world = serving({ application: http(6000), fastOpen: true }, mtuAround(1300));
    const asks = { options: [...LINUX_OPTIONS, { kind: 34, name: 'tfo', cookie: '' }] } as const;
    const exchange = await runExchange(world, { ...asks, request: GET });
    expect(sizes(exchange)).toEqual([6000 - 4 * 1448, ...Array.from({ length: 4 }, () => 1248), 6000 - 4 * 1248]);
    expect(exchange.received).toHaveLength(6000);
    expect(exchange.packets.every(({ atMs }) => atMs < 20)).toBe(true);
    // A second connection with data in the SYN, which needs no number of the server.
    const cookie = findOption(exchange.packets[0]?.tcp?.header.options ?? [], 'tfo')?.cookie ?? '';
    const options = [
      { kind: 2, name: 'mss', value: 1460 },
      { kind: 34, name: 'tfo', cookie },
    ] as const;
    const payload = Uint8Array.from(GET, (one) => one.charCodeAt(0));
    const second = { seq: 77, ack: 0, sourcePort: 40_001, flags: TcpFlag.SYN, window: 64_240, options, payload } as const;
    const { packets } = await runExchange(world, {
      ...asks,
      request: GET,
      untilMs: 5100,
      more: [{ atMs: 5000, segment: second }],
    });
    const later = packets.filter(({ atMs, tcp }) => atMs > 5000 && (tcp?.payload.length ?? 0) > 0);
    expect(Math.max(...later.map(({ tcp }) => tcp?.payload.length ?? 0))).toBe(1260);
  });

  test('a server without the error repeats the same large segment until it gives up; small answers pass', async () => {
    const exchange = await runExchange(serving({ application: http(6000) }, mtuAround(1300, false)), { request: GET });
    expect(exchange.received).toBe('');
    expect(sizes(exchange)).toEqual([6000 - 4 * 1448]);
    const small = await runExchange(serving({ application: http(1200) }, mtuAround(1300, false)), { request: GET });
    expect(small.received).toHaveLength(1200);
  });

  test('an MTU below 552 is not accepted', async () => {
    const exchange = await runExchange(serving({ application: http(6000) }, mtuAround(552)), { request: GET });
    expect(sizes(exchange)).toContain(500);
    expect(exchange.received).toHaveLength(6000);
  });
});

describe('forks', () => {
  const target = host('198.51.100.7', { ports: { 80: open() } });
  const quiet = { resets: false, seesOwnPackets: false };
  const traced = async (path: Site['path'], script: Script = {}, ttls: readonly number[] = [1, 2, 3, 4]) => {
    const probes = ttls.map((ttl, index) => ({
      atMs: 10 + index,
      segment: { seq: 1, ack: 0, flags: TcpFlag.SYN, ttl, sourcePort: script.sourcePort ?? 40_000 },
    }));
    const exchange = await runExchange(network([site(target, path)], quiet), {
      ...script,
      completes: false,
      untilMs: 500,
      more: probes,
    });
    return exchange.packets.filter(({ icmp }) => icmp !== null).map(({ ip }) => formatAddress(ip.source));
  };
  const forked = (by: 'flow' | 'packet') => [
    router('10.0.0.1'),
    ecmp([[router('10.0.1.1')], [router('10.0.1.2')], [router('10.0.1.3')]], by),
    router('10.0.2.1'),
  ];

  test('by flow: one connection stays on one branch, connections spread', async () => {
    const ports = Array.from({ length: 24 }, (_, index) => 40_000 + index);
    const traces = await Promise.all(ports.map((sourcePort) => traced(forked('flow'), { sourcePort }, [2, 2, 2])));
    for (const trace of traces) expect(new Set(trace).size).toBe(1);
    expect(new Set(traces.flat())).toEqual(new Set(['10.0.1.1', '10.0.1.2', '10.0.1.3']));
  });

  test('by packet: one after the other', async () => {
    const trace = await traced(forked('packet'), {}, [2, 2, 2, 2]);
    expect(new Set(trace.slice(0, 3)).size).toBe(3);
    expect(trace[3]).toBe(trace[0]);
  });

  test('branches of different length, one fork after the other', async () => {
    const path = [
      ecmp([[router('10.0.1.1')], [router('10.0.1.2'), router('10.0.1.3')]]),
      ecmp([[router('10.0.3.1')], [router('10.0.3.2')]]),
    ];
    const ports = Array.from({ length: 32 }, (_, index) => 40_000 + index);
    const traces = await Promise.all(ports.map((sourcePort) => traced(path, { sourcePort }, [1, 2, 3])));
    expect(new Set(traces.map((trace) => trace.join(' ')))).toEqual(
      new Set(['10.0.1.1 10.0.3.1', '10.0.1.1 10.0.3.2', '10.0.1.2 10.0.1.3 10.0.3.1', '10.0.1.2 10.0.1.3 10.0.3.2']),
    );
  });

  test('a router on two branches has one state', async () => {
    const shared = router('10.0.9.9', { icmp: 1 });
    expect(await traced([ecmp([[shared], [shared]], 'packet')], {}, [1, 1, 1, 1])).toEqual(['10.0.9.9']);
  });

  test('answers take the branch of their SYN', async () => {
    const path = [ecmp([[router('10.0.1.1', { delayMs: 5 })], [router('10.0.1.2', { delayMs: 50 })]])];
    const world = network([site(host('198.51.100.7', { ports: { 80: tcpServer({ application: http(100) }) } }), path)], quiet);
    const times = await Promise.all(
      Array.from({ length: 12 }, async (_, index) =>
        timeline(await runExchange(world, { request: GET, sourcePort: 40_000 + index })),
      ),
    );
    expect(new Set(times.map((lines) => lines.join(', ')))).toEqual(
      new Set(['10 S. -1+0, 21 FP. 0+100', '100 S. -1+0, 201 FP. 0+100']),
    );
  });
});

describe('TTL', () => {
  test('a normaliser hides the hops before it; a router that leaves the TTL alone is not seen', async () => {
    const path = [
      router('10.0.0.1'),
      router('10.0.0.2', { agesPackets: false }),
      router('10.0.0.3', { forward: [resetTtl(2)] }),
      router('10.0.0.4'),
      router('10.0.0.5'),
    ];
    const world = network([site(host('198.51.100.7'), path)], { resets: false, seesOwnPackets: false });
    const probes = [1, 2, 3, 64].map((ttl) => ({ atMs: 100 + ttl, segment: { seq: 1, ack: 0, flags: TcpFlag.SYN, ttl } }));
    const exchange = await runExchange(world, { completes: false, untilMs: 500, more: probes });
    const hops = exchange.packets.filter(({ icmp }) => icmp !== null).map(({ ip }) => ip.source);
    expect(hops.map(formatAddress)).toEqual(['10.0.0.5', '10.0.0.1', '10.0.0.3', '10.0.0.5', '10.0.0.5']);
    expect(hops[0]).toBe(address('10.0.0.5'));
  });
});
