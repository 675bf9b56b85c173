import fc from 'fast-check';
import { expect, test } from 'vitest';
import { port } from './match.ts';
import { completeSynProxy } from './middleboxes/complete-syn-proxy.ts';
import { loss } from './middleboxes/dropping.ts';
import { translateSeq } from './middleboxes/fields.ts';
import { statefulFirewall } from './middleboxes/firewalls.ts';
import { mtu } from './middleboxes/link-mtu.ts';
import { destinationNat, sourceNat } from './middleboxes/nat.ts';
import { clampMss, stripOption, type TwoWay } from './middleboxes/options.ts';
import { splitTcp } from './middleboxes/split-tcp.ts';
import { delay, duplicate, reorder } from './middleboxes/timing.ts';
import { host } from './host.ts';
import { ecmp, network, router, site, type Network } from './network.ts';
import { http } from './tcp/application.ts';
import { tcpServer } from './tcp/tcp-server.ts';
import { runExchange } from './tcp-client.ts';

const GET = 'GET / HTTP/1.0\r\n\r\n';

/** Boxes that a connection survives, newly made for each use. */
const BOXES: Readonly<Record<string, () => TwoWay>> = {
  synProxy: () => completeSynProxy(),
  splitTcp: () => splitTcp(port(80)),
  sourceNat: () => sourceNat('203.0.113.1', { firstPort: 61_000 }),
  destinationNat: () => destinationNat('10.9.9.9'),
  firewall: () => statefulFirewall(),
  narrow: () => mtu(1300),
  sequences: () => translateSeq(0x7fff_ffff),
  clamp: () => ({ forward: clampMss(1000, 'set'), reverse: clampMss(900, 'down') }),
  noTimestamps: () => ({ forward: stripOption(8), reverse: stripOption(8) }),
};

function narrowLast(a: string, b: string): number {
  return Number(a === 'narrow') - Number(b === 'narrow');
}

const world = fc.record({
  // A narrow link comes last: a SYN proxy before it does not translate the numbers that an ICMP error
  // quotes, as netfilter does not.
  boxes: fc.array(fc.constantFrom(...Object.keys(BOXES)), { maxLength: 5 }).map((names) => names.toSorted(narrowLast)),
  size: fc.integer({ min: 1, max: 12_000 }),
  cookies: fc.boolean(),
  lost: fc.double({ min: 0, max: 0.3, noNaN: true }),
  late: fc.nat(50),
  seed: fc.integer({ min: 1, max: 0x7fffffff }),
});

/** A router for each box, the last two hops forked, faults on the first. */
function path({ boxes, size, cookies }: { boxes: readonly string[]; size: number; cookies: boolean }, harm: TwoWay): Network {
  const middle = boxes.map((name, index) => {
    const { forward, reverse } = (BOXES[name] as () => TwoWay)();
    return router(`10.0.${index + 1}.1`, { forward: [forward], reverse: [reverse] });
  });
  const first = router('10.0.0.1', { forward: [harm.forward], reverse: [harm.reverse] });
  const forks = ecmp([[router('10.1.0.1')], [router('10.1.0.2'), router('10.1.0.3')]], 'packet');
  const server = host('198.51.100.7', { ports: { 80: tcpServer({ application: http(size), cookies }) } });
  return network([site(server, [first, ...middle, forks])], { resets: false, seesOwnPackets: false });
}

const HARMLESS: TwoWay = { forward: loss(0), reverse: loss(0) };

/** Repeats its request, as a client does without an acknowledgment. */
const insisting = Array.from({ length: 5 }, (_, index) => ({
  atMs: 300 + index * 700,
  segment: { seq: 0xffff_fff1, flags: 0x18, payload: Uint8Array.from(GET, (one) => one.charCodeAt(0)) },
}));

test('a connection survives every box that should pass it, several of them in a row', async () => {
  await fc.assert(
    fc.asyncProperty(world, async ({ seed, ...form }) => {
      const exchange = await runExchange(path(form, HARMLESS), { more: insisting, seed });
      expect(exchange.received).toHaveLength(form.size);
    }),
    { numRuns: 60 },
  );
});

test('with loss, duplication and delay added: a prefix of the answer, and an end', async () => {
  await fc.assert(
    fc.asyncProperty(world, async ({ seed, lost, late, ...form }) => {
      const harm = loss(lost);
      const reverse = [harm, duplicate(lost, 1), reorder(0.3, late), delay(late)][late % 4] ?? harm;
      const exchange = await runExchange(path(form, { forward: harm, reverse }), { more: insisting, seed, untilMs: 4_000_000 });
      const whole = await runExchange(path({ ...form, boxes: [] }, HARMLESS), { request: GET });
      expect(whole.received).toHaveLength(form.size);
      expect(whole.received.startsWith(exchange.received)).toBe(true);
      expect(Math.max(0, ...exchange.packets.map(({ atMs }) => atMs))).toBeLessThan(3_000_000);
    }),
    { numRuns: 60 },
  );
});

test('one seed, one run', async () => {
  await fc.assert(
    fc.asyncProperty(world, async ({ seed, lost, ...form }) => {
      const run = async () =>
        (await runExchange(path(form, { forward: loss(lost), reverse: loss(lost) }), { request: GET, seed })).packets;
      expect(await run()).toEqual(await run());
    }),
    { numRuns: 20 },
  );
});
