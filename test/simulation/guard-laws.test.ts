import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { refuseSometimes } from '../network/local.ts';
import { loss } from '../network/middleboxes/dropping.ts';
import { forgeAck } from '../network/middleboxes/fields.ts';
import { rejectIcmp, rejectRst } from '../network/middleboxes/rejecting.ts';
import { delay, duplicate, reorder } from '../network/middleboxes/timing.ts';
import { onward, type Middlebox } from '../network/middlebox.ts';
import type { Service } from '../network/host.ts';
import { closed, open, silent, staleConnection } from '../network/services.ts';
import { FIRST_TESTS, REJECTED_TESTS } from '../../src/probe/firewall/battery.ts';
import { findingTexts, guardNetwork, type GuardOutcome } from './firewall-network.ts';
import { behind } from './scenario.ts';

const SERVICES: Readonly<Record<string, Service>> = {
  open: open(),
  closed: closed(),
  silent,
  stale: staleConnection(open()),
  unreachable: rejectIcmp(3, 3),
};

/** What the truth allows: loss may hide an answer, nothing may invent one. */
const TRUTH: Readonly<Record<string, readonly string[]>> = {
  open: ['open', 'drop'],
  closed: ['closed', 'drop'],
  silent: ['drop'],
  stale: ['open', 'drop'],
  unreachable: ['reject-icmp-port-unreachable', 'drop'],
};

const probability = fc.double({ min: 0, max: 0.6, noNaN: true });

/** A box that harms a path without inventing anything. */
const harm: fc.Arbitrary<Middlebox> = fc.oneof(
  probability.map((one) => loss(one)),
  probability.map((one) => duplicate(one, 3)),
  probability.map((one) => reorder(one, 400)),
  fc.tuple(fc.nat(300), fc.nat(200)).map(([ms, jitter]) => delay(ms, jitter)),
);

const world = fc.record({
  services: fc.array(fc.constantFrom(...Object.keys(SERVICES)), { minLength: 1, maxLength: 6 }),
  forward: fc.array(harm, { maxLength: 2 }),
  reverse: fc.array(harm, { maxLength: 2 }),
  refused: fc.double({ min: 0, max: 0.5, noNaN: true }),
  captureLoss: fc.double({ min: 0, max: 0.3, noNaN: true }),
  seesOwnPackets: fc.boolean(),
  seed: fc.integer({ min: 1, max: 0x7fffffff }),
  retries: fc.nat(3),
  interruptAt: fc.option(fc.nat(2000), { nil: undefined }),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

function guard(one: World, services: Readonly<Record<string, Service>>, ...more: readonly Middlebox[]): Promise<GuardOutcome> {
  const { refused, captureLoss, seesOwnPackets, seed, retries, interruptAt } = one;
  const ports = Object.fromEntries(one.services.map((name, index) => [index + 1, services[name] as Service]));
  const local = { sendFault: refuseSometimes(refused), captureLoss, seesOwnPackets };
  const network = behind(ports, { local, forward: [...one.forward, ...more], reverse: one.reverse });
  const interruption = interruptAt === undefined ? {} : { interruptAt };
  return guardNetwork(network, { ports: `1-${one.services.length}`, seed, retries, ...interruption });
}

/** Before every packet, copies of it with up to four wrong bytes, cut anywhere behind the IP header or not at all. */
const damage: Middlebox = (packet, { random }) => {
  const copies = Array.from({ length: 4 }, () => {
    const copy = packet.slice(0, random.fraction() < 0.5 ? packet.length : 20 + (random.uint32() % 40));
    for (let count = random.uint32() % 4; count >= 0; count--) copy[random.uint32() % copy.length] = random.uint32() & 0xff;
    return onward(copy);
  });
  return [...copies, onward(packet)];
};

function endsOnce({ guards }: GuardOutcome, one: World): void {
  expect(guards.map(({ port }) => port)).toEqual(one.services.map((_, index) => index + 1));
  for (const { tests, policy } of guards) {
    const keys = tests.map(({ probe, round, sentTtl, option }) => [probe, round, sentTtl, option].join(' '));
    expect(new Set(keys).size).toBe(keys.length);
    const first = tests.filter(({ round, sentTtl, option }) => round === 1 && sentTtl === null && option === null);
    const wanted = policy.startsWith('reject-icmp') ? REJECTED_TESTS : FIRST_TESTS;
    expect(first.map(({ probe }) => probe)).toEqual(expect.arrayContaining([...wanted]));
  }
}

describe('simulation: laws of firewall', () => {
  it('every test of every port ends in exactly one result, and policies are true, whatever a path loses, doubles or reorders', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (drawn) => {
        const one = { ...drawn, interruptAt: undefined };
        const outcome = await guard(one, SERVICES);
        endsOnce(outcome, one);
        for (const { port, policy } of outcome.guards) expect(TRUTH[one.services[port - 1] as string]).toContain(policy);
      }),
      { numRuns: 60 },
    );
  });

  it('an interruption leaves ports whose SYN has its result, each once, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (one) => {
        const { guards } = await guard(one, SERVICES);
        expect(new Set(guards.map(({ port }) => port)).size).toBe(guards.length);
        for (const { port, policy } of guards) expect(TRUTH[one.services[port - 1] as string]).toContain(policy);
      }),
      { numRuns: 60 },
    );
  });

  it('one seed, one run', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (one) => {
        expect(await guard(one, SERVICES)).toEqual(await guard(one, SERVICES));
      }),
      { numRuns: 20 },
    );
  });

  it('nothing is found on a path that harms nothing', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (drawn) => {
        const one = { ...drawn, forward: [], reverse: [], refused: 0, captureLoss: 0, interruptAt: undefined };
        const { guards } = await guard(one, SERVICES);
        for (const each of guards) {
          expect(findingTexts(each)).toEqual([]);
          expect(each.policy).toBe((TRUTH[one.services[each.port - 1] as string] as readonly string[])[0]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('damaged, cut and foreign packets end no run and leave no test out', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (drawn) => {
        const one = { ...drawn, interruptAt: undefined, reverse: [damage, ...drawn.reverse] };
        endsOnce(await guard(one, SERVICES), one);
      }),
      { numRuns: 40 },
    );
  });

  it('packets that do not name our numbers decide nothing', async () => {
    const wrong = fc.integer({ min: 10, max: 0xffffff00 });
    await fc.assert(
      fc.asyncProperty(world, wrong, async (drawn, offset) => {
        const one = { ...drawn, interruptAt: undefined, reverse: [forgeAck(offset), ...drawn.reverse] };
        const all = Object.fromEntries(Object.keys(SERVICES).map((name) => [name, open()]));
        const { guards } = await guard(one, all, rejectRst({ ackOff: offset }));
        for (const { policy } of guards) expect(policy).toBe('drop');
      }),
      { numRuns: 40 },
    );
  });
});
