import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FirstTransmissions } from '../../../src/probe/scan/first-transmissions.ts';
import { NextHops } from '../../../src/probe/scan/next-hops.ts';
import { createPairOrder } from '../../../src/probe/scan/pair-order.ts';
import { parsePorts } from '../../../src/probe/targets/ports.ts';
import { RtoTable } from '../../../src/probe/rto-table.ts';
import { ProbeSession } from '../../../src/probe/scan/session.ts';
import type { SessionPlan } from '../../../src/probe/scan/session-plan.ts';
import { SynSequence } from '../../../src/probe/scan/syn-sequence.ts';
import { SynWriter } from '../../../src/probe/scan/syn-writer.ts';
import { createTargetSet, parseTarget, targetRanges } from '../../../src/probe/targets/targets.ts';
import type { Verdict } from '../../../src/probe/verdict.ts';
import { Errno } from '../../../src/transport/errno.ts';
import type { Routes, SendBatch, Source } from '../../../src/transport/transport.ts';
import { type Address, parseAddress } from '../../../src/wire/address.ts';
import { writeU32 } from '../../../src/wire/bytes.ts';
import { NANOS_PER_SECOND } from '../../../src/wire/numbers.ts';
import { encodeTcpPacket } from '../../../src/wire/packet.ts';
import { PacketView } from '../../../src/wire/packet-view.ts';
import { SynTemplate } from '../../../src/wire/syn-template.ts';
import { compileOptions, type CompiledOptions } from '../../../src/wire/tcp-options.ts';

const SLOT = 128;
const OPTIONS = compileOptions('mss=1460,sackOK,ts,nop,wscale=7') as CompiledOptions & { readonly ok: true };
const SOURCES: readonly Source[] = ['10.0.0.1', '10.0.1.1'].map((text) => ({
  address: parseAddress(text) as Address,
  interface: text,
  mtu: 1500,
}));
const SYN = { ttl: 64, tos: 0, window: 1024, flags: 2, df: true, payload: new Uint8Array(0) };

/** Targets by the last bits of their address: two ways out, and none for every fifth. */
const wayTo = (target: Address): number => ((target & 0xff) % 5 === 3 ? -Errno.ENETUNREACH : target % 2);

function routesWith(unresolved: boolean): Routes {
  return { sources: SOURCES, lookup: wayTo, isLocal: () => false, isUnresolved: () => unresolved };
}

interface Ask {
  readonly hosts: number;
  readonly ports: number;
  readonly seed: number;
  readonly fixed: boolean;
  readonly unresolved?: boolean;
}

function planOf(ask: Ask, onVerdict: (verdict: Verdict) => void): SessionPlan {
  const targets = createTargetSet({ ranges: targetRanges([parseTarget(`192.0.2.1-${ask.hosts}`)]), names: [] });
  const ports = parsePorts(`1-${ask.ports}`);
  let word = ask.seed;
  return {
    targets,
    ports,
    order: createPairOrder({ total: targets.size * ports.size, seed: ask.seed, shard: null, randomize: true }),
    routes: routesWith(ask.unresolved === true),
    sourcePorts: [40_000, 40_001],
    craft: (source) => new SynTemplate({ ...SYN, source: source.address, options: OPTIONS, badChecksum: false }),
    key: Uint32Array.of(1, 2, 3, 4),
    keystream: (into) => into.forEach((_, index) => (into[index] = word = Math.imul(word, 0x5bd1e995) + 12_345)),
    seq: ask.fixed ? 7 : null,
    ipId: ask.fixed ? 9 : null,
    payloadLength: 0,
    timing: { timeoutMs: 1000, retries: 0, count: 1, rate: Infinity, maxInFlight: null },
    onVerdict,
  };
}

function dirtyBatch(capacity: number): SendBatch {
  return {
    capacity,
    slotSize: SLOT,
    bytes: new Uint8Array(capacity * SLOT).fill(0xaa),
    lengths: new Uint16Array(capacity),
    tags: new Int32Array(capacity),
    errors: new Int32Array(capacity),
    sentAt: new Float64Array(capacity),
    count: 0,
  };
}

