import { describe, expect, test } from 'vitest';
import { dropSyn, loss, rateLimit } from '../network/middleboxes/dropping.ts';
import { delay } from '../network/middleboxes/timing.ts';
import { all, port, syn } from '../network/match.ts';
import { rejectIcmp } from '../network/middleboxes/rejecting.ts';
import { closed, open, silent } from '../network/services.ts';
import { host } from '../network/host.ts';
import { network, router, site } from '../network/network.ts';
import { probeInBatches } from '../../src/run/probe/probe.ts';
import { SimulatedMachine } from '../network/simulated-machine.ts';
import { probeNetwork } from './probe-network.ts';
import { behind, forward } from './scenario.ts';
import { ofType, onlyOne, simulate } from './simulate.ts';
import { address } from '../network/packet.ts';

function many<T>(count: number, make: (index: number) => T): Record<number, T> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [index + 1, make(index)]));
}

function count(outcome: Awaited<ReturnType<typeof probeNetwork>>, state: string): number {
  return outcome.ports.filter((one) => one.state === state).length;
}

describe('simulation: whole runs', () => {
  test('all 65,535 ports of a host, each right, in little time and with one SYN each', async () => {
    const world = behind({ 22: open(), 80: open(), 443: open(), 65_535: open(), 1: silent });
    const { records } = await simulate(probeInBatches, { targets: ['198.51.100.7'], ports: '-' }, world);
    const ports = ofType(records, 'port');
    expect(onlyOne(records, 'summary')).toMatchObject({
      open: 4,
      closed: 65_530,
      filtered: 1,
      probesSent: 65_537,
      repliesReceived: 65_534,
    });
    const numbers = (state: string) => ports.filter((one) => one.state === state).map((one) => one.port);
    expect(numbers('open').toSorted((a, b) => a - b)).toEqual([22, 80, 443, 65_535]);
    expect(numbers('filtered')).toEqual([1]);
    expect(new Set(ports.map((one) => one.port)).size).toBe(65_535);
  });

  test('a quarter of all packets lost: every open port is found, and no port is called wrong', async () => {
    const world = behind(
      many(300, (index) => (index % 3 === 0 ? open() : closed())),
      { forward: [loss(0.14)], reverse: [loss(0.14)] },
    );
    const outcome = await probeNetwork(world, { ports: '1-300' });
    for (const one of outcome.ports) expect(one.state, `port ${one.port}`).toBe(one.port % 3 === 1 ? 'open' : 'closed');
  });

  test('silence is not congestion: a host that answers one port in a hundred is not slowed down to a crawl', async () => {
    const world = forward(
      many(1000, () => open()),
      dropSyn((packet) => !port(100, 200, 300, 400, 500)(packet)),
    );
    const outcome = await probeNetwork(world, { ports: '1-1000' });
    expect(count(outcome, 'open')).toBe(5);
    expect(count(outcome, 'filtered')).toBe(995);
    expect(outcome.stats.durationMs).toBeLessThan(15_000);
  });

  test('a policer of 200 SYNs a second: 400 open ports are found, with no more than a few SYNs each', async () => {
    const outcome = await probeNetwork(
      forward(
        many(400, () => open()),
        rateLimit(200, 20),
      ),
      { ports: '1-400' },
    );
    expect(count(outcome, 'open')).toBe(400);
    expect(outcome.stats.probesSent).toBeLessThan(1600);
  });

  test('--rate holds: 50 SYNs at 100 a second take half a second', async () => {
    const outcome = await probeNetwork(behind(many(50, () => open())), { ports: '1-50', rate: 100 });
    expect(outcome.stats.durationMs).toBeGreaterThan(450);
    expect(outcome.stats.durationMs).toBeLessThan(1200);
  });

  test('the interface is lost in mid-run: what was answered is told, the fault ends it', async () => {
    const world = behind(
      many(100, () => open()),
      { local: { lostAtMs: 300 } },
    );
    const outcome = await probeNetwork(world, { ports: '1-100', rate: 100 });
    expect(outcome.failure).toMatchObject({ code: 'interface-lost', message: expect.stringContaining('sim0') as unknown });
    const told = outcome.ports.map((one) => one.reason);
    expect(told.filter((reason) => reason === 'syn-ack').length).toBeGreaterThan(10);
    expect(told.filter((reason) => reason !== 'syn-ack' && reason !== 'send-error:ENETDOWN')).toEqual([]);
    expect(outcome.stats.durationMs).toBeLessThan(400);
  });

  test('interrupted: answered ports have their verdict, the others none', async () => {
    const world = behind(many(100, (index) => (index % 2 === 0 ? open() : silent)));
    const outcome = await probeNetwork(world, { ports: '1-100', rate: 100, interruptAt: 300 });
    expect(outcome.ports.length).toBeGreaterThan(5);
    expect(outcome.ports.every((one) => one.state === 'open')).toBe(true);
    expect(outcome.stats.durationMs).toBeLessThan(310);
  });

  test('captured packets are lost and counted: retries make up for them', async () => {
    const world = behind(
      many(100, () => open()),
      { local: { captureLoss: 0.1 } },
    );
    const outcome = await probeNetwork(world, { ports: '1-100' });
    expect(count(outcome, 'open')).toBe(100);
    expect(outcome.stats.kernelDrops).toBeGreaterThan(0);
  });

  test('an answer that the capture may have lost is asked for again, also with --retries 0', async () => {
    const world = behind(
      many(400, () => open()),
      { local: { captureLoss: 0.2, seesOwnPackets: false } },
    );
    const outcome = await probeNetwork(world, { ports: '1-400', retries: 0 });
    expect(count(outcome, 'open')).toBe(400);
    expect(outcome.stats.probesSent).toBeGreaterThan(440);
    const silentWorld = behind(many(50, () => silent));
    const silentRun = await probeNetwork(silentWorld, { ports: '1-50', retries: 0 });
    expect(silentRun.stats.probesSent).toBe(50);
  });

  test('a network that never answers is not crept through: 20,000 SYNs within ten seconds and the last time-out', async () => {
    const outcome = await probeNetwork(behind(many(20_000, () => silent)), { ports: '1-20000', retries: 0 });
    expect(outcome.stats.probesSent).toBe(20_000);
    expect(outcome.stats.durationMs).toBeLessThan(13_000);
  });

  test('a reader that lags holds the run up, and it goes on although nothing wakes it', async () => {
    const machine = new SimulatedMachine(behind(many(9000, () => open())));
    const batches: number[] = [];
    for await (const batch of probeInBatches({ targets: ['198.51.100.7'], ports: '1-9000' }, machine)) {
      batches.push(batch.filter(({ type }) => type === 'port').length);
      if (batches.length > 1) continue;
      // oxlint-disable-next-line no-await-in-loop -- a reader that lags
      await new Promise<void>((resolve) => machine.at(machine.nowMs + 5000, resolve));
    }
    expect(batches.reduce((sum, size) => sum + size, 0)).toBe(9000);
    // The queue's limit, and what had been sent by then.
    expect(Math.max(...batches)).toBeGreaterThan(4096);
    expect(Math.max(...batches)).toBeLessThan(9000);
  });

  test('--rate max: everything leaves at once, whatever comes back', async () => {
    const world = behind(many(3000, () => silent));
    const outcome = await probeNetwork(world, { ports: '1-3000', rate: 'max', retries: 0 });
    expect(count(outcome, 'filtered')).toBe(3000);
    expect(outcome.stats.probesSent).toBe(3000);
    expect(outcome.stats.durationMs).toBeLessThan(3400);
  });

  test('a given rate is used from the start, also where nothing answers', async () => {
    const world = behind(many(3000, () => silent));
    const outcome = await probeNetwork(world, { ports: '1-3000', rate: 10_000, retries: 0 });
    expect(outcome.stats.durationMs).toBeGreaterThan(3400);
    expect(outcome.stats.durationMs).toBeLessThan(3800);
  });

  test('a near and a far target keep their own time-outs', async () => {
    const near = site(host('198.51.100.7', { ports: many(20, () => open()) }));
    const far = site(host('198.51.100.8', { ports: many(20, () => open()) }), [
      router('10.0.0.1', { forward: [delay(400)], reverse: [delay(400)] }),
    ]);
    const outcome = await probeNetwork(network([near, far]), { targets: ['198.51.100.7-8'], ports: '1-20' });
    expect(count(outcome, 'open')).toBe(40);
    const rtts = outcome.ports.filter((one) => one.target === '198.51.100.8').flatMap((one) => one.rttMs);
    expect(Math.min(...rtts)).toBeGreaterThan(800);
    expect(Math.max(...rtts)).toBeLessThan(805);
  });

  test('a silent port is given up only after its last SYN has had its full time-out', async () => {
    const outcome = await probeNetwork(behind({ 80: silent }), { ports: '80', timeout: 500, retries: 1 });
    expect(outcome.stats.durationMs).toBeGreaterThanOrEqual(1500);
    expect(outcome.stats.probesSent).toBe(2);
  });

  test('no neighbour: the error comes when the kernel gives up', async () => {
    const world = behind({}, { local: { noNeighbour: [address('203.0.113.9')] } });
    const outcome = await probeNetwork(world, { targets: ['203.0.113.9'], ports: '80,81' });
    expect(count(outcome, 'error')).toBe(2);
    expect(outcome.stats.durationMs).toBeGreaterThanOrEqual(3000);
  });

  test('many targets that are not there cost the kernel’s patience once, not once for each port', async () => {
    const absent = Array.from({ length: 60 }, (_, host) => address(`203.0.113.${host + 1}`));
    const world = behind({ 80: open() }, { local: { noNeighbour: absent } });
    const ask = { targets: ['198.51.100.7', '203.0.113.1-60'], ports: '1-200', seed: 3 };
    const outcome = await probeNetwork(world, ask);
    expect([count(outcome, 'open'), count(outcome, 'closed'), count(outcome, 'error')]).toEqual([1, 199, 12_000]);
    expect(outcome.stats.durationMs).toBeLessThan(4000);
  });

  test('a port that the local kernel refuses at once says nothing of the host, whose address may not be known yet', async () => {
    const refused = rejectIcmp(3, 1, { match: all(syn, port(25)), from: address('192.0.2.1') });
    const world = behind({ 80: open(), 25: open() }, { forward: [refused] });
    // The kernel has not finished asking for the address while the first answers come.
    const outcome = await probeNetwork(world, { ports: '20-90', unresolved: true });
    expect(count(outcome, 'error')).toBe(1);
    expect(count(outcome, 'open')).toBe(1);
  });
});
