import { describe, expect, it } from 'vitest';

import type { Match } from '../network/match.ts';
import { drop, when } from '../network/middlebox.ts';
import { completeSynProxy } from '../network/middleboxes/complete-syn-proxy.ts';
import { dropReply, dropSyn, loss } from '../network/middleboxes/dropping.ts';
import { changeField, clearEcn, reflectEcn } from '../network/middleboxes/fields.ts';
import { mtu } from '../network/middleboxes/link-mtu.ts';
import { stripOption } from '../network/middleboxes/options.ts';
import { tarPit } from '../network/middleboxes/proxies.ts';
import { rejectIcmp, rejectRst, resetAfterSynAck } from '../network/middleboxes/rejecting.ts';
import { delay } from '../network/middleboxes/timing.ts';
import { flagsOf, payloadLengthOf, trafficClassOf } from '../network/packet.ts';
import { set } from '../network/packet-edit.ts';
import { closed, silent, staleConnection } from '../network/services.ts';
import { banner, http, mute, resets } from '../network/tcp/application.ts';
import { loadBalancer } from '../network/tcp/load-balancer.ts';
import type { ServerForm } from '../network/tcp/server-form.ts';
import { tcpServer } from '../network/tcp/tcp-server.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { around, serving, type Around } from '../network/serving.ts';
import { shakeHands } from './handshake-network.ts';

const TWO_WAYS = (box: ReturnType<typeof mtu>): Around => ({ forward: [box.forward], reverse: [box.reverse] });
const withData: Match = (packet) => (flagsOf(packet) & TcpFlag.SYN) !== 0 && payloadLengthOf(packet) > 0;
const asksForEcn: Match = (packet) =>
  (flagsOf(packet) & (TcpFlag.SYN | TcpFlag.ECE | TcpFlag.ACK)) === (TcpFlag.SYN | TcpFlag.ECE);

describe('a clean path', () => {
  it.each([
    ['as it is', {}],
    ['with everything asked', { send: 'http', fastOpen: true, pathMtu: true, ecn: true, repeat: 5 }],
    ['without an ACK', { ack: false }],
    ['reset at the end', { close: 'rst' }],
    ['with bare options', { options: 'none', send: 'http', pathMtu: true }],
  ] as const)('shows nothing: %s', async (_, ask) => {
    const network = serving({ application: http(3000), fastOpen: true });
    const { record, findings } = await shakeHands(network, ask);
    expect(findings).toEqual([]);
    expect(record).toMatchObject({
      state: 'open',
      synProxy: 'ack' in ask ? null : false,
      synCookies: 'ack' in ask ? false : null,
    });
    expect(record.acceptQueueFull).toBe('ack' in ask ? null : false);
  });

  it('ends within a few round trips', async () => {
    const { record, durationMs } = await shakeHands(serving());
    expect(durationMs).toBeLessThan(50);
    expect(record.synRttMs).toBeCloseTo(1.2, 1);
    expect(record.closedBy).toBe('client-fin');
  });

  it('is told with the states of both ends', async () => {
    const { segments } = await shakeHands(serving());
    expect(
      segments.map(({ direction, flags, clientState, serverState }) => [direction, flags, clientState, serverState]),
    ).toEqual([
      ['out', 'S', 'SYN-SENT', null],
      ['in', 'S.', 'ESTABLISHED', 'SYN-RECEIVED'],
      ['out', '.', 'ESTABLISHED', 'ESTABLISHED'],
      ['out', 'F.', 'FIN-WAIT-1', 'ESTABLISHED'],
      ['in', 'F.', 'TIME-WAIT', 'LAST-ACK'],
      ['out', '.', 'TIME-WAIT', 'CLOSED'],
    ]);
  });
});

