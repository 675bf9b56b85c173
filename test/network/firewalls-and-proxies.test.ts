import { describe, expect, test } from 'vitest';
import type { Service } from './host.ts';
import { badChecksum, bareAck, ecnFlags, option, payload, port, synAck } from './match.ts';
import { drop, first, when, type Middlebox } from './middlebox.ts';
import { completeSynProxy } from './middleboxes/complete-syn-proxy.ts';
import { dropSyn } from './middleboxes/dropping.ts';
import { changeField, reflectEcn } from './middleboxes/fields.ts';
import { statefulFirewall, statelessFirewall } from './middleboxes/firewalls.ts';
import { stripOption, type TwoWay } from './middleboxes/options.ts';
import { tarPit } from './middleboxes/proxies.ts';
import { rejectRst } from './middleboxes/rejecting.ts';
import { sealed, set } from './packet-edit.ts';
import { closed, open } from './services.ts';
import { http } from './tcp/application.ts';
import { tcpServer } from './tcp/tcp-server.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { findOption, formatOptions } from '../../src/wire/tcp-options.ts';
import { around, serving, type Around } from './serving.ts';
import { runExchange, flags, ISS, LINUX_OPTIONS, timeline, type Script, type Exchange } from './tcp-client.ts';

const GET = 'GET / HTTP/1.0\r\n\r\n';
const PAGE = http(3000);

function both({ forward, reverse }: TwoWay): Around {
  return { forward: [forward], reverse: [reverse] };
}

/** Flags of each segment received, with its TTL. */
function answers(exchange: Exchange): readonly string[] {
  return exchange.packets.map((packet) => `${flags(packet)} ${packet.ip.ttl}`);
}

describe('firewalls', () => {
  test('a stateful one passes SYNs and their connections, and drops other segments', async () => {
    const guard = both(statefulFirewall());
    expect((await runExchange(serving({ application: PAGE }, guard), { request: GET })).received).toHaveLength(3000);
    const strays = async (service: Service, between: Around) => {
      const probes = [TcpFlag.ACK, TcpFlag.FIN, 0, TcpFlag.FIN | TcpFlag.PSH | TcpFlag.URG].map((own, index) => ({
        atMs: 10 + index,
        segment: { seq: 5, ack: 9, flags: own, options: [], sourcePort: 41_000 + index },
      }));
      return answers(await runExchange(around(service, between), { completes: false, untilMs: 500, more: probes })).slice(1);
    };
    expect(await strays(closed(), guard)).toEqual([]);
    expect(await strays(closed(), {})).toEqual(['R 62', 'R. 62', 'R. 62', 'R. 62']);
    expect(await strays(tcpServer(), {})).toEqual(['R 62']);
    expect(await strays(closed(), { forward: [statelessFirewall([80])] })).toEqual(['R 62']);
  });

  test('SYNs that are not allowed are dropped or rejected; strays may be rejected too', async () => {
    const none = { allows: port(443) };
    expect(answers(await runExchange(serving({}, both(statefulFirewall(none))), {}))).toEqual([]);
    expect(answers(await runExchange(serving({}, both(statefulFirewall({ ...none, denied: rejectRst() }))), {}))).toEqual([
      'R. 63',
    ]);
    expect(answers(await runExchange(serving({}, { forward: [statelessFirewall([443])] }), {}))).toEqual([]);
    expect(answers(await runExchange(serving({}, { forward: [statelessFirewall([443], rejectRst())] }), {}))).toEqual(['R. 63']);
  });

  test('a stateful one passes no answer whose SYN it has not seen', async () => {
    const { reverse } = statefulFirewall();
    expect(answers(await runExchange(serving({}, { reverse: [reverse] }), {}))).toEqual([]);
  });
});

