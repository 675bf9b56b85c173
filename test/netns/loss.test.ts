import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLab, type Lab } from './lab.ts';
import { range } from './plan.ts';
import { labSuite, tunSuite } from './suite.ts';
import { synscope, tally, verdict } from './synscope.ts';
import { chain, direct, routed, TARGET } from './topology.ts';

tunSuite('a path that loses and delays', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(
      routed({ target: { listen: range(3000, 200), nft: chain('input', ['tcp dport 3990-3999 drop']) }, middlebox: {} }),
    );
  });
  afterAll(() => lab?.close());

  it.each([1, 2])('the first %i SYNs of each port are lost: the attempt that was answered gives the RTT', async (lost) => {
    await lab.middlebox('router', 'target').configure({ dropFirstSyns: lost });
    const result = await synscope(lab, 'client', [TARGET, '-p', '3000-3009,3500-3509', '--timeout', '300']);
    expect(tally(result)).toEqual({ 'open syn-ack': 10, 'closed rst': 10 });
    for (const { attempts, rttMs } of result.ports) {
      expect(attempts).toBe(lost + 1);
      expect(rttMs.samples).toBe(1);
      expect(rttMs.max).toBeLessThan(100);
    }
    expect(result.summary.probesSent).toBe(20 * (lost + 1));
  });

  it('one loss more than retries is silence', async () => {
    await lab.middlebox('router', 'target').configure({ dropFirstSyns: 3 });
    const result = await synscope(lab, 'client', [TARGET, '-p', '3000-3003', '--timeout', '100', '--retries', '2']);
    expect(tally(result)).toEqual({ 'filtered no-response': 4 });
    for (const { attempts } of result.ports) expect(attempts).toBe(3);
  });

  it('one round trip in ten is lost: every one of 2000 ports is right', async () => {
    await lab.middlebox('router', 'target').configure({ loss: 0.05, seed: 7 });
    const result = await synscope(lab, 'client', [TARGET, '-p', '3000-3989,4000-5009', '--timeout', '200', '--retries', '7']);
    expect(tally(result)).toEqual({ 'open syn-ack': 200, 'closed rst': 1800 });
    expect(result.ports.every(({ state, port }) => (state === 'open') === port < 3200)).toBe(true);
    expect(result.ports.some(({ attempts }) => attempts > 1)).toBe(true);
  });

  it('every packet arrives three times', async () => {
    await lab.middlebox('router', 'target').configure({ duplicates: 2 });
    const result = await synscope(lab, 'client', [
      TARGET,
      '-p',
      '3000-3019,3500-3519,3990-3993',
      '--timeout',
      '200',
      '--retries',
      '1',
    ]);
    expect(tally(result)).toEqual({ 'open syn-ack': 20, 'closed rst': 20, 'filtered no-response': 4 });
    const answered = result.ports.filter(({ state }) => state !== 'filtered');
    for (const { rttMs } of answered) expect(rttMs.samples).toBe(1);
    // A busy machine may answer later than the shortest time-out.
    expect(answered.filter(({ attempts }) => attempts > 1).length).toBeLessThan(4);
  });

  it('a round trip of 300 ms: no answer is matched to the wrong attempt', async () => {
    await lab.middlebox('router', 'target').configure({ delayMs: 150 });
    const result = await synscope(lab, 'client', [TARGET, '-p', '3000-3049,3500-3549,3990-3999']);
    expect(tally(result)).toEqual({ 'open syn-ack': 50, 'closed rst': 50, 'filtered no-response': 10 });
    for (const { rttMs } of result.ports.filter((record) => record.state !== 'filtered')) {
      expect(rttMs.min).toBeGreaterThanOrEqual(300);
      expect(rttMs.max).toBeLessThan(330);
    }
  });

  it('300 ms with a time-out of 100: late answers still count, each for its own attempt', async () => {
    await lab.middlebox('router', 'target').configure({ delayMs: 150 });
    const result = await synscope(lab, 'client', [TARGET, '-p', '3000-3019,3500-3519', '--timeout', '100']);
    expect(tally(result)).toEqual({ 'open syn-ack': 20, 'closed rst': 20 });
    for (const { attempts, rttMs } of result.ports) {
      expect(attempts).toBe(1);
      expect(rttMs.min).toBeGreaterThanOrEqual(300);
      expect(rttMs.max).toBeLessThan(330);
    }
  });

  it('takes as many samples as requested', async () => {
    await lab.middlebox('router', 'target').configure({ delayMs: 10 });
    const result = await synscope(lab, 'client', [TARGET, '-p', '3000,3500', '--count', '5']);
    for (const { rttMs } of result.ports) {
      expect(rttMs.samples).toBe(5);
      expect(rttMs.min).toBeGreaterThanOrEqual(20);
      expect(rttMs.max).toBeLessThan(50);
      expect(rttMs.min).toBeLessThanOrEqual(rttMs.avg ?? 0);
      expect(rttMs.avg).toBeLessThanOrEqual(rttMs.max ?? 0);
      expect(rttMs.stddev).toBeGreaterThanOrEqual(0);
    }
  });
});

tunSuite('a TUN interface as the way out', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(
      direct({
        target: { listen: [80], nft: chain('input', ['tcp dport 82 reject with icmp type admin-prohibited']) },
        middlebox: {},
      }),
    );
  });
  afterAll(() => lab?.close());

  it('is as good as an Ethernet link', async () => {
    const result = await synscope(lab, 'client', [TARGET, '-p', '80-82']);
    expect([80, 81, 82].map((port) => verdict(result.port(port)))).toEqual([
      'open syn-ack',
      'closed rst',
      'filtered icmp-admin-prohibited',
    ]);
    expect(result.port(80)).toMatchObject({ ttl: 64, attempts: 1, findings: [] });
  });
});

labSuite('a policer', () => {
  let lab: Lab;
  beforeAll(async () => {
    const police = chain('forward', ['tcp flags syn / syn,ack limit rate over 500/second burst 50 packets drop']);
    lab = await createLab(routed({ target: { listen: range(3000, 100) }, router: { nft: police } }));
  });
  afterAll(() => lab?.close());

  it('of 500 SYNs a second: every one of 600 ports is right', async () => {
    const result = await synscope(lab, 'client', [TARGET, '-p', '3000-3599']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(tally(result)).toEqual({ 'open syn-ack': 100, 'closed rst': 500 });
  });
});
