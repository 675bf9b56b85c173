import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';

import { host, type Service } from '../network/host.ts';
import { QUOTE_28, QUOTE_8, QUOTE_FULL, QUOTE_MPLS, QUOTE_MPLS_LEGACY, type Quoting } from '../network/icmp-error.ts';
import { all, anything, ecnFlags, option, port, syn } from '../network/match.ts';
import { drop, when, type Middlebox } from '../network/middlebox.ts';
import { dropReply, dropSyn, loss } from '../network/middleboxes/dropping.ts';
import { changeField, clearEcn, resetTtl, rewriteDscp, translateSeq } from '../network/middleboxes/fields.ts';
import { destinationNat, sourceNat } from '../network/middleboxes/nat.ts';
import {
  addOption,
  clampMss,
  padOption,
  reorderOptions,
  rewriteOption,
  shiftTimestamps,
  stripOption,
  type TwoWay,
} from '../network/middleboxes/options.ts';
import { synProxy, tarPit } from '../network/middleboxes/proxies.ts';
import { besides, rejectIcmp, rejectRst } from '../network/middleboxes/rejecting.ts';
import { duplicate, reorder } from '../network/middleboxes/timing.ts';
import { set } from '../network/packet-edit.ts';
import { network, router, site, type Fork, type Network, type Router, type RouterForm } from '../network/network.ts';
import { closed, open, silent, staleConnection } from '../network/services.ts';
import { writeU16 } from '../../src/wire/bytes.ts';
import { changeTexts, findingTexts, hopTexts, traceNetwork, type TraceOutcome } from './trace-network.ts';

const SERVER = '198.51.100.7';

/** A server with port 80 as `service` behind four routers; what differs of each is given by its number. */
function chain(service: Service, forms: Readonly<Record<number, RouterForm>> = {}): Network {
  const path = [1, 2, 3, 4].map((hop) => router(`10.0.0.${hop}`, forms[hop] ?? {}));
  return network([site(host(SERVER, { ports: { 80: service } }), path)]);
}

/** The same with `box` on router 2, on the way there. */
function through(box: Middlebox, forms: Readonly<Record<number, RouterForm>> = {}, service: Service = open()): Network {
  return chain(service, { 2: { forward: [box] }, ...forms });
}

function bothWays(box: TwoWay, forms: Readonly<Record<number, RouterForm>> = {}): Network {
  return chain(open(), { 2: { forward: [box.forward], reverse: [box.reverse] }, ...forms });
}

const ROUTERS = [1, 2, 3, 4].map((hop) => `${hop} 10.0.0.${hop} icmp-ttl-exceeded`);
const QUOTINGS: Readonly<Record<string, Quoting>> = {
  '8 bytes': QUOTE_8,
  '28 bytes': QUOTE_28,
  'all of it': QUOTE_FULL,
  'with MPLS labels': QUOTE_MPLS,
  'with MPLS labels, before RFC 4884': QUOTE_MPLS_LEGACY,
};

function clean(outcome: TraceOutcome): void {
  expect({ changes: changeTexts(outcome), findings: findingTexts(outcome) }).toEqual({ changes: [], findings: [] });
}