/** The packet in a slot, made anew by the general encoder from the fields that differ. */
function again(packet: Uint8Array, view: PacketView): Uint8Array {
  const options = OPTIONS.bytes.slice();
  const stamped = new DataView(packet.buffer, packet.byteOffset).getUint32(40 + (OPTIONS.tsvalOffset as number));
  writeU32(options, OPTIONS.tsvalOffset as number, stamped);
  const { source, destination, sourcePort, destinationPort, seq, ipId } = view;
  return encodeTcpPacket({ ...SYN, source, destination, sourcePort, destinationPort, seq, id: ipId, options });
}

/** Sends everything; the pairs in the order in which they left. */
function sendAll(plan: SessionPlan, batch: SendBatch, session: ProbeSession): number[] {
  const sent: number[] = [];
  const view = new PacketView();
  let now = NANOS_PER_SECOND;
  while (!session.finished && now < 20 * NANOS_PER_SECOND) {
    session.poll(now, batch);
    for (let slot = 0; slot < batch.count; slot++) {
      const packet = batch.bytes.subarray(slot * SLOT, slot * SLOT + (batch.lengths[slot] as number));
      expect(view.load(packet, 0, packet.length)).toBe(true);
      expect(packet).toEqual(again(packet, view));
      expect(view.source).toBe(SOURCES[wayTo(view.destination)]?.address);
      sent.push(plan.targets.indexOf(view.destination) * plan.ports.size + plan.ports.indexOf(view.destinationPort));
    }
    batch.sentAt.fill(now, 0, batch.count);
    if (batch.count > 0) session.flushed(now, batch);
    else now += NANOS_PER_SECOND / 10;
  }
  return sent;
}

const asks = fc.record({
  hosts: fc.integer({ min: 1, max: 12 }),
  ports: fc.integer({ min: 1, max: 90 }),
  seed: fc.nat(),
  fixed: fc.boolean(),
});

describe('the first round', () => {
  test('law: sends what the plain encoder makes, each routed pair once, in the order of the run, whatever the ways out', () => {
    fc.assert(
      fc.property(asks, fc.integer({ min: 1, max: 300 }), (ask, capacity) => {
        const states = new Map<string, number>();
        const plan = planOf(ask, ({ state, attempts }) => {
          const key = `${state} ${attempts}`;
          states.set(key, (states.get(key) ?? 0) + 1);
        });
        const session = new ProbeSession(plan);
        const sent = sendAll(plan, dirtyBatch(capacity), session);
        const all = Array.from({ length: plan.order.length }, (_, position) => plan.order.at(position));
        const routed = all.filter((pair) => wayTo(plan.targets.at(Math.floor(pair / plan.ports.size))) >= 0);
        expect(sent).toEqual(routed);
        expect(session.stats.probesSent).toBe(routed.length);
        expect(states.get('filtered 1') ?? 0).toBe(routed.length);
        expect(states.get('error 0') ?? 0).toBe(all.length - routed.length);
      }),
      // The ring of first SYNs grows just when a pair without a route comes: that pair once got two verdicts.
      { numRuns: 60, examples: [[{ hosts: 12, ports: 86, seed: 2144332669, fixed: false }, 1]] },
    );
  });

  test.each([
    [false, 'filtered', 'no-response'],
    [true, 'error', 'send-error:EHOSTUNREACH'],
  ])('a silent pair without retries: neighbour unresolved %s, so %s', (unresolved, state, reason) => {
    const seen: unknown[] = [];
    const batch = dirtyBatch(8);
    const plan = planOf({ hosts: 1, ports: 1, seed: 5, fixed: false, unresolved }, (verdict) => {
      const { port, attempts, rttSamples, reply, mtu, from } = verdict;
      const { length } = verdict.sent as Uint8Array;
      expect(verdict.sent).toEqual(batch.bytes.subarray(0, length));
      seen.push({ state: verdict.state, reason: verdict.reason, port, attempts, rttSamples: [...rttSamples], reply, mtu, from });
    });
    sendAll(plan, batch, new ProbeSession(plan));
    expect(seen).toEqual([{ state, reason, port: 1, attempts: 1, rttSamples: [], reply: null, mtu: 1500, from: null }]);
  });
});

