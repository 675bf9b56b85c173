import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { payload, synAck } from './match.ts';
import { drop, first, type Middlebox } from './middlebox.ts';
import { loss } from './middleboxes/dropping.ts';
import { changeField } from './middleboxes/fields.ts';
import { delay, duplicate, reorder } from './middleboxes/timing.ts';
import { set } from './packet-edit.ts';
import { banner, echo, http, mute, resets, tls, type Application } from './tcp/application.ts';
import { findOption } from '../../src/wire/tcp-options.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { serving } from './serving.ts';
import { runExchange, flags, ISS, LINUX_OPTIONS, sizes, timeline, type Script } from './tcp-client.ts';

const GET = 'GET / HTTP/1.0\r\n\r\n';
const CLIENT_HELLO = '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00';
/** Without timestamps a full segment is the MSS. */
const BARE: Script = { options: [], window: 64_240, request: GET };

describe('a TCP server', () => {
  test('opens, answers a request and closes, with timestamps on every segment and PSH on the last of a write', async () => {
    const exchange = await runExchange(serving({ application: http(4000) }), { request: GET });
    expect(timeline(exchange)).toEqual(['1 S. -1+0', '2 . 0+1448', '2 . 1448+1448', '2 FP. 2896+1104']);
    expect(exchange.received).toMatch(/^HTTP\/1\.1 200 OK\r\nConnection: close\r\nContent-Length: \d+\r\n\r\n/);
    const [header = '', body = ''] = exchange.received.split('\r\n\r\n');
    expect(Number(/Length: (\d+)/.exec(header)?.[1])).toBe(body.length);
    expect(exchange.received).toHaveLength(4000);
    expect(exchange.packets.every(({ tcp }) => findOption(tcp?.header.options ?? [], 'ts') !== undefined)).toBe(true);
    expect(flags(exchange.packets.at(-1) as never)).toBe('.');
  });

  test('the window of the SYN-ACK is raw, later ones are scaled', async () => {
    const { packets } = await runExchange(serving({ application: http(100) }), { request: GET });
    expect(packets.map(({ tcp }) => tcp?.header.window)).toEqual([65_160, 509, 509]);
  });

  test('the client closes first: the rest is sent, then the server closes', async () => {
    const world = serving({ application: http(1000, { thinkMs: 50 }) });
    const exchange = await runExchange(world, { request: GET, closes: 'after-request' });
    expect(timeline(exchange)).toEqual(['1 S. -1+0', '52 FP. 0+1000']);
    expect(exchange.isClosed).toBe(true);
  });

  test('a connection kept open answers again, and ends with the client', async () => {
    const world = serving({ application: http(300, { keepOpen: true }) });
    const exchange = await runExchange(world, { request: GET + GET, closes: 'after-request' });
    expect(exchange.received).toHaveLength(600);
    expect(timeline(exchange).at(-1)).toMatch(/ F?P?\. 300\+300|F\. 600\+0/);
    expect(exchange.isClosed).toBe(true);
  });

  test('data after the server has closed is answered by a reset', async () => {
    const world = serving({ application: http(100) });
    const again = [{ atMs: 500, segment: { flags: TcpFlag.ACK, payload: Uint8Array.of(1, 2, 3) } }];
    const exchange = await runExchange(world, { request: GET, closes: 'never', more: again });
    expect(timeline(exchange).at(-1)).toBe('501 R 101+0');
  });

  test('ISNs are random unless a pattern is given; the timestamp clock ticks at its rate', async () => {
    const isns = async (isn?: (count: number) => number) => {
      const more = [1, 2].map((index) => ({
        atMs: index * 100,
        segment: { ack: 0, flags: TcpFlag.SYN, sourcePort: 41_000 + index },
      }));
      const form = { ...(isn === undefined ? {} : { isn }), synAckGapsMs: [], stack: { clockHz: 100 } };
      return (await runExchange(serving(form), { completes: false, untilMs: 500, more })).packets;
    };
    expect((await isns((count) => 64_000 * count)).map(({ tcp }) => tcp?.header.seq)).toEqual([0, 64_000, 128_000]);
    const random = await isns();
    expect(new Set(random.map(({ tcp }) => tcp?.header.seq)).size).toBe(3);
    const more = { atMs: 1001, segment: { seq: ISS, ack: 0, flags: TcpFlag.SYN } };
    const { packets } = await runExchange(serving({ stack: { clockHz: 100 } }), {
      completes: false,
      untilMs: 2500,
      more: [more],
    });
    const clocks = packets.map(({ tcp }) => findOption(tcp?.header.options ?? [], 'ts')?.value ?? 0);
    expect((clocks.at(-1) ?? 0) - (clocks[0] ?? 0)).toBe(100);
  });

  test('IP IDs: SYN-ACKs and resets without a socket have 0, a connection counts', async () => {
    const stray = { atMs: 100, segment: { seq: 5, ack: 77, flags: TcpFlag.ACK, sourcePort: 40_001 } };
    const { packets } = await runExchange(serving({ application: http(4000) }), {
      request: GET,
      acks: false,
      untilMs: 150,
      more: [stray],
    });
    const [synAckId, first = 0, second, third, resetId] = packets.map(({ ip }) => ip.id);
    expect([synAckId, resetId]).toEqual([0, 0]);
    expect([second, third]).toEqual([(first + 1) & 0xffff, (first + 2) & 0xffff]);
  });

  test('a reset ends everything', async () => {
    const world = serving({ application: http(9000) });
    const { packets } = await runExchange(world, {
      request: GET,
      acks: false,
      more: [{ atMs: 100, segment: { flags: TcpFlag.RST } }],
    });
    expect(packets.every(({ atMs }) => atMs < 100)).toBe(true);
  });

  test('strays: an ACK is reset; FIN, NULL, Xmas and SYN with FIN are not answered', async () => {
    const stray = (own: number) => ({ atMs: 10 + own, segment: { seq: 5, ack: 77, flags: own, sourcePort: 40_001 } });
    const xmas = TcpFlag.FIN | TcpFlag.PSH | TcpFlag.URG;
    const more = [TcpFlag.ACK, TcpFlag.FIN, 0, xmas, TcpFlag.SYN | TcpFlag.FIN].map(stray);
    const { packets } = await runExchange(serving(), { completes: false, untilMs: 500, more });
    expect(packets.map((packet) => [flags(packet), packet.tcp?.header.seq])).toEqual([
      ['S.', expect.any(Number)],
      ['R', 77],
    ]);
  });

  test('ECN is negotiated on request, and data is then marked ECN-capable', async () => {
    const asks = TcpFlag.SYN | TcpFlag.ECE | TcpFlag.CWR;
    const run = async (synFlags: number) => {
      const { packets } = await runExchange(serving({ application: http(100) }), { request: GET, synFlags });
      return packets.map((packet) => [flags(packet), packet.ip.ecn]);
    };
    expect(await run(asks)).toEqual([
      ['S.E', 0],
      ['FP.', 2],
      ['.', 0],
    ]);
    expect(await run(TcpFlag.SYN)).toEqual([
      ['S.', 0],
      ['FP.', 0],
      ['.', 0],
    ]);
  });

  test('congestion on the forward path is echoed until CWR', async () => {
    const marks = changeField((bytes) => set.trafficClass(bytes, 3), payload);
    const known = { atMs: 300, segment: { flags: TcpFlag.ACK | TcpFlag.CWR, payload: Uint8Array.of(1) } };
    const { packets } = await runExchange(serving({}, { forward: [first(1, payload, marks)] }), {
      synFlags: TcpFlag.SYN | TcpFlag.ECE | TcpFlag.CWR,
      request: 'x',
      more: [known],
    });
    expect(packets.map((packet) => flags(packet))).toEqual(['S.E', '.E', '.']);
  });
});