describe('a clean path', () => {
  it.each(Object.entries(QUOTINGS))('shows every hop and no change, where routers quote %s', async (_, quoting) => {
    const forms = Object.fromEntries([1, 2, 3, 4].map((hop) => [hop, { quoting }]));
    const outcome = await traceNetwork(chain(open(), forms));
    clean(outcome);
    expect(hopTexts(outcome)).toEqual([...ROUTERS, `5 ${SERVER} syn-ack`]);
    expect(outcome.path).toMatchObject({ reached: true, state: 'open', reason: 'syn-ack', hops: 5, from: SERVER });
  });

  it('of twenty hops of 10 ms each takes well under a second', async () => {
    const path = Array.from({ length: 20 }, (_, index) => router(`10.0.1.${index + 1}`, { delayMs: 10 }));
    const outcome = await traceNetwork(network([site(host(SERVER, { ports: { 80: open() } }), path, 10)]));
    expect(outcome.path.hops).toBe(21);
    expect(outcome.durationMs).toBeLessThan(950);
    expect(outcome.hops[19]?.rttMs[0]).toBeCloseTo(400, 0);
  });

  it.each([
    ['a reset', closed(), 'closed', 'rst'],
    ['a SYN-ACK without timestamps', open({ stack: { timestamps: false } }), 'open', 'syn-ack'],
  ] as const)('ends at the right hop where %s does not say which probe it answers', async (_, service, state, reason) => {
    const outcome = await traceNetwork(chain(service));
    clean(outcome);
    expect(hopTexts(outcome)).toEqual([...ROUTERS, `5 ${SERVER} ${reason}`]);
    expect(outcome.path).toMatchObject({ reached: true, state, reason, hops: 5 });
    expect(outcome.hops.every(({ sent, rttMs }) => sent === rttMs.length)).toBe(true);
  });

  it('to a host on the link is one hop', async () => {
    const near = network([site(host(SERVER, { ports: { 80: closed() } }))]);
    const outcome = await traceNetwork(near);
    expect(hopTexts(outcome)).toEqual([`1 ${SERVER} rst`]);
  });

  it('gives as many samples of each hop as were asked for', async () => {
    const outcome = await traceNetwork(chain(open()), { count: 4 });
    expect(outcome.hops.map(({ rttMs }) => rttMs.length)).toEqual([4, 4, 4, 4, 4]);
  });

  it('begins and ends at the TTLs that were asked for', async () => {
    const outcome = await traceNetwork(chain(open()), { firstTtl: 2, maxTtl: 3 });
    expect(hopTexts(outcome)).toEqual(ROUTERS.slice(1, 3));
    expect(outcome.path).toMatchObject({ reached: false, state: 'filtered', reason: 'no-response', hops: 3 });
  });

  it('shows MPLS labels', async () => {
    const outcome = await traceNetwork(chain(open(), { 2: { quoting: QUOTE_MPLS } }));
    expect(outcome.hops[1]?.extensions[0]?.mpls?.[0]).toMatchObject({ label: 1234 });
  });
});

/** What router 2 does to SYNs; change, and finding. */
const ALTERATIONS: readonly (readonly [string, Middlebox, readonly string[], readonly string[]])[] = [
  ['MSS lowered', clampMss(1300, 'down'), ['tcp.option.mss 1460>1300 rewritten 2-3'], ['mss-clamped mss proven']],
  ['MSS removed', stripOption(2), ['tcp.option.mss 1460>null removed 2-3'], ['option-stripped mss proven']],
  ['SACK removed', stripOption(4), ['tcp.option.sackOK true>null removed 2-3'], ['option-stripped sackOK proven']],
  ['SACK overwritten', padOption(4), ['tcp.option.sackOK true>null overwritten 2-3'], ['option-padded sackOK proven']],
  ['window scale overwritten', padOption(3), ['tcp.option.wscale 7>null overwritten 2-3'], ['option-padded wscale proven']],
  [
    'window scale rewritten',
    rewriteOption(3, (one) => ({ ...one, value: 2 }) as typeof one),
    ['tcp.option.wscale 7>2 rewritten 2-3'],
    ['option-rewritten wscale proven'],
  ],
  [
    'option added',
    addOption({ kind: 30, name: 'mptcp', data: '0001' }),
    ['tcp.option.mptcp null>"0001" added 2-3'],
    ['option-added mptcp proven'],
  ],
  [
    'options reordered',
    reorderOptions(3, 8),
    ['tcp.option.order "mss,sackOK,ts,wscale">"wscale,ts,mss,sackOK" reordered 2-3'],
    ['option-rewritten proven'],
  ],
  ['DSCP re-marked', rewriteDscp(46), ['ip.dscp 0>46 rewritten 2-3'], ['dscp-changed proven']],
  ['ECN cleared', clearEcn(), ['tcp.flags "SEW">"S" rewritten 2-3'], ['ecn-cleared proven']],
  [
    'window rewritten',
    changeField((bytes) => set.window(bytes, 999)),
    ['tcp.window 64240>999 rewritten 2-3'],
    ['window-rewritten proven'],
  ],
  ['a congestion mark', changeField((bytes) => (bytes[1] = 3)), ['ip.ecn 0>3 rewritten 2-3'], []],
  ['DF cleared', changeField((bytes) => writeU16(bytes, 6, 0)), ['ip.df true>false rewritten 2-3'], []],
  ['urgent pointer set', changeField((bytes) => writeU16(bytes, 38, 9)), ['tcp.urgent 0>9 rewritten 2-3'], []],
];