describe('the port', () => {
  it.each([
    ['closed', 'rst', closed(), {}],
    ['filtered', 'no-response', silent, {}],
    ['filtered', 'icmp-admin-prohibited', tcpServer(), { forward: [rejectIcmp(3, 13)] }],
    ['closed', 'rst', tcpServer(), { forward: [rejectRst()] }],
    ['filtered', 'no-response', tcpServer(), { reverse: [dropReply()] }],
  ] as const)('is %s (%s)', async (state, reason, service, between) => {
    const { record } = await shakeHands(around(service, between));
    expect(record).toMatchObject({ state, reason, established: false, application: null });
  });

  it('is open although a connection of old holds the first tuple', async () => {
    const { record } = await shakeHands(around(staleConnection(tcpServer())), { pathMtu: true, retries: 0 });
    expect(record).toMatchObject({ state: 'open', established: true, connections: 2, pathMtu: { bytes: 1500 } });
  });

  it('is open behind a path that loses packets', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, seed) =>
        shakeHands(serving({}, { forward: [loss(0.2)], reverse: [loss(0.2)] }), { seed, retries: 9 }),
      ),
    );
    expect(outcomes.map(({ record }) => record.state)).toEqual(outcomes.map(() => 'open'));
    const full = outcomes.filter(({ record }) => record.acceptQueueFull === true);
    expect(full).toEqual([]);
  });
});

describe('the SYN-ACK', () => {
  it('is sent again 1, 2 and 4 s later', async () => {
    const { record } = await shakeHands(serving(), { ack: false });
    expect(record.synAckIntervalsMs?.map((ms) => Math.round(ms))).toEqual([1000, 2000, 4000]);
    expect(record).toMatchObject({ synAckRetransmits: 3, synCookies: false, established: false, closedBy: 'client-rst' });
  });

  it('is not with SYN cookies', async () => {
    const { record, findings } = await shakeHands(serving({ cookies: true }), { ack: false, observe: 3500 });
    expect(findings).toEqual(['syn-cookies likely']);
    expect(record.findings[0]?.detail).toContain('not sent again in 3.5 s');
  });

  it('betrays cookies at once by what it forgets without timestamps', async () => {
    const { findings, durationMs } = await shakeHands(serving({ cookies: true }), { ack: false, observe: 20 });
    expect(findings).toEqual(['syn-cookies likely']);
    expect(durationMs).toBeLessThan(100);
  });

  it('says nothing after a short look at a host that merely answers once', async () => {
    const { record, findings } = await shakeHands(serving({ cookies: true }), { ack: false, observe: 20, options: 'mss=1460' });
    expect([record.synCookies, findings]).toEqual([null, []]);
  });

  it('of a host that answers once and keeps its options is no cookie', async () => {
    const { record, findings } = await shakeHands(serving({ synAckGapsMs: [] }), { ack: false, observe: 4000 });
    expect([record.synCookies, findings]).toEqual([false, []]);
  });
});

describe('after the ACK', () => {
  const full: ServerForm = { queue: {} };

  it('SYN-ACKs go on where the accept queue is full', async () => {
    const { record, findings } = await shakeHands(serving(full));
    expect(findings).toEqual(['accept-queue-full likely']);
    expect(record).toMatchObject({ acceptQueueFull: true, connections: 2 });
  });

  it('and nothing is found where only the ACK was lost', async () => {
    const { record, findings } = await shakeHands(serving({ losesAcks: 2 }), { observe: 1500 });
    expect([record.acceptQueueFull, findings]).toEqual([false, []]);
    expect(record.connections).toBe(2);
    expect(record.remarks.join()).toContain('the first was lost in transit');
  });

  it('silence may be a filter that passes SYNs alone', async () => {
    const { findings } = await shakeHands(
      serving({ cookies: true }, { forward: [when((packet) => (flagsOf(packet) & TcpFlag.SYN) === 0, drop)] }),
    );
    expect(findings).toEqual(['accept-queue-full possible']);
  });

  it('a window that opens late is a SYN proxy', async () => {
    const proxy = completeSynProxy();
    const { record, findings } = await shakeHands(serving({}, { forward: [proxy.forward], reverse: [proxy.reverse] }));
    expect(findings).toContain('syn-proxy likely');
    expect(record.synProxy).toBe(true);
  });

  it('a reset names a backend that is gone', async () => {
    const { record, findings } = await shakeHands(serving({ application: resets('accept') }));
    expect(record).toMatchObject({ resetAfterAck: true, closedBy: 'server-rst' });
    expect(findings).toEqual([]);
  });

  it('a reset from elsewhere is injected', async () => {
    const { findings } = await shakeHands(serving({}, { reverse: [resetAfterSynAck({ ttl: 250, afterMs: 4 })] }));
    expect(findings).toEqual(['rst-injected likely']);
  });

  it('a tar pit acknowledges nothing', async () => {
    const { record } = await shakeHands(serving({}, { forward: [tarPit()] }));
    expect(record.established).toBe(true);
    expect(record.application).toBeNull();
    expect(record.findings.map(({ code }) => code)).toContain('accept-queue-full');
  });
});