/** The fast tier of a run to one target with `ports` ports, in ascending order. */
function tierOf(ports: number, hosts = 1): FirstTransmissions {
  const plan = planOf({ hosts, ports, seed: 5, fixed: false }, () => undefined);
  const order = createPairOrder({ total: plan.targets.size * ports, seed: 5, shard: null, randomize: false });
  const hops = new NextHops(plan, new RtoTable(plan.targets.size, NANOS_PER_SECOND));
  return new FirstTransmissions({ ...plan, order }, new SynWriter(plan, new SynSequence(plan)), hops);
}

describe('the fast tier', () => {
  test('returns the oldest silent pair once its time is up, until the caller takes it out', () => {
    const tier = tierOf(3);
    const batch = dirtyBatch(8);
    tier.beginBatch(batch);
    expect([tier.add(1, batch, 2), tier.add(5, batch, 8), tier.mayBegin]).toEqual([2, 1, false]);
    expect([tier.inFlight, tier.oldestSilent, tier.expire(0)]).toEqual([3, 1, null]);
    const { port, sent, sentAt } = { ...tier.expire(1) };
    expect({ port, sent, sentAt }).toEqual({ port: 1, sent: 1, sentAt: 1 });
    for (const expected of [1, 2]) {
      const pair = tier.expire(4);
      expect(pair?.port).toBe(expected);
      if (pair !== null) expect(tier.remove(pair)).toBe(true);
    }
    expect([tier.expire(4), tier.match(0, 1), tier.match(0, 3)?.sentAt, tier.isOver]).toEqual([null, null, 5, false]);
  });

  test('keeps a pair that was reset until the grace time is over, and gives it back with the reset', () => {
    const tier = tierOf(2);
    const batch = dirtyBatch(8);
    tier.beginBatch(batch);
    tier.add(1, batch, 8);
    for (const [port, at] of [
      [1, 100],
      [2, 200],
    ] as const) {
      const pair = tier.match(0, port);
      expect(pair?.reply).toBe(0);
      if (pair !== null) tier.beginGrace(pair, at, { reply: port * 10, rtt: at - 1 });
    }
    expect([tier.inFlight, tier.expire(Infinity), tier.endGrace(tier.graceDue - 1)]).toEqual([0, null, null]);
    const { reply, rtt, graceUntil } = { ...tier.match(0, 2) };
    expect({ reply, rtt, graceUntil }).toEqual({ reply: 20, rtt: 199, graceUntil: tier.graceDue + 100 });
    const first = tier.endGrace(tier.graceDue);
    expect([first?.port, first?.reply]).toEqual([1, 10]);
    if (first !== null) expect(tier.remove(first)).toBe(false);
    const second = tier.match(0, 2);
    if (second !== null) tier.remove(second);
    expect([tier.graceDue, tier.isOver]).toEqual([Infinity, true]);
  });

  test('stops at a pair without a route, which the caller skips, and at one from another source', () => {
    const tier = tierOf(1, 4);
    const batch = dirtyBatch(8);
    tier.beginBatch(batch);
    // Targets .1 to .4: two sources in turn, no route to .3.
    const [first, second, none] = [tier.add(1, batch, 8), tier.add(1, batch, 8), tier.add(1, batch, 8)];
    expect([first, second, none]).toEqual([1, 1, 0]);
    const { target, sent, source } = { ...tier.skip(1) };
    expect({ target, sent, source }).toEqual({ target: 2, sent: 0, source: -Errno.ENETUNREACH });
    expect([tier.add(1, batch, 8), tier.inFlight]).toEqual([1, 3]);
  });

  test('notes when SYNs left up to one that was refused, and returns its pair unless it has left', () => {
    const tier = tierOf(4);
    const batch = dirtyBatch(8);
    tier.beginBatch(batch);
    tier.add(1, batch, 8);
    batch.sentAt.set([11, 12, 13, 14]);
    batch.errors[1] = Errno.EPERM;
    expect([tier.stampSent(batch, 0), tier.pairAt(batch, 1)?.port, tier.stampSent(batch, 2)]).toEqual([1, 2, 4]);
    expect([1, 2, 3, 4].map((port) => tier.match(0, port)?.sentAt)).toEqual([11, 1, 13, 14]);
    const refused = tier.pairAt(batch, 1);
    if (refused !== null) tier.remove(refused);
    expect(tier.pairAt(batch, 1)).toBe(null);
  });
});