describe('an alteration by router 2', () => {
  test.each(ALTERATIONS)('%s: named, and placed between routers 2 and 3', async (_, box, changes, findings) => {
    const outcome = await traceNetwork(through(when(syn, box)), { ecn: true });
    expect(changeTexts(outcome)).toEqual(changes);
    expect(findingTexts(outcome)).toEqual(findings);
    expect(outcome.path.changes[0]?.between).toEqual(['10.0.0.2', '10.0.0.3']);
    expect(outcome.path).toMatchObject({ reached: true, hops: 5 });
  });

  it('timestamps shifted: once, though each probe has another', async () => {
    const outcome = await traceNetwork(through(when(syn, shiftTimestamps(77))));
    expect(outcome.path.changes).toHaveLength(1);
    expect(outcome.path.changes[0]).toMatchObject({ field: 'tcp.option.ts', how: 'rewritten', afterTtl: 2, atTtl: 3 });
    expect(outcome.path).toMatchObject({ reached: true, hops: 5 });
  });

  it('timestamps removed or overwritten: the SYN-ACK no longer says which probe it answers, and is placed all the same', async () => {
    for (const [box, how] of [
      [stripOption(8), 'removed'],
      [padOption(8), 'overwritten'],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop
      const outcome = await traceNetwork(through(when(syn, box)));
      expect(outcome.path.changes.map(({ field, how: manner }) => [field, manner])).toEqual([['tcp.option.ts', how]]);
      expect(outcome.path).toMatchObject({ reached: true, hops: 5 });
    }
  });

  it('sequence numbers translated: quotes are still matched', async () => {
    const outcome = await traceNetwork(bothWays(translateSeq(5_000_000)));
    expect(outcome.path.changes).toHaveLength(1);
    expect(outcome.path.changes[0]).toMatchObject({ field: 'tcp.seq', afterTtl: 2, atTtl: 3 });
    expect(findingTexts(outcome)).toEqual(['sequence-rewritten proven']);
    expect(outcome.path).toMatchObject({ reached: true, hops: 5 });
  });

  it.each([0, 7])('IP ID set to %i: hops behind it are told apart all the same', async (id) => {
    const rewritten = changeField((bytes) => set.ipId(bytes, id), syn);
    for (const options of ['mss=1460,sackOK,ts,nop,wscale=7', 'mss=1460']) {
      // oxlint-disable-next-line no-await-in-loop
      const outcome = await traceNetwork(through(rewritten), { options });
      expect(hopTexts(outcome)).toEqual([...ROUTERS, `5 ${SERVER} syn-ack`]);
      expect(outcome.path.changes.map(({ field, afterTtl, atTtl }) => `${field} ${afterTtl}-${atTtl}`)).toEqual(['ip.id 2-3']);
    }
  });

  it('of two hops: each is placed at its own', async () => {
    const outcome = await traceNetwork(
      chain(open(), { 1: { forward: [clampMss(1400, 'down')] }, 3: { forward: [clampMss(1300, 'down')] } }),
    );
    expect(changeTexts(outcome)).toEqual(['tcp.option.mss 1460>1400 rewritten 1-2', 'tcp.option.mss 1460>1300 rewritten 3-4']);
  });

  it('five of them at once: each with its field', async () => {
    const boxes = [
      clampMss(1300, 'down'),
      padOption(4),
      rewriteDscp(10),
      changeField((bytes) => set.window(bytes, 999)),
      clearEcn(),
    ];
    const outcome = await traceNetwork(chain(open(), { 3: { forward: boxes.map((box) => when(syn, box)) } }), { ecn: true });
    expect(outcome.path.changes.map(({ field, afterTtl, atTtl }) => `${field} ${afterTtl}-${atTtl}`).toSorted()).toEqual([
      'ip.dscp 3-4',
      'tcp.flags 3-4',
      'tcp.option.mss 3-4',
      'tcp.option.sackOK 3-4',
      'tcp.window 3-4',
    ]);
  });

  it('by the last router is not seen: nobody quotes the packet behind it', async () => {
    clean(await traceNetwork(chain(open(), { 4: { forward: [clampMss(1300, 'down')] } })));
  });

  it('on the way back is no change of the path there', async () => {
    const outcome = await traceNetwork(chain(open(), { 2: { reverse: [clampMss(1300, 'down'), padOption(4)] } }));
    expect(changeTexts(outcome)).toEqual([]);
    expect(outcome.path).toMatchObject({ reached: true, hops: 5 });
  });

  it('by the first router is placed behind this host’s own first hop', async () => {
    const outcome = await traceNetwork(chain(open(), { 1: { forward: [clampMss(1300, 'down')] } }));
    expect(outcome.path.changes[0]).toMatchObject({ afterTtl: 1, atTtl: 2, between: ['10.0.0.1', '10.0.0.2'] });
  });
});

describe('hops that show little or nothing', () => {
  it('a silent hop is null, later ones are found, and the change is placed over the gap', async () => {
    const outcome = await traceNetwork(through(clampMss(1300, 'down'), { 3: { icmp: 'off' } }));
    expect(hopTexts(outcome)).toEqual([...ROUTERS.slice(0, 2), '3 *', ROUTERS[3], `5 ${SERVER} syn-ack`]);
    expect(outcome.path.changes[0]).toMatchObject({ afterTtl: 2, atTtl: 4, between: ['10.0.0.2', '10.0.0.4'] });
    expect(outcome.path.changes[0]?.detail).toContain('hop 3 did not show it');
  });

  it('a quote of 8 bytes does not vouch for options', async () => {
    const outcome = await traceNetwork(
      through(clampMss(1300, 'down'), { 2: { forward: [clampMss(1300, 'down')], quoting: QUOTE_8 } }),
    );
    expect(outcome.path.changes[0]).toMatchObject({ field: 'tcp.option.mss', afterTtl: 1, atTtl: 3 });
  });

  it('a checksum that one router blanks in its quotes is no change: it fits again at the next', async () => {
    const quoting = { ...QUOTE_FULL, altered: (packet: Uint8Array) => packet.fill(0, 36, 38) };
    clean(await traceNetwork(chain(open(), { 2: { quoting } })));
  });

  it('where every quote is short, what is hidden is told by checksum or length', async () => {
    const forms = Object.fromEntries([1, 3, 4].map((hop) => [hop, { quoting: QUOTE_28 }]));
    const scaled = rewriteOption(3, (one) => ({ ...one, value: 2 }) as typeof one);
    const outcome = await traceNetwork(through(scaled, { ...forms, 2: { forward: [scaled], quoting: QUOTE_28 } }));
    expect(outcome.path.changes.map(({ field, afterTtl, atTtl }) => `${field} ${afterTtl}-${atTtl}`)).toEqual([
      'tcp.checksum 2-3',
    ]);
    const eight = Object.fromEntries([1, 3, 4].map((hop) => [hop, { quoting: QUOTE_8 }]));
    const shorter = await traceNetwork(through(stripOption(8), { ...eight, 2: { forward: [stripOption(8)], quoting: QUOTE_8 } }));
    expect(changeTexts(shorter)).toEqual(['ip.len 60>52 rewritten 2-3']);
  });

  it('a router that limits its ICMP errors is found by a retry', async () => {
    const outcome = await traceNetwork(chain(open(), { 2: { icmp: 1 } }), { count: 2 });
    expect(outcome.hops[1]?.address).toBe('10.0.0.2');
    expect(outcome.path).toMatchObject({ reached: true, hops: 5 });
  });
});

describe('a filtered target', () => {
  it('behind a drop: the path up to it', async () => {
    const outcome = await traceNetwork(through(dropSyn(port(80))));
    expect(hopTexts(outcome)).toEqual(ROUTERS.slice(0, 2));
    expect(outcome.path).toMatchObject({ reached: false, state: 'filtered', reason: 'no-response', from: null, hops: 2 });
    clean(outcome);
  });

  it('whose replies are dropped: quotes pass to the end', async () => {
    const outcome = await traceNetwork(chain(open(), { 2: { reverse: [dropReply()] } }));
    expect(hopTexts(outcome)).toEqual(ROUTERS);
    expect(outcome.path).toMatchObject({ reached: false, state: 'filtered', hops: 4 });
  });

  it('behind a reject: who, and from where', async () => {
    const outcome = await traceNetwork(through(rejectIcmp(3, 13)));
    expect(outcome.path).toMatchObject({
      reached: false,
      state: 'filtered',
      reason: 'icmp-admin-prohibited',
      from: '10.0.0.2',
      hops: 3,
    });
  });

  it('that is not there: what its router finds out after three ARP requests is waited for, and no longer', async () => {
    const absent = await traceNetwork(through(rejectIcmp(3, 1, { afterMs: 3060 })));
    expect(absent.path).toMatchObject({ state: 'filtered', reason: 'icmp-host-unreachable', from: '10.0.0.2', hops: 3 });
    expect(absent.durationMs).toBeLessThan(3200);
    const silence = await traceNetwork(through(dropSyn(port(80))));
    expect(silence.durationMs).toBeLessThan(3400);
  });

  it('behind a slow hop is not waited for in multiples of that hop’s round trip', async () => {
    const slow = { 1: { delayMs: 400 } };
    const outcome = await traceNetwork(through(dropSyn(port(80)), slow));
    expect(hopTexts(outcome)).toEqual(ROUTERS.slice(0, 2));
    expect(outcome.durationMs).toBeLessThan(6000);
  });

  it('that is silent itself', async () => {
    const outcome = await traceNetwork(chain(silent));
    expect(outcome.path).toMatchObject({ reached: false, state: 'filtered', reason: 'no-response', hops: 4 });
    expect(outcome.durationMs).toBeLessThan(4000);
  });

  it('that cannot be sent to', async () => {
    const path = network([site(host(SERVER), [])], { noNeighbour: [host(SERVER).address] });
    expect((await traceNetwork(path)).path).toMatchObject({ state: 'error', reason: 'send-error:EHOSTUNREACH', hops: 0 });
  });
});

describe('an answer from nearer than the host', () => {
  it.each([
    ['a SYN proxy', synProxy({ match: port(80) }), 'syn-proxy likely', 'open'],
    ['a device that resets', rejectRst({}, port(80)), 'rst-injected likely', 'closed'],
  ] as const)('%s', async (_, box, finding, state) => {
    const outcome = await traceNetwork(through(box));
    expect(findingTexts(outcome)).toEqual([finding]);
    expect(outcome.path).toMatchObject({ reached: false, state, hops: 3 });
    expect(outcome.path.findings[0]?.detail).toContain('10.0.0.3');
    expect(outcome.path.findings[0]?.detail).toContain('answers at TTL 5');
  });

  it('a device that resets for an option, on whatever port', async () => {
    const outcome = await traceNetwork(through(rejectRst({}, all(syn, option(8)))));
    expect(findingTexts(outcome)).toEqual(['rst-injected likely']);
    expect(outcome.path).toMatchObject({ reached: false, state: 'closed', hops: 3 });
  });

  it('is not claimed of a device that answers for every port: the host’s distance is not known', async () => {
    const outcome = await traceNetwork(through(tarPit()));
    expect(findingTexts(outcome)).toEqual([]);
  });
});

describe('address translation', () => {
  it('whose quotes are restored shows no change', async () => {
    clean(await traceNetwork(bothWays(sourceNat('203.0.113.9', { firstPort: 50_000 }))));
  });

  it('whose quotes keep the translated checksum: the checksum does not fit', async () => {
    const outcome = await traceNetwork(bothWays(sourceNat('203.0.113.9', { firstPort: 50_000, quotes: 'checksum-left' })));
    expect(outcome.path.changes.map(({ field, afterTtl, atTtl }) => `${field} ${afterTtl}-${atTtl}`)).toEqual([
      'tcp.checksum 2-3',
    ]);
    expect(findingTexts(outcome)).toEqual([]);
  });

  it('whose quotes are left as they are: matched by the sequence number', async () => {
    const outcome = await traceNetwork(bothWays(sourceNat('203.0.113.9', { firstPort: 50_000, quotes: 'left' })));
    expect(hopTexts(outcome)).toEqual([...ROUTERS, `5 ${SERVER} syn-ack`]);
    expect(outcome.path.changes.map(({ field }) => field)).toEqual(['ip.src', 'tcp.sport']);
  });

  it('of the destination port', async () => {
    const box = destinationNat(SERVER, 8080, { quotes: 'left' });
    const path = [1, 2, 3].map((hop) =>
      router(`10.0.0.${hop}`, hop === 2 ? { forward: [box.forward], reverse: [box.reverse] } : {}),
    );
    const outcome = await traceNetwork(network([site(host(SERVER, { ports: { 8080: open() } }), path)]));
    expect(outcome.path.changes.map(({ field }) => field)).toEqual(['tcp.dport']);
    expect(outcome.path).toMatchObject({ reached: true, state: 'open', hops: 4 });
  });
});

describe('several ways', () => {
  const fork = (by: Fork['by']): Network => {
    const branches: readonly (readonly Router[])[] = [[router('10.0.2.1')], [router('10.0.2.2')]];
    return network([site(host(SERVER, { ports: { 80: open() } }), [router('10.0.0.1'), { branches, by }, router('10.0.0.3')])]);
  };

  it('by flow: one trace keeps to one of them', async () => {
    const outcome = await traceNetwork(fork('flow'), { count: 3 });
    expect(outcome.hops).toHaveLength(4);
    clean(outcome);
  });

  it('by packet: both routers are shown at their TTL', async () => {
    const outcome = await traceNetwork(fork('packet'), { count: 6 });
    const second = outcome.hops.filter(({ ttl }) => ttl === 2).map(({ address }) => address);
    expect(new Set(second)).toEqual(new Set(['10.0.2.1', '10.0.2.2']));
    expect(second).toHaveLength(2);
    clean(outcome);
  });
});

describe('several ways of which one rewrites', () => {
  it('the change lies behind the router before the fork, not between two routers of the same TTL', async () => {
    const clamping: readonly Router[] = [router('10.0.2.1', { forward: [clampMss(1300, 'down')] }), router('10.0.3.1')];
    const branches = [clamping, [router('10.0.2.2'), router('10.0.3.2')]];
    const fork: Fork = { branches, by: 'packet' };
    const forked = network([site(host(SERVER, { ports: { 80: open() } }), [router('10.0.0.1'), fork, router('10.0.0.4')])]);
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      // oxlint-disable-next-line no-await-in-loop
      const { path } = await traceNetwork(forked, { count: 6, seed });
      expect(path.changes.map(({ afterTtl, atTtl }) => [afterTtl, atTtl])).toEqual([[2, 3]]);
    }
  });
});