describe('segment sizes', () => {
  test.each([
    ['the MSS of the SYN', { ...BARE, mss: 1200 }, {}, 1200],
    ['a clamped MSS, less timestamps', { request: GET, mss: 1300 }, {}, 1288],
    ['no MSS in the SYN: 536', { ...BARE, mss: null }, {}, 536],
    ['a jumbo MSS: the server stays below its own link', { ...BARE, mss: 8960 }, {}, 1460],
    ['a small link of the server', { ...BARE, mss: 1460 }, { mtu: 1400 }, 1360],
    ['a path that it already knows', { ...BARE, mss: 1460 }, { pathMtu: 1300 }, 1260],
    ['half the window of the client', { ...BARE, mss: 1460, window: 2000 }, {}, 1000],
    ['an MSS too small to be accepted', { ...BARE, mss: 4 }, {}, 48],
  ] as const)('%s', async (_, script, form, wanted) => {
    const exchange = await runExchange(serving({ ...form, application: http(5000) }), script);
    expect(Math.max(...sizes(exchange))).toBe(wanted);
    expect(sizes(exchange)[0]).toBe(wanted);
    expect(exchange.received).toHaveLength(5000);
  });

  test('a small link MTU shows in the SYN-ACK: MSS, and a window of full segments', async () => {
    const [reply] = (await runExchange(serving({ mtu: 1400 }), { ...BARE })).packets;
    expect(findOption(reply?.tcp?.header.options ?? [], 'mss')?.value).toBe(1360);
    expect((reply?.tcp?.header.window ?? 1) % 1360).toBe(0);
  });

  test('ten segments at first, and never more than the window', async () => {
    const burst = async (script: Script) =>
      sizes(await runExchange(serving({ application: http(50_000) }), { request: GET, acks: false, untilMs: 100, ...script }));
    expect(await burst({})).toHaveLength(10);
    expect(await burst({ window: 34 })).toEqual([1448, 1448, 1448]);
    expect(await burst({ window: 0 })).toEqual([]);
  });

  test('a window that opens releases the rest; one that stays closed is probed with a number too low, then given up', async () => {
    const world = serving({ application: http(3000) });
    const shut = { request: GET, window: 0, closes: 'never' } as const;
    const opened = await runExchange(world, { ...shut, more: [{ atMs: 100, segment: { window: 502 } }] });
    expect(sizes(opened)).toEqual([1448, 1448, 104]);
    const { packets, serverIsn } = await runExchange(world, shut);
    const probes = packets.slice(2).map(({ tcp, atMs }) => [Math.round(atMs), tcp?.header.seq === serverIsn]);
    expect(probes.slice(0, 3)).toEqual([
      [204, true],
      [606, true],
      [1411, true],
    ]);
    expect(packets.length).toBeLessThan(12);
  });
});

