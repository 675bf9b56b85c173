import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { all, payload, syn, synAck, tcp } from '../network/match.ts';
import { drop, first, onward, rewrite, when, type Middlebox } from '../network/middlebox.ts';
import { dropReply, dropSyn, loss } from '../network/middleboxes/dropping.ts';
import { changeField, clearEcn, rewriteDscp, translateSeq } from '../network/middleboxes/fields.ts';
import {
  addOption,
  clampMss,
  padOption,
  reorderOptions,
  rewriteOption,
  shiftTimestamps,
  stripOption,
} from '../network/middleboxes/options.ts';
import { synProxy } from '../network/middleboxes/proxies.ts';
import { rejectIcmp, rejectRst } from '../network/middleboxes/rejecting.ts';
import { delay, duplicate, reorder } from '../network/middleboxes/timing.ts';
import { destinationPortOf, sourcePortOf } from '../network/packet.ts';
import { edited, set } from '../network/packet-edit.ts';
import { parseAddress, type Address } from '../../src/wire/address.ts';
import { NANOS_PER_SECOND } from '../../src/wire/numbers.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { inWords, LOCAL, runTwoEnds, type TwoEndsPlan } from './two-ends.ts';

const to443 = (packet: Uint8Array): boolean => destinationPortOf(packet) === 443;
const from443 = (packet: Uint8Array): boolean => sourcePortOf(packet) === 443;
const NAT = parseAddress('203.0.113.9') as Address;

/** Source NAT to another address and port, and back. */
const nat = {
  forward: changeField((bytes) => {
    set.source(bytes, NAT);
    set.sourcePort(bytes, sourcePortOf(bytes) + 20_000);
  }),
  reverse: changeField((bytes) => {
    set.destination(bytes, LOCAL);
    set.destinationPort(bytes, destinationPortOf(bytes) - 20_000);
  }),
};

interface Case {
  readonly plan: TwoEndsPlan;
  readonly status?: string;
  readonly state?: string;
  readonly findings: readonly string[];
}

const translated = translateSeq(1_000_000);