describe('TTLs that are tampered with', () => {
  it('raised: found, and the path ends at the host', async () => {
    const outcome = await traceNetwork(through(when(syn, resetTtl(64))));
    expect(outcome.path).toMatchObject({ reached: true, state: 'open', hops: 3 });
    clean(outcome);
  });
});

describe('--vary', () => {
  it.each([
    ['timestamps', all(syn, option(8)), 'option-blocked ts likely', {}],
    ['SACK', all(syn, option(4)), 'option-blocked sackOK likely', {}],
    ['ECN', all(syn, ecnFlags), 'ecn-blocked likely', { ecn: true }],
  ] as const)('names %s as what makes the SYN disappear, and where', async (_, match, finding, ask) => {
    const outcome = await traceNetwork(through(when(match, drop)), { vary: true, ...ask });
    expect(findingTexts(outcome)).toEqual([finding]);
    expect(outcome.path.findings[0]?.detail).toMatch(/vanish behind 10\.0\.0\.2 \(hop 2\).*answered by syn-ack/);
  });

  it('names two options that only together make it disappear', async () => {
    const outcome = await traceNetwork(through(when(all(syn, option(4), option(3)), drop)), { vary: true });
    expect(findingTexts(outcome)).toEqual(['option-blocked sackOK likely', 'option-blocked wscale likely']);
    for (const { detail } of outcome.path.findings) expect(detail).toContain('It takes sackOK and wscale together.');
  });

  it('names an option that earns a reset', async () => {
    const outcome = await traceNetwork(through(rejectRst({}, all(syn, option(8)))), { vary: true });
    expect(findingTexts(outcome)).toContain('option-blocked ts likely');
  });

  it('says nothing where all fare alike, and nothing of loss', async () => {
    clean(await traceNetwork(chain(open()), { vary: true }));
    for (const seed of [1, 2, 3, 4, 5]) {
      // oxlint-disable-next-line no-await-in-loop
      const outcome = await traceNetwork(chain(open(), { 2: { forward: [loss(0.3)], reverse: [loss(0.3)] } }), {
        vary: true,
        seed,
      });
      expect(findingTexts(outcome)).toEqual([]);
    }
  });
});