describe('a complete SYN proxy', () => {
  const proxy = (form: Parameters<typeof completeSynProxy>[0] = {}, more: Partial<Around> = {}): Around => ({
    ...both(completeSynProxy(form)),
    ...more,
  });

  test('answers with window 0 and its own TTL, opens the window after the ACK, and relays the rest', async () => {
    const exchange = await runExchange(serving({ application: PAGE }, proxy({ ttl: 255 })), {
      request: GET,
      window: 502,
      ...patient,
    });
    expect(exchange.packets.slice(0, 2).map((packet) => [flags(packet), packet.ip.ttl, packet.tcp?.header.window])).toEqual([
      ['S.', 254, 0],
      ['.', 254, 65_160 >> 7],
    ]);
    expect(exchange.received).toHaveLength(3000);
    expect(exchange.isClosed).toBe(true);
    expect(exchange.packets.every(({ tcp }) => (findOption(tcp?.header.options ?? [], 'ts')?.value ?? 0) > 0)).toBe(true);
  });

  test('sends those of its options that the client offered', async () => {
    const offer = async (options: Script['options'] & object) => {
      const { packets } = await runExchange(serving({}, proxy()), { options, completes: false, untilMs: 10 });
      return formatOptions(packets[0]?.tcp?.header.options ?? []).replace(/ts=\d+:?\d*/, 'ts');
    };
    expect(await offer(LINUX_OPTIONS)).toBe('mss=1460,sackOK,ts,nop,wscale=7');
    expect(await offer([])).toMatch(/^mss=1460/);
    const few = { options: [{ kind: 2, name: 'mss', value: 1400 }] } as const;
    const { packets } = await runExchange(serving({}, proxy(few)), { completes: false, untilMs: 10 });
    expect(packets[0]?.tcp?.header.options).toEqual([{ kind: 2, name: 'mss', value: 1400 }]);
  });

  test('offers the server only what it agreed with the client', async () => {
    const few = { options: [{ kind: 2, name: 'mss', value: 1400 }] } as const;
    const exchange = await runExchange(serving({ application: PAGE }, proxy(few)), { request: GET, window: 64_240, ...patient });
    expect(exchange.received).toHaveLength(3000);
    expect(exchange.packets.every(({ tcp }) => findOption(tcp?.header.options ?? [], 'ts') === undefined)).toBe(true);
  });

  test('answers for a closed port, then resets; for a server that is gone nothing follows', async () => {
    expect(answers(await runExchange(around(closed(), proxy()), {}))).toEqual(['S. 63', 'R. 63']);
    expect(answers(await runExchange(around(drop, proxy()), {}))).toEqual(['S. 63']);
  });

  test('sends its SYN-ACK once, and drops strays', async () => {
    expect(answers(await runExchange(serving({}, proxy()), { completes: false }))).toEqual(['S. 63']);
    const stray = { atMs: 10, segment: { seq: ISS + 1, ack: 77 } };
    expect(answers(await runExchange(serving({}, proxy()), { completes: false, more: [stray] }))).toEqual(['S. 63']);
  });

  test('repeats its SYN when it or the answer was lost', async () => {
    const { forward, reverse } = completeSynProxy();
    const path: Around = { forward: [forward], reverse: [first(1, synAck, drop), reverse] };
    const exchange = await runExchange(serving({ application: PAGE }, path), {
      more: [{ atMs: 400, segment: { seq: ISS + 1 } }],
      untilMs: 900,
    });
    expect(answers(exchange).slice(0, 2)).toEqual(['S. 63', '. 63']);
  });
});

/** A client that sends its request once the window is open; until then only its ACK. */
const patient: Script = {
  request: '',
  more: [
    {
      atMs: 50,
      segment: {
        seq: (ISS + 1) >>> 0,
        flags: TcpFlag.ACK | TcpFlag.PSH,
        payload: Uint8Array.from(GET, (one) => one.charCodeAt(0)),
      },
    },
  ],
};