/** Name, network, and what must be found at port 443: that, all of it, and no more. */
const CASES: Readonly<Record<string, Case>> = {
  'a clean path': { plan: {}, findings: [] },
  'a clean path without options': { plan: { options: 'none' }, findings: [] },
  'a clean path, data in the SYN': { plan: { payload: '474554' }, findings: [] },
  'a clean path, ECN and DSCP': { plan: { ecn: true, dscp: 46 }, findings: [] },
  'a clean path, a cookie asked for': { plan: { options: 'mss=1460,sackOK,ts,tfo' }, findings: [] },
  'MSS clamped there': { plan: { forward: [clampMss(1300, 'down')] }, findings: ['mss-clamped:mss forward proven'] },
  'MSS clamped back': { plan: { reverse: [clampMss(1300, 'down')] }, findings: ['mss-clamped:mss reverse proven'] },
  'MSS clamped both ways, to different values': {
    plan: { forward: [clampMss(1300, 'set')], reverse: [clampMss(1200, 'set')] },
    findings: ['mss-clamped:mss forward proven', 'mss-clamped:mss reverse proven'],
  },
  'MSS raised': {
    plan: { options: 'mss=536', forward: [clampMss(1400, 'set')] },
    findings: ['option-rewritten:mss forward proven'],
  },
  'MSS removed': { plan: { forward: [stripOption(2)] }, findings: ['option-stripped:mss forward proven'] },
  'MSS added': {
    plan: { options: 'sackOK', forward: [addOption({ kind: 2, name: 'mss', value: 1400 })] },
    findings: ['option-added:mss forward proven'],
  },
  'SACK removed there': { plan: { forward: [stripOption(4)] }, findings: ['option-stripped:sackOK forward proven'] },
  'SACK removed back': { plan: { reverse: [stripOption(4)] }, findings: ['option-stripped:sackOK reverse proven'] },
  'timestamps overwritten there': { plan: { forward: [padOption(8)] }, findings: ['option-padded:ts forward proven'] },
  'timestamps overwritten back': { plan: { reverse: [padOption(8)] }, findings: ['option-padded:ts reverse proven'] },
  'timestamps rewritten there': { plan: { forward: [shiftTimestamps(77)] }, findings: ['option-rewritten:ts forward proven'] },
  'window scale rewritten': {
    plan: { forward: [rewriteOption(3, () => ({ kind: 3, name: 'wscale', value: 2 }))] },
    findings: ['option-rewritten:wscale forward proven'],
  },
  'a cookie removed on the way back': {
    plan: { options: 'mss=1460,ts,tfo', reverse: [stripOption(34)] },
    findings: ['option-stripped:tfo reverse proven'],
  },
  'options put in another order': {
    plan: { forward: [reorderOptions(3, 8)] },
    findings: ['option-rewritten forward proven'],
  },
  'sequence numbers translated': {
    plan: { forward: [translated.forward], reverse: [translated.reverse] },
    findings: ['sequence-rewritten forward proven'],
  },
  'addresses and ports translated': { plan: { forward: [nat.forward], reverse: [nat.reverse] }, findings: [] },
  'ECN cleared': { plan: { ecn: true, forward: [clearEcn()] }, findings: ['ecn-cleared forward proven'] },
  'DSCP changed back': { plan: { dscp: 46, reverse: [rewriteDscp(0)] }, findings: ['dscp-changed reverse proven'] },
  'window rewritten': {
    plan: { forward: [changeField((bytes) => set.window(bytes, 1000), tcp)] },
    findings: ['window-rewritten forward proven'],
  },
  'IP ID rewritten': {
    plan: { forward: [changeField((bytes) => set.ipId(bytes, 7), syn)] },
    findings: ['field-rewritten forward proven'],
  },
  'SYN dropped, another port to ask': {
    plan: { forward: [dropSyn(to443)], control: 8443 },
    status: 'never-arrived',
    state: 'filtered',
    findings: ['syn-dropped forward proven'],
  },
  'SYN-ACK dropped, another port to ask': {
    plan: { reverse: [dropReply(from443)], control: 8443 },
    status: 'arrived',
    state: 'filtered',
    findings: ['reply-dropped reverse proven'],
  },
  'SYN-ACK dropped behind NAT': {
    plan: { forward: [nat.forward], reverse: [nat.reverse, dropReply(from443)], control: 8443 },
    status: 'arrived',
    state: 'filtered',
    findings: ['reply-dropped reverse proven'],
  },
  'SYN dropped, every SYN with the same IP ID': {
    plan: { forward: [dropSyn(to443)], control: 8443, ipId: 99 },
    status: 'never-arrived',
    state: 'filtered',
    findings: ['syn-dropped forward proven'],
  },
  'SYN-ACK dropped, IP IDs and ports rewritten': {
    plan: {
      forward: [nat.forward, changeField((bytes) => set.ipId(bytes, 7))],
      reverse: [nat.reverse, dropReply(from443)],
      control: 8443,
    },
    status: 'arrived',
    state: 'filtered',
    // Which SYN it was rests on where it came from.
    findings: ['reply-dropped reverse likely', 'field-rewritten forward proven'],
  },
  'SYN-ACKs lost until a later attempt': {
    plan: { reverse: [first(3, synAck, drop)] },
    status: 'reported',
    state: 'open',
    findings: [],
  },
  'SYN-ACKs that come when they were given up': {
    plan: { reverse: [when(all(synAck, from443), delay(1020))], control: 8443, retries: 0 },
    status: 'arrived',
    state: 'open',
    findings: [],
  },
  'a path slower than the patience of whoever asks: what came late has come': {
    plan: { reverse: [delay(150)], timeout: 100, retries: 0 },
    status: 'unknown',
    state: 'open',
    findings: [],
  },
  'everything dropped, nobody to ask': { plan: { forward: [dropSyn()] }, status: 'unknown', state: 'filtered', findings: [] },
  'reset in its name': {
    plan: { forward: [rejectRst({}, to443)], control: 8443 },
    status: 'never-arrived',
    state: 'closed',
    findings: ['rst-injected forward proven'],
  },
  'rejected by ICMP': {
    plan: { forward: [rejectIcmp(3, 13, { match: all(syn, to443) })], control: 8443 },
    status: 'never-arrived',
    state: 'filtered',
    findings: ['syn-dropped forward proven'],
  },
  'a SYN proxy': {
    plan: { forward: [synProxy({ match: to443 })], control: 8443 },
    status: 'never-arrived',
    state: 'open',
    findings: [
      'syn-proxy forward proven',
      'option-missing:sackOK unknown possible',
      'option-missing:ts unknown possible',
      'option-missing:wscale unknown possible',
    ],
  },
  'a port that the responder does not listen on': {
    plan: { ports: '444', control: 8443 },
    status: 'not-listening',
    state: 'filtered',
    findings: [],
  },
  'another token': { plan: { responderToken: 'another' }, status: 'unknown', state: 'filtered', findings: [] },
  'a clock that is a minute ahead': { plan: { skewMs: 60_000 }, findings: [] },
  'a clock that is a minute behind': { plan: { skewMs: -60_000 }, findings: [] },
  'sequence and timestamps rewritten, an option besides': {
    plan: {
      forward: [translated.forward, shiftTimestamps(5)],
      reverse: [translated.reverse],
      proof: 'option',
    },
    findings: ['sequence-rewritten forward proven', 'option-rewritten:ts forward proven'],
  },
};

