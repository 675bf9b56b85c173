import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loss } from '../network/middleboxes/dropping.ts';
import { forgeAck } from '../network/middleboxes/fields.ts';
import { rejectIcmp, rejectRst } from '../network/middleboxes/rejecting.ts';
import { delay, duplicate, reorder } from '../network/middleboxes/timing.ts';
import { onward, type Middlebox } from '../network/middlebox.ts';
import { refuseSometimes } from '../network/local.ts';
import { port } from '../network/match.ts';
import type { Service } from '../network/host.ts';
import { closed, open, silent, splitHandshake, staleConnection } from '../network/services.ts';
import { destinationPortOf, isTcp, sourcePortOf } from '../network/packet.ts';
import { NANOS_PER_MS } from '../../src/wire/numbers.ts';
import { decodePacket } from '../../src/wire/packet.ts';
import { probeNetwork, type RunOutcome } from './probe-network.ts';
import { behind } from './scenario.ts';

const SERVICES: Readonly<Record<string, Service>> = {
  open: open(),
  retransmitting: open({ retransmits: 3 }),
  closed: closed(),
  silent,
  split: splitHandshake(),
  stale: staleConnection(open()),
  unreachable: rejectIcmp(3, 3),
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
  services: fc.array(fc.constantFrom(...Object.keys(SERVICES)), { minLength: 1, maxLength: 12 }),
  forward: fc.array(harm, { maxLength: 3 }),
  reverse: fc.array(harm, { maxLength: 3 }),
  refused: fc.double({ min: 0, max: 0.5, noNaN: true }),
  captureLoss: fc.double({ min: 0, max: 0.3, noNaN: true }),
  seesOwnPackets: fc.boolean(),
  resets: fc.boolean(),
  blockMs: fc.constantFrom(0, 1, 10),
  seed: fc.integer({ min: 1, max: 0x7fffffff }),
  retries: fc.option(fc.nat(4), { nil: null }),
  count: fc.integer({ min: 1, max: 3 }),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

/** The capture loses the SYN to port 1, and shows its answer before the prober learns when the SYN left. */
const ANSWERED_BEFORE_ITS_STAMP: World = {
  services: ['open', 'open'],
  forward: [],
  reverse: [],
  refused: 0,
  captureLoss: 0.3,
  seesOwnPackets: true,
  resets: false,
  blockMs: 10,
  seed: 13,
  retries: null,
  count: 1,
};

function probe(one: World, ...more: readonly Middlebox[]): Promise<RunOutcome> {
  const { refused, captureLoss, seesOwnPackets, resets, blockMs } = one;
  const local = { sendFault: refuseSometimes(refused), captureLoss, seesOwnPackets, resets, blockMs };
  const services = Object.fromEntries(one.services.map((name, index) => [index + 1, SERVICES[name] as Service]));
  const network = behind(services, { local, forward: [...one.forward, ...more], reverse: one.reverse });
  const retries = one.retries === null ? {} : { retries: one.retries };
  return probeNetwork(network, { ports: `1-${one.services.length}`, seed: one.seed, count: one.count, logs: true, ...retries });
}

/** States that the truth allows: loss may hide an answer, nothing may invent one. */
const TRUTH: Readonly<Record<string, readonly string[]>> = {
  open: ['open syn-ack', 'filtered no-response'],
  retransmitting: ['open syn-ack', 'filtered no-response'],
  closed: ['closed rst', 'filtered no-response'],
  silent: ['filtered no-response'],
  split: ['open syn', 'filtered no-response'],
  stale: ['open syn-ack', 'filtered no-response'],
  unreachable: ['filtered icmp-port-unreachable', 'filtered no-response'],
};

/**
 * Milliseconds from each SYN to a port to each packet that answers that SYN or quotes it. They count from the capture's
 * stamp of the SYN. Of a SYN that the capture did not show, the prober knows when it left if it learns that before the
 * answer, else only when it handed the SYN to the thread that sends.
 */
function roundTrips({ sent, shown }: RunOutcome['log'], target: number): readonly number[] {
  const syns = sent.filter(({ packet }) => destinationPortOf(packet) === target);
  return shown.flatMap(({ packet, at }) => {
    const named = sourcePortNamedBy(packet, target);
    return syns
      .filter((syn) => sourcePortOf(syn.packet) === named)
      .flatMap((syn) => (isShown(syn, shown) ? [syn.at] : [syn.at, syn.handedAt]))
      .map((from) => (at - from) / NANOS_PER_MS);
  });
}

/** True if the capture showed that packet of ours. In one nanosecond at most one packet leaves. */
function isShown(syn: RunOutcome['log']['sent'][number], shown: RunOutcome['log']['shown']): boolean {
  const [from, to] = [sourcePortOf(syn.packet), destinationPortOf(syn.packet)];
  return shown.some(
    ({ packet, at }) => at === syn.at && isTcp(packet) && sourcePortOf(packet) === from && destinationPortOf(packet) === to,
  );
}

/** The port of ours that an answer from that port, or an error about it, is for; null for any other packet. */
function sourcePortNamedBy(packet: Uint8Array, target: number): number | null {
  const decoded = decodePacket(packet);
  if (!decoded.ok) return null;
  const { tcp: segment, icmp } = decoded.value;
  if (segment !== null) return segment.header.sourcePort === target ? segment.header.destinationPort : null;
  const quote = icmp?.quote ?? null;
  return quote !== null && quote.destinationPort === target ? quote.sourcePort : null;
}

/** Before every packet, copies of it with up to four wrong bytes, cut anywhere behind the IP header or not at all. */
const damage: Middlebox = (packet, { random }) => {
  const copies = Array.from({ length: 5 }, () => {
    const copy = packet.slice(0, random.fraction() < 0.5 ? packet.length : 20 + (random.uint32() % 40));
    for (let count = random.uint32() % 4; count >= 0; count--) copy[random.uint32() % copy.length] = random.uint32() & 0xff;
    return onward(copy);
  });
  return [...copies, onward(packet)];
};

describe('simulation: laws', () => {
  test('every pair ends in exactly one verdict, and a true one, whatever a path loses, doubles or reorders', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (one) => {
        const { ports, stats } = await probe(one);
        expect(ports.map((each) => each.port).toSorted((a, b) => a - b)).toEqual(one.services.map((_, index) => index + 1));
        expect(stats.open + stats.closed + stats.filtered + stats.error).toBe(one.services.length);
        for (const { port: each, state, reason } of ports) {
          expect(TRUTH[one.services[each - 1] as string]).toContain(`${state} ${reason}`);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('RTTs are never negative, never shorter than the path, and belong to the SYN that was answered', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (one) => {
        const { ports, log } = await probe(one);
        for (const { rttMs, reason, attempts, port: each } of ports) {
          const possible = roundTrips(log, each);
          for (const sample of rttMs) {
            expect(sample).toBeGreaterThanOrEqual(reason.startsWith('icmp') ? 0.8 : 1.6 - 0.01);
            expect(possible.some((one) => Math.abs(one - sample) < 1e-5)).toBe(true);
            expect(attempts).toBeGreaterThanOrEqual(1);
          }
        }
      }),
      { numRuns: 150, examples: [[ANSWERED_BEFORE_ITS_STAMP]] },
    );
  });

  test('one seed, one run: the same to the last nanosecond', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (one) => {
        expect(await probe(one)).toEqual(await probe(one));
      }),
      { numRuns: 100 },
    );
  });

  test('a clean path is told exactly, whatever the order of answers', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (one) => {
        const clean = { ...one, forward: [], reverse: [], refused: 0, captureLoss: 0 };
        const { ports } = await probe(clean);
        for (const { port: each, state, reason } of ports) {
          expect(`${state} ${reason}`).toBe((TRUTH[one.services[each - 1] as string] as readonly string[])[0]);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('garbage on the way back: damaged, cut and foreign packets end no run and leave no pair out', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (one) => {
        const services = Object.fromEntries(one.services.map((name, index) => [index + 1, SERVICES[name] as Service]));
        const network = behind(services, { reverse: [damage, ...one.reverse], local: { promiscuous: true, paddedTo: 0 } });
        const { ports } = await probeNetwork(network, { ports: `1-${one.services.length}`, seed: one.seed });
        expect(ports.map((each) => each.port).toSorted((a, b) => a - b)).toEqual(one.services.map((_, index) => index + 1));
      }),
      { numRuns: 150 },
    );
  });

  test('forged answers alone never make a port open or closed', async () => {
    const wrong = fc.integer({ min: 2, max: 0xfffffffe });
    await fc.assert(
      fc.asyncProperty(world, wrong, async (one, offset) => {
        const lies = behind(Object.fromEntries(one.services.map((_, index) => [index + 1, open()])), {
          forward: [...one.forward, rejectRst({ ackOff: offset }, port(1))],
          reverse: [...one.reverse, forgeAck(offset)],
        });
        const { ports } = await probeNetwork(lies, { ports: `1-${one.services.length}`, seed: one.seed });
        for (const { state, reason } of ports) expect(`${state} ${reason}`).toBe('filtered no-response');
      }),
      { numRuns: 100 },
    );
  });
});