describe('retransmissions', () => {
  test.each([
    ['as Linux does it', undefined, [0, 1, 3, 7, 15, 31]],
    ['as told', [500, 3000], [0, 0.5, 3.5]],
    ['not at all', [], [0]],
  ] as const)('an unacknowledged SYN-ACK, %s', async (_, synAckGapsMs, seconds) => {
    const form = synAckGapsMs === undefined ? {} : { synAckGapsMs };
    const { packets } = await runExchange(serving(form), { completes: false, untilMs: 120_000 });
    expect(packets.map(({ atMs }) => Math.round(atMs / 100) / 10)).toEqual(seconds);
    expect(new Set(packets.map(({ tcp }) => tcp?.header.seq)).size).toBe(1);
  });

  test('a repeated SYN is answered at once, the schedule stays', async () => {
    const { packets } = await runExchange(serving(), {
      completes: false,
      untilMs: 2000,
      more: [{ atMs: 300, segment: { seq: ISS, ack: 0, flags: TcpFlag.SYN } }],
    });
    expect(packets.map(({ atMs }) => Math.round(atMs))).toEqual([1, 301, 1001]);
  });

  test('one full segment after 200 ms and a round trip, with backoff, until the last retry', async () => {
    const exchange = await runExchange(serving({ application: http(4000), retries: 3 }), { request: GET, acks: false });
    expect(timeline(exchange).slice(4)).toEqual(['204 . 0+1448', '606 . 0+1448', '1411 . 0+1448']);
  });

  test('a tail loss probe first where enabled, but not without SACK or with one segment', async () => {
    const world = serving({ application: http(4000), tailLossProbe: true, retries: 1 });
    const silent = { request: GET, acks: false } as const;
    expect(timeline(await runExchange(world, silent)).slice(4)).toEqual(['13 FP. 2896+1104', '214 . 0+1448']);
    const bare = { ...silent, options: LINUX_OPTIONS.filter((one) => one.name !== 'sackOK') };
    expect(timeline(await runExchange(world, bare)).slice(4)).toEqual(['204 . 0+1448']);
    const short = serving({ application: http(900), tailLossProbe: true, retries: 1 });
    expect(timeline(await runExchange(short, silent)).slice(2)).toEqual(['204 FP. 0+900']);
  });

  test('a lost SYN-ACK: a later one opens the connection', async () => {
    const exchange = await runExchange(serving({ application: http(700) }, { reverse: [first(2, synAck, drop)] }), {
      request: GET,
    });
    expect(timeline(exchange)).toEqual(['3001 S. -1+0', '3002 FP. 0+700']);
  });

  test('a lost segment: everything still arrives', async () => {
    const exchange = await runExchange(serving({ application: http(9000) }, { reverse: [first(1, payload, drop)] }), {
      request: GET,
    });
    expect(exchange.received).toHaveLength(9000);
    expect(exchange.isClosed).toBe(true);
  });

  test('a lost ACK: the SYN-ACK is repeated, and its answer opens the connection', async () => {
    const world = serving({ application: http(500), losesAcks: 2 });
    const exchange = await runExchange(world, {
      request: GET,
      closes: 'never',
      more: [{ atMs: 1500, segment: { seq: ISS + 1, payload: Uint8Array.from(GET, (one) => one.charCodeAt(0)) } }],
    });
    expect(timeline(exchange).slice(0, 3)).toEqual(['1 S. -1+0', '1001 S. -1+0', '1501 FP. 0+500']);
  });
});