describe('tar pits', () => {
  test('one that ignores ACKs and one that resets them, on every port', async () => {
    const pit = async (acks: 'ignored' | 'reset', at = 80) =>
      answers(await runExchange(serving({}, { forward: [tarPit({ acks })] }), { port: at, options: [] }));
    expect(await pit('ignored')).toEqual(['S. 63']);
    expect(await pit('reset')).toEqual(['S. 63', 'R 63']);
    expect(await pit('ignored', 47_111)).toEqual(['S. 63']);
  });

  test('one that answers a bad checksum', async () => {
    const spoil: Middlebox = (packet) => [{ packet: sealed(packet.slice(), true), way: 'onward', delay: 0 }];
    const pit = tarPit({ match: badChecksum });
    expect(answers(await runExchange(serving({}, { forward: [spoil] }), { completes: false, untilMs: 10 }))).toEqual([]);
    expect(answers(await runExchange(serving({}, { forward: [spoil, pit] }), { completes: false, untilMs: 10 }))).toEqual([
      'S. 63',
    ]);
    expect(answers(await runExchange(serving({}, { forward: [pit] }), { completes: false, untilMs: 10 }))).toEqual(['S. 62']);
    const deaf = { server: { stack: { verifiesChecksums: false } } };
    expect(answers(await runExchange(around(open(), { ...deaf, forward: [spoil] }), { completes: false, untilMs: 10 }))).toEqual([
      'S. 62',
    ]);
  });
});

describe('ECN and Fast Open on the path', () => {
  const asks = TcpFlag.SYN | TcpFlag.ECE | TcpFlag.CWR;

  test('flags reflected: a SYN-ACK with ECE and CWR', async () => {
    const { packets } = await runExchange(serving({}, { reverse: [reflectEcn()] }), {
      synFlags: asks,
      completes: false,
      untilMs: 10,
    });
    expect(packets.map((packet) => flags(packet))).toEqual(['S.EW']);
  });

  test('SYNs dropped or reset for ECN or an option; others pass', async () => {
    const run = async (box: Middlebox, script: Script) =>
      answers(await runExchange(serving({}, { forward: [box] }), { ...script, completes: false, untilMs: 10 }));
    expect(await run(dropSyn(ecnFlags), { synFlags: asks })).toEqual([]);
    expect(await run(dropSyn(ecnFlags), {})).toEqual(['S. 62']);
    expect(await run(rejectRst({}, option(8)), {})).toEqual(['R. 63']);
    expect(await run(rejectRst({}, option(8)), { options: [] })).toEqual(['S. 62']);
  });

  test('the option stripped: no cookie; SYNs with data dropped: the same without data passes', async () => {
    const request = { options: [{ kind: 34, name: 'tfo', cookie: '' }], completes: false, untilMs: 10 } as const;
    const cookie = async (between: Around) =>
      (await runExchange(serving({ fastOpen: true }, between), request)).packets[0]?.tcp?.header.options.map((one) => one.name);
    expect(await cookie({})).toContain('tfo');
    expect(await cookie({ forward: [stripOption(34)] })).not.toContain('tfo');
    const blocked = serving({ fastOpen: true }, { forward: [dropSyn(payload)] });
    expect(answers(await runExchange(blocked, { ...request, synPayload: GET }))).toEqual([]);
    expect(answers(await runExchange(blocked, request))).toEqual(['S. 62']);
  });
});

describe('matches', () => {
  test('a bare ACK is lost: the SYN-ACK is repeated, and the data after the ACK opens the connection', async () => {
    const lost = when(bareAck, drop);
    expect(timeline(await runExchange(serving({}, { forward: [lost] }), { untilMs: 2000 }))).toEqual([
      '1 S. -1+0',
      '1001 S. -1+0',
    ]);
    const exchange = await runExchange(serving({ application: http(10) }, { forward: [lost] }), { request: GET, untilMs: 100 });
    expect(exchange.received).toHaveLength(10);
  });

  test('header fields without a middlebox of their own', async () => {
    const change = changeField((bytes) => {
      set.df(bytes, false);
      set.urgentPointer(bytes, 77);
      set.reserved(bytes, 5);
    });
    const [reply] = (await runExchange(serving({}, { reverse: [change] }), { completes: false, untilMs: 10 })).packets;
    expect(reply?.ip.df).toBe(false);
    expect(reply?.tcp?.header).toMatchObject({ urgentPointer: 77, reserved: 5, flags: TcpFlag.SYN | TcpFlag.ACK });
    expect(formatOptions(reply?.tcp?.header.options ?? [])).toMatch(/^mss=1460,sackOK,ts/);
  });
});