describe('the application', () => {
  it('answers', async () => {
    const { record } = await shakeHands(serving({ application: http(5000) }), { send: 'http' });
    expect(record.application).toMatchObject({ ackedBytes: record.application?.sentBytes, repliedBytes: 5000 });
    expect(record.application?.firstReplyMs).toBeCloseTo(1.2, 0);
  });

  it('does not, though the kernel takes everything', async () => {
    const { record } = await shakeHands(serving({ application: mute }), { send: 'http' });
    expect(record.application).toMatchObject({ ackedBytes: record.application?.sentBytes, repliedBytes: 0, firstReplyMs: null });
  });

  it('speaks first', async () => {
    const { record } = await shakeHands(serving({ application: banner('SSH-2.0-x\r\n', 5) }), { observe: 50 });
    expect(record.application).toMatchObject({ sentBytes: 0, repliedBytes: 11 });
  });
});

describe('Fast Open', () => {
  it('works', async () => {
    const { record, findings } = await shakeHands(serving({ fastOpen: true, application: http(500) }), {
      fastOpen: true,
      send: 'http',
    });
    expect(record.fastOpen).toMatchObject({ dataAccepted: true });
    expect(record.fastOpen?.cookie).toMatch(/^[\da-f]{16}$/);
    expect(findings).toEqual([]);
  });

  it.each([
    ['is not offered', {}, {}],
    ['loses its option on the way', { fastOpen: true }, { forward: [stripOption(34)] }],
  ] as const)('%s', async (_, form, between) => {
    const { record, findings } = await shakeHands(serving(form, between), { fastOpen: true });
    expect([record.fastOpen, findings]).toEqual([{ cookie: null, dataAccepted: null }, []]);
  });

  it('is blocked where SYNs with data are dropped', async () => {
    const { record, findings } = await shakeHands(serving({ fastOpen: true }, { forward: [dropSyn(withData)] }), {
      fastOpen: true,
    });
    expect(findings).toEqual(['fast-open-blocked likely']);
    expect(record.fastOpen?.dataAccepted).toBeNull();
  });
});

describe('the path MTU', () => {
  it.each([1500, 1499, 1492, 1400, 1399, 1333, 1280, 577, 576, 300])('of %i is found to the byte without ICMP', async (bytes) => {
    const { record, findings } = await shakeHands(serving({}, TWO_WAYS(mtu(bytes, { icmp: false }))), { pathMtu: true });
    expect(record.pathMtu).toEqual({ bytes, reportedBy: null });
    expect(findings).toEqual(bytes === 1500 ? [] : ['pmtu-black-hole likely']);
    if (bytes < 1500) expect(record.findings[0]?.detail).toContain(`clamp the MSS to ${bytes - 40}`);
  });

  it.each([1400, 1333])('of %i is said by the router', async (bytes) => {
    const { record, findings, segments } = await shakeHands(serving({}, TWO_WAYS(mtu(bytes))), { pathMtu: true });
    expect(record.pathMtu).toEqual({ bytes, reportedBy: '10.0.0.2' });
    expect(findings).toEqual([]);
    expect(segments.filter(({ note }) => note?.startsWith('path MTU probe'))).toHaveLength(2);
  });

  it('is found with one probe at a time where answers cannot be told apart', async () => {
    const { record } = await shakeHands(serving({}, TWO_WAYS(mtu(1371, { icmp: false }))), {
      pathMtu: true,
      options: 'mss=1460',
    });
    expect(record.pathMtu?.bytes).toBe(1371);
  });

  it('is found on a path that loses packets', async () => {
    const box = mtu(1400, { icmp: false });
    const between = { forward: [box.forward, loss(0.05)], reverse: [box.reverse, loss(0.05)] };
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, seed) => shakeHands(serving({}, between), { pathMtu: true, seed, retries: 9 })),
    );
    const right = outcomes.filter(({ record }) => record.pathMtu?.bytes === 1400).length;
    expect(right).toBeGreaterThanOrEqual(18);
  });

  it('costs the application nothing', async () => {
    const { record } = await shakeHands(serving({ application: http(300) }, TWO_WAYS(mtu(1400))), {
      pathMtu: true,
      send: 'http',
    });
    expect(record.application).toMatchObject({ repliedBytes: 300 });
    expect(record.pathMtu?.bytes).toBe(1400);
  });
});