describe('a responder', () => {
  it.each(Object.entries(CASES))('%s', async (_, { plan, status = 'reported', state = 'open', findings }) => {
    const outcome = await runTwoEnds(plan);
    expect(outcome.ports).toHaveLength(1);
    for (const port of outcome.ports) {
      expect({ status: port.responder.status, state: port.state, findings: inWords(port) }).toEqual({ status, state, findings });
    }
  });

  it('names what NAT did', async () => {
    const { ports } = await runTwoEnds(CASES['addresses and ports translated']?.plan);
    const [port] = ports;
    expect(port?.responder.translation).toEqual({ source: '192.0.2.1:20000 > 203.0.113.9:40000', destination: null });
  });

  it('does not answer a clock that is far off, and says so', async () => {
    const outcome = await runTwoEnds({ skewMs: 20 * 60_000 });
    expect(outcome.ports[0]?.responder.status).toBe('unknown');
    expect(outcome.summary.answered).toBe(0);
    expect(outcome.warnings).toEqual([expect.stringContaining('about 20 minutes behind this one')]);
    expect(outcome.attempts.map(({ fate }) => fate)).not.toContain('answered');
    expect(outcome.sent.remote).toEqual([]);
  });

  it('a proof that every box has rewritten is a stranger: likely dropped, not proven', async () => {
    const forward = [when(to443, translated.forward), when(to443, stripOption(8))];
    const [port] = (await runTwoEnds({ forward, control: 8443 })).ports;
    expect(port && inWords(port)).toEqual(['syn-dropped forward likely']);
  });

  it('leaves no connection behind, and neither end a reset, on a clean path', async () => {
    const { sent, attempts } = await runTwoEnds({ ports: '443,8443' });
    for (const packet of [...sent.local, ...sent.remote]) expect((packet[33] as number) & TcpFlag.RST).toBe(0);
    expect(attempts.map(({ fate }) => fate)).toEqual(['reported', 'reported']);
  });

  it('reads a long log in several messages', async () => {
    const { ports: found } = await runTwoEnds({
      ports: '1000-1299',
      listenPorts: '8443,1000-1299',
      control: 8443,
      reverse: [dropReply((p) => sourcePortOf(p) < 1300)],
    });
    expect(found).toHaveLength(300);
    expect(new Set(found.flatMap(inWords))).toEqual(new Set(['reply-dropped reverse proven']));
  });

  it('sends what fits any path: no packet over 576 bytes', async () => {
    const { sent } = await runTwoEnds({
      ports: '1000-1059',
      listenPorts: '443',
      control: 443,
    });
    expect(Math.max(...sent.remote.map(({ length }) => length))).toBeLessThanOrEqual(576);
    expect(sent.remote.filter(({ length }) => length > 500).length).toBeGreaterThanOrEqual(0);
  });
});