describe('TCP_DEFER_ACCEPT', () => {
  const deferring = (count: number) => serving({ application: http(300), defersAccept: count });

  test('a bare ACK opens nothing, data does', async () => {
    expect((await runExchange(deferring(5), { request: GET })).received).toHaveLength(300);
    expect((await runExchange(deferring(5), { closes: 'after-request', untilMs: 900 })).isClosed).toBe(true);
  });

  test.each([
    [1, [0, 1]],
    [3, [0, 7]],
    [5, [0, 31]],
  ] as const)('the SYN-ACK pauses, is repeated at time-out %i, and then a bare ACK is enough', async (count, seconds) => {
    const { packets } = await runExchange(deferring(count), { untilMs: 120_000 });
    expect(packets.map(({ atMs }) => Math.round(atMs / 1000))).toEqual(seconds);
  });

  test('without any ACK the SYN-ACK follows its schedule', async () => {
    const { packets } = await runExchange(deferring(5), { completes: false, untilMs: 120_000 });
    expect(packets).toHaveLength(6);
  });
});

describe('accept queues', () => {
  test('full: the ACK is ignored and the SYN-ACK repeated, whatever is acknowledged', async () => {
    const exchange = await runExchange(serving({ application: http(500), queue: {} }), { request: GET });
    expect(exchange.packets.map((packet) => [flags(packet), Math.round(packet.atMs / 1000)])).toEqual(
      [0, 1, 3, 7, 15, 31].map((second) => ['S.', second]),
    );
  });

  test('full for two seconds: the answer to the third SYN-ACK opens the connection', async () => {
    const exchange = await runExchange(serving({ application: banner('hello'), queue: { fullUntilMs: 2000 } }), {});
    expect(timeline(exchange)).toEqual(['1 S. -1+0', '1001 S. -1+0', '3001 S. -1+0', '3002 P. 0+5']);
  });

  test('full, with tcp_abort_on_overflow: a reset', async () => {
    const exchange = await runExchange(serving({ queue: { aborts: true } }), {});
    expect(exchange.packets.map((packet) => flags(packet))).toEqual(['S.', 'R']);
  });

  test('full: the given share of SYNs is dropped', async () => {
    const dropped = await Promise.all(
      Array.from({ length: 200 }, async (_, seed) => {
        const { packets } = await runExchange(serving({ queue: { dropsSyns: 0.7 } }), { completes: false, untilMs: 10, seed });
        return packets.length === 0;
      }),
    );
    const count = dropped.filter(Boolean).length;
    expect(count).toBeGreaterThan(110);
    expect(count).toBeLessThan(170);
  });
});