describe('an older connection on the tuple', () => {
  it('is left alone: the trace begins anew from another port', async () => {
    const outcome = await traceNetwork(chain(staleConnection(open())));
    expect(outcome.path).toMatchObject({ reached: true, state: 'open', hops: 5 });
    clean(outcome);
  });
});

describe('laws', () => {
  const harm: fc.Arbitrary<Middlebox> = fc.oneof(
    fc.double({ min: 0, max: 0.4, noNaN: true }).map((share) => loss(share)),
    fc.double({ min: 0, max: 0.5, noNaN: true }).map((share) => duplicate(share, 3)),
    fc.double({ min: 0, max: 0.5, noNaN: true }).map((share) => reorder(share, 50)),
  );

  it('under any loss, duplication and order a trace ends, and changes nothing that was not changed', async () => {
    const services = fc.constantFrom<readonly Service[]>([open()], [closed()], [silent], [open({ retransmits: 2 })]);
    await fc.assert(
      fc.asyncProperty(services, harm, harm, fc.nat(1000), async ([service], forward, reverse, seed) => {
        const outcome = await traceNetwork(chain(service as Service, { 2: { forward: [forward], reverse: [reverse] } }), {
          seed,
        });
        expect(changeTexts(outcome)).toEqual([]);
        // Every SYN of the right TTL may be lost: then a larger one is the first that the host answers, behind a silent hop.
        const lost = outcome.hops.filter(({ ttl, address }) => ttl >= 5 && address === null).length;
        expect(outcome.path.hops).toBeLessThanOrEqual(5 + lost);
        expect(outcome.hops.map(({ ttl }) => ttl)).toEqual(Array.from(outcome.hops, (_, index) => index + 1));
        for (const { address, ttl } of outcome.hops)
          if (address !== null) expect(address).toBe(ttl >= 5 ? SERVER : `10.0.0.${ttl}`);
      }),
      { numRuns: 60 },
    );
  });

  it('under the same harm an alteration is named with its field and never before its place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ALTERATIONS), harm, fc.nat(1000), async ([, box, changes], noise, seed) => {
        const forms = { 2: { forward: [when(syn, box)] }, 1: { forward: [noise], reverse: [noise] } };
        const { path } = await traceNetwork(chain(open(), forms), { ecn: true, seed });
        const field = changes[0]?.split(' ')[0];
        for (const change of path.changes) {
          expect(change.field).toBe(field);
          expect(change.atTtl).toBeGreaterThanOrEqual(3);
          expect(change.afterTtl).toBeLessThanOrEqual(2);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([0, 1, 2])('routers that are near do not hurry a host that is far: %i retries', async (retries) => {
    const outcome = await traceNetwork(chain(open(), { 3: { delayMs: 400 } }), { retries });
    expect(hopTexts(outcome)).toEqual([...ROUTERS, `5 ${SERVER} syn-ack`]);
    expect(outcome.path.reached).toBe(true);
  });

  it('an interrupted trace tells what it knows', async () => {
    const outcome = await traceNetwork(chain(silent), { interruptAt: 100 });
    expect(hopTexts(outcome)).toEqual(ROUTERS);
    expect(outcome.path).toMatchObject({ state: null, reason: null });
  });

  it('forged quotes decide nothing', async () => {
    const forged = besides(anything, rejectIcmp(11, 0, { quoting: { payloadBytes: 528, altered: forge }, match: syn }));
    const outcome = await traceNetwork(through(forged));
    expect(hopTexts(outcome)).toEqual([...ROUTERS, `5 ${SERVER} syn-ack`]);
    clean(outcome);
  });
});

/** Another sequence number, TSval and IP ID: somebody else's packet on our ports. */
function forge(packet: Uint8Array): Uint8Array {
  const copy = packet.slice();
  set.seq(copy, 12_345);
  set.ipId(copy, 0);
  copy.fill(0x11, 48, 52);
  return copy;
}