/** A box that alters what passes and drops nothing. */
const MUTATIONS: Readonly<Record<string, Middlebox>> = {
  clamp: clampMss(1200, 'set'),
  stripMss: stripOption(2),
  stripWscale: stripOption(3),
  stripSack: stripOption(4),
  stripTs: stripOption(8),
  padTs: padOption(8),
  padSack: padOption(4),
  shiftTs: shiftTimestamps(12_345),
  order: reorderOptions(4, 3, 8),
  add: addOption({ kind: 2, name: 'mss', value: 1111 }),
  dscp: rewriteDscp(10),
  ecn: clearEcn(),
  window: changeField((bytes) => set.window(bytes, 4096), tcp),
  ttl: changeField((bytes) => set.ttl(bytes, 255)),
  id: changeField((bytes) => set.ipId(bytes, 0)),
  sequence: translated.forward,
  nat: nat.forward,
  destination: rewrite((packet) => edited(packet, (bytes) => tcp(bytes) && set.destinationPort(bytes, 8443))),
  data: when(
    all(syn, payload),
    changeField(() => undefined),
  ),
};

/** The other half of those that keep a connection's packets together. */
const UNDOING: Readonly<Record<string, Middlebox>> = {
  destination: changeField((bytes) => set.sourcePort(bytes, 443), tcp),
  nat: nat.reverse,
  sequence: translated.reverse,
};

describe('asking takes its time', () => {
  it('and a SYN that arrived before an outage of fourteen seconds is in the log that is read behind it', async () => {
    // Found by the law below: the log was asked about the time that had passed when the asking began, and the asking had to be repeated for seconds.
    const outage: Middlebox = (packet, { now }) =>
      (now < NANOS_PER_SECOND && syn(packet)) || now > 14 * NANOS_PER_SECOND ? [onward(packet)] : [];
    const { ports } = await runTwoEnds({ forward: [outage], ports: '443', control: 8443 });
    expect(ports.map((port) => [port.responder.status, inWords(port)])).toEqual([['arrived', []]]);
  });
});

describe('laws', () => {
  const mutations = fc.subarray(Object.keys(MUTATIONS), { minLength: 0, maxLength: 5 });

  it('whatever rewrites the SYN, the proof gets through or the SYN is not said to have arrived as it left', async () => {
    await fc.assert(
      fc.asyncProperty(mutations, fc.boolean(), fc.integer({ min: 1, max: 1000 }), async (names, option, seed) => {
        const boxes = names.map((name) => MUTATIONS[name] as Middlebox);
        const reverse = names.flatMap((name) => UNDOING[name] ?? []);
        const proof = option ? { proof: 'option' } : {};
        const [port] = (await runTwoEnds({ forward: boxes, reverse, seed, ...proof })).ports;
        const losesIsn = names.includes('sequence');
        const losesTs = ['stripTs', 'padTs', 'shiftTs'].some((name) => names.includes(name));
        expect(port?.responder.status).toBe(losesIsn && losesTs && !option ? 'unknown' : 'reported');
        for (const finding of port?.findings ?? []) expect(finding).toMatchObject({ certainty: 'proven' });
      }),
      { numRuns: 300 },
    );
  });

  it('under loss, repetition and disorder a report is right, or there is none', async () => {
    const harm = fc.oneof(
      fc.double({ min: 0, max: 0.3, noNaN: true }).map((one) => loss(one)),
      fc.double({ min: 0, max: 0.5, noNaN: true }).map((one) => duplicate(one, 3)),
      fc.double({ min: 0, max: 0.5, noNaN: true }).map((one) => reorder(one, 60)),
      fc.nat(200).map((ms) => delay(ms, 50)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(harm, { maxLength: 3 }),
        fc.array(harm, { maxLength: 3 }),
        fc.nat(10_000),
        async (forward, reverse, seed) => {
          const { ports, sent } = await runTwoEnds({ forward, reverse, seed, ports: '443,8443', control: 8443 });
          expect(ports).toHaveLength(2);
          // Loss may look like a filter to one connection; no packet was altered, so nothing else may be found.
          const allowed = new Set(['syn-dropped forward proven', 'reply-dropped reverse proven']);
          for (const port of ports) for (const words of inWords(port)) expect(allowed).toContain(words);
          expect(sent.remote.length).toBeLessThan(400);
        },
      ),
      { numRuns: 200 },
    );
  });
});