describe('SYN cookies', () => {
  const cookies = { cookies: true, application: http(5000) };

  test('no SYN-ACK is repeated, and the ACK opens the connection without state', async () => {
    expect((await runExchange(serving(cookies), { completes: false })).packets).toHaveLength(1);
    const exchange = await runExchange(serving(cookies), { request: GET });
    expect(exchange.received).toHaveLength(5000);
    expect(exchange.isClosed).toBe(true);
  });

  test.each([
    [1460, 1460],
    [1459, 1440],
    [1400, 1300],
    [1299, 536],
    [100, 536],
  ] as const)('without timestamps a client MSS of %i becomes %i, scaling and SACK are not agreed', async (mss, wanted) => {
    const options = LINUX_OPTIONS.filter((one) => one.name !== 'ts');
    const exchange = await runExchange(serving(cookies), { request: GET, mss, options, window: 64_240 });
    expect(exchange.packets[0]?.tcp?.header.options.map((one) => one.name)).toEqual(['mss']);
    expect(Math.max(...sizes(exchange))).toBe(wanted);
  });

  test('with timestamps the clock carries scaling, SACK and ECN', async () => {
    const exchange = await runExchange(serving(cookies), {
      request: GET,
      synFlags: TcpFlag.SYN | TcpFlag.ECE | TcpFlag.CWR,
      window: 23,
    });
    const names = exchange.packets[0]?.tcp?.header.options.map((one) => one.name);
    expect(names).toEqual(['mss', 'sackOK', 'ts', 'nop', 'wscale']);
    expect(sizes(exchange)[0]).toBe(1448);
    expect(exchange.packets.find(({ tcp }) => (tcp?.payload.length ?? 0) > 0)?.ip.ecn).toBe(2);
  });

  test('an ACK with a wrong number is a stray', async () => {
    const more = [{ atMs: 10, segment: { seq: ISS + 1, ack: 12_345 } }];
    const { packets } = await runExchange(serving(cookies), { completes: false, more });
    expect(packets.map((packet) => flags(packet))).toEqual(['S.', 'R']);
  });
});

describe('Fast Open', () => {
  const world = serving({ fastOpen: true, application: http(800) });
  const cookie = async (): Promise<string> => {
    const { packets } = await runExchange(world, {
      options: [{ kind: 34, name: 'tfo', cookie: '' }],
      completes: false,
      untilMs: 10,
    });
    return findOption(packets[0]?.tcp?.header.options ?? [], 'tfo')?.cookie ?? '';
  };
  const openWith = async (text: string) =>
    runExchange(world, { options: [{ kind: 34, name: 'tfo', cookie: text }], synPayload: GET, window: 64_240 });

  test('a request gets a cookie', async () => {
    expect(await cookie()).toMatch(/^[0-9a-f]{16}$/);
  });

  test('data with the right cookie is acknowledged in the SYN-ACK, and answered before the handshake is over', async () => {
    const exchange = await openWith(await cookie());
    expect(exchange.packets[0]?.tcp?.header.ack).toBe((ISS + 1 + GET.length) >>> 0);
    expect(timeline(exchange)).toEqual(['1 S. -1+0', '1 FP. 0+800']);
    expect(exchange.packets.filter(({ tcp }) => tcp?.header.flags === (TcpFlag.SYN | TcpFlag.ACK))).toHaveLength(1);
  });

  test('a wrong cookie: the SYN alone is acknowledged, the right cookie follows', async () => {
    const right = await cookie();
    const exchange = await openWith('00112233');
    expect(exchange.packets[0]?.tcp?.header.ack).toBe((ISS + 1) >>> 0);
    expect(findOption(exchange.packets[0]?.tcp?.header.options ?? [], 'tfo')?.cookie).toBe(right);
  });

  test('one that only gives cookies takes no data with the SYN', async () => {
    const shy = serving({ fastOpen: 'cookies-only', application: http(800) });
    const tfo = [{ kind: 34, name: 'tfo', cookie: await cookie() }] as const;
    const exchange = await runExchange(shy, { options: tfo, synPayload: GET, window: 64_240, request: GET });
    expect(exchange.packets[0]?.tcp?.header.ack).toBe((ISS + 1) >>> 0);
    expect(exchange.received).toHaveLength(800);
  });

  test('a server without it ignores the option', async () => {
    const plain = serving({ application: http(800) });
    const { packets } = await runExchange(plain, {
      options: [{ kind: 34, name: 'tfo', cookie: '' }],
      completes: false,
      untilMs: 10,
    });
    expect(packets[0]?.tcp?.header.options.map((one) => one.name)).toEqual(['mss']);
  });
});