describe('ECN', () => {
  it.each([
    ['negotiated', {}, {}, []],
    ['refused', { stack: { ecn: false } }, {}, []],
    ['refused', {}, { forward: [clearEcn()] }, []],
    ['reflected', {}, { reverse: [reflectEcn()] }, []],
    ['dropped', {}, { forward: [dropSyn(asksForEcn)] }, ['ecn-blocked likely']],
  ] as const)('is %s', async (outcome, form, between, found) => {
    const { record, findings } = await shakeHands(serving(form, between), { ecn: true });
    expect([record.ecn, findings]).toEqual([outcome, found]);
  });
});

describe('congestion marks', () => {
  const bleach = changeField((bytes) => set.trafficClass(bytes, trafficClassOf(bytes) & ~3));

  it.each([
    ['negotiated', [], []],
    ['cleared', [bleach], ['ecn-cleared likely']],
  ] as const)('are %s', async (outcome, forward, found) => {
    const { record, findings } = await shakeHands(serving({ application: http(300) }, { forward }), { ecn: true, send: 'http' });
    expect([record.ecn, findings]).toEqual([outcome, found]);
  });
});

describe('several handshakes', () => {
  it('show ISNs without a pattern', async () => {
    const { record } = await shakeHands(serving(), { repeat: 8 });
    expect(record.isn).toEqual({ samples: 8, pattern: 'none' });
    expect(record.stacks).toHaveLength(1);
  });

  it.each([
    ['constant', () => 77],
    ['even-steps', (count: number) => 64_000 * count],
    ['small-steps', (count: number) => 64_000 * count + 13 * count * count],
    ['none', (count: number) => Math.imul(count * count + 7, 0x9e3779b1)],
  ] as const)('find the pattern of ISNs: %s', async (pattern, isn) => {
    const { record, findings } = await shakeHands(serving({ isn }), { repeat: 6 });
    expect([record.isn?.pattern, findings]).toEqual([pattern, []]);
  });

  it.each([
    ['even-steps', (count: number) => 0xfffe_0000 + 64_000 * count],
    ['small-steps', (count: number) => 0xfffe_0000 + 64_000 * count + 13 * count * count],
    ['none', (count: number) => Math.imul(count * count + 7, 0x9e3779b1)],
  ] as const)('find the pattern of ISNs though SYNs and SYN-ACKs overtake one another: %s', async (pattern, isn) => {
    const wavers = [delay(0, 20)];
    for (let seed = 1; seed <= 10; seed++) {
      // oxlint-disable-next-line no-await-in-loop
      const { record } = await shakeHands(serving({ isn }, { forward: wavers, reverse: wavers }), { repeat: 6, seed });
      expect(record.isn).toEqual({ samples: 6, pattern });
    }
  });

  it('tell machines behind one address apart', async () => {
    const balanced = loadBalancer(
      { service: tcpServer({ stack: { wscale: 7 } }) },
      { service: tcpServer({ stack: { wscale: 9, ttl: 128 } }) },
    );
    const { record, findings } = await shakeHands(around(balanced), { repeat: 12 });
    expect(record.stacks).toHaveLength(2);
    expect(findings).toEqual([]);
  });
});

describe('nothing is left behind', () => {
  it.each([
    ['before the SYN-ACK', 0.5],
    ['between SYN-ACK and FIN', 5],
    ['in the middle of the close', 13],
  ])('when interrupted %s', async (_, interruptAt) => {
    const { segments } = await shakeHands(serving({ application: mute }), { observe: 5, interruptAt });
    const last = segments.filter(({ direction }) => direction === 'out').at(-1);
    expect(last?.flags).toMatch(/R|^\.$/);
    expect(last?.clientState).toMatch(/CLOSED|TIME-WAIT/);
  });
});