describe('applications', () => {
  const said = async (application: Application, script: Script = {}) => {
    const exchange = await runExchange(serving({ application }), script);
    return { ...exchange, lines: timeline(exchange), received: exchange.received };
  };

  test('TLS answers a ClientHello with a flight that starts 16 03 03, and closes on anything else', async () => {
    const { received } = await said(tls(3000), { request: CLIENT_HELLO });
    expect(received.slice(0, 3)).toBe('\x16\x03\x03');
    expect(received).toHaveLength(3000);
    expect((await said(tls(3000), { request: GET })).lines).toEqual(['1 S. -1+0', '2 F. 0+0']);
  });

  test('a banner is sent unasked, after its delay', async () => {
    expect((await said(banner('SSH-2.0-x\r\n', 40))).lines).toEqual(['1 S. -1+0', '42 P. 0+11']);
  });

  test('an echo', async () => {
    expect((await said(echo, { request: 'hello', closes: 'after-request' })).received).toBe('hello');
  });

  test('a mute application acknowledges, and closes with the client', async () => {
    expect((await said(mute, { request: GET })).lines).toEqual(['1 S. -1+0']);
    expect((await said(mute, { closes: 'after-request' })).lines).toEqual(['1 S. -1+0', '2 F. 0+0']);
  });

  test('a backend that is gone resets on accept, or at the first data', async () => {
    expect((await said(resets('accept'))).lines).toEqual(['1 S. -1+0', '2 R. 0+0']);
    expect((await said(resets('data'), { request: GET })).lines).toEqual(['1 S. -1+0', '2 R. 0+0']);
    expect((await said(resets('data'))).lines).toEqual(['1 S. -1+0']);
  });

  test('a short answer: one byte', async () => {
    expect((await said(http(1), { request: GET })).received).toBe('H');
  });
});

describe('laws', () => {
  const harm: fc.Arbitrary<Middlebox> = fc.oneof(
    fc.double({ min: 0, max: 0.5, noNaN: true }).map((one) => loss(one)),
    fc.double({ min: 0, max: 0.5, noNaN: true }).map((one) => duplicate(one, 3)),
    fc.double({ min: 0, max: 0.5, noNaN: true }).map((one) => reorder(one, 300)),
    fc.nat(200).map((ms) => delay(ms, ms)),
  );
  const world = fc.record({
    size: fc.integer({ min: 1, max: 20_000 }),
    mss: fc.integer({ min: 1, max: 9000 }),
    window: fc.oneof(fc.constant(0), fc.integer({ min: 30, max: 1000 })),
    cookies: fc.boolean(),
    timestamps: fc.boolean(),
    keepOpen: fc.boolean(),
    closes: fc.constantFrom('after-server', 'after-request', 'never'),
    acks: fc.boolean(),
    forward: fc.array(harm, { maxLength: 2 }),
    reverse: fc.array(harm, { maxLength: 2 }),
    seed: fc.integer({ min: 1, max: 0x7fffffff }),
  });

  test('whatever is lost, duplicated or reordered: the client gets a prefix of the answer, and traffic ends', async () => {
    const whole = (size: number, keepOpen: boolean) =>
      runExchange(serving({ application: http(size, { keepOpen }) }), { request: GET, untilMs: 1000 });
    await fc.assert(
      fc.asyncProperty(world, async ({ size, keepOpen, cookies, forward, reverse, timestamps, ...script }) => {
        const form = { application: http(size, { keepOpen }), cookies };
        const options = timestamps ? LINUX_OPTIONS : [];
        const exchange = await runExchange(serving(form, { forward, reverse }), {
          ...script,
          options,
          request: GET,
          untilMs: 40_000_000,
        });
        const { received } = await whole(size, keepOpen);
        expect(received).toHaveLength(size);
        expect(received.startsWith(exchange.received)).toBe(true);
        expect(Math.max(0, ...exchange.packets.map(({ atMs }) => atMs))).toBeLessThan(30_000_000);
        // A cookie holds no client MSS below 536.
        const largest = Math.max(cookies ? 536 : 48, Math.min(1460, script.mss));
        expect(Math.max(0, ...sizes(exchange))).toBeLessThanOrEqual(largest - (timestamps ? 12 : 0));
      }),
      { numRuns: 150 },
    );
  });

  test('without loss everything arrives', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ size, cookies, mss }) => {
        const exchange = await runExchange(serving({ application: http(size), cookies }), { request: GET, mss });
        expect(exchange.received).toHaveLength(size);
        expect(exchange.isClosed).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
