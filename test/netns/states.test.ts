import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLab, type Lab } from './lab.ts';
import { range } from './plan.ts';
import { labSuite } from './suite.ts';
import { findings, synscope, verdict, type Result } from './synscope.ts';
import { chain, ROUTER, ROUTER_TTL, routed, TARGET, TARGET_TTL } from './topology.ts';

const OPEN = range(1001, 8);
const CLOSED = 1010;
const RESET = { target: 1011, router: 1012 };
const SILENT = {
  'dropped by the target': 1020,
  'dropped by the router': 1021,
  'answered, but the SYN-ACK is dropped on the reverse path': 1022,
};
const REJECTS = [
  'net-unreachable',
  'host-unreachable',
  'prot-unreachable',
  'port-unreachable',
  'net-prohibited',
  'host-prohibited',
  'admin-prohibited',
];
const ON_TARGET = 1100;
const ON_ROUTER = 1200;

function rejects(first: number): readonly string[] {
  return REJECTS.map((type, index) => `tcp dport ${first + index} reject with icmp type ${type}`);
}

function reasonOf(type: string): string {
  return `icmp-${type.replace('prot-', 'proto-')}`;
}

labSuite('what a firewall does to a SYN', () => {
  let lab: Lab;
  let result: Result;
  beforeAll(async () => {
    lab = await createLab(
      routed({
        target: {
          listen: [...OPEN, 1022],
          nft: chain('input', ['tcp dport 1020 drop', `tcp dport ${RESET.target} reject with tcp reset`, ...rejects(ON_TARGET)]),
        },
        router: {
          nft: chain('forward', [
            'tcp dport 1021 drop',
            'tcp sport 1022 tcp flags & (syn | ack) == syn | ack drop',
            `tcp dport ${RESET.router} reject with tcp reset`,
            ...rejects(ON_ROUTER),
          ]),
        },
      }),
    );
    result = await synscope(lab, 'client', [
      TARGET,
      '-p',
      '1001-1008,1010-1012,1020-1022,1100-1106,1200-1206',
      '--timeout',
      '150',
      '--retries',
      '1',
    ]);
  });
  afterAll(() => lab?.close());

  it('has one record a port and counts them', () => {
    const { ports, open, closed, filtered, error, targets, interrupted } = result.summary;
    expect({ ports, open, closed, filtered, error, targets, interrupted }).toEqual({
      ports: 28,
      open: 8,
      closed: 3,
      filtered: 17,
      error: 0,
      targets: 1,
      interrupted: false,
    });
    expect(new Set(result.ports.map(({ port }) => port)).size).toBe(28);
    expect(result.code).toBe(0);
    expect(result.stderr).toBe('');
  });

  it.each(OPEN)('open: port %i', (port) => {
    const record = result.port(port);
    expect(record).toMatchObject({
      state: 'open',
      reason: 'syn-ack',
      from: TARGET,
      target: TARGET,
      hostname: null,
      ttl: TARGET_TTL,
      attempts: 1,
    });
    expect(record.reply).toMatchObject({
      flags: 'S.',
      optionsText: expect.stringContaining('mss=1460') as string,
      payloadLength: 0,
    });
    expect(record.reply?.options.map(({ name }) => name)).toEqual(['mss', 'sackOK', 'ts', 'nop', 'wscale']);
    expect(record.rttMs.samples).toBe(1);
    expect(record.rttMs.min).toBeGreaterThan(0);
    expect(record.rttMs.min).toBeLessThan(100);
    expect(findings(record)).toEqual([]);
    expect(record.expectation).toBeNull();
  });

  it('closed: the kernel resets', () => {
    const record = result.port(CLOSED);
    expect(record).toMatchObject({ state: 'closed', reason: 'rst', from: TARGET, ttl: TARGET_TTL, attempts: 1 });
    expect(record.reply).toMatchObject({ flags: 'R.', seq: 0, window: 0, options: [] });
    expect(record.rttMs.samples).toBe(1);
    expect(findings(record)).toEqual([]);
  });

  it('reset by the target’s own firewall looks like the kernel’s', () => {
    expect(result.port(RESET.target)).toMatchObject({
      state: 'closed',
      reason: 'rst',
      from: TARGET,
      ttl: TARGET_TTL,
      attempts: 1,
      findings: [],
    });
  });

  it('reset by a router in the target’s name is given away by its TTL', () => {
    const record = result.port(RESET.router);
    expect(record).toMatchObject({ state: 'closed', reason: 'rst', from: TARGET, ttl: ROUTER_TTL, attempts: 1 });
    expect(record.findings).toMatchObject([{ code: 'rst-injected', certainty: 'likely' }]);
  });

  it.each(Object.entries(SILENT))('silent: %s', (_, port) => {
    expect(result.port(port)).toMatchObject({
      state: 'filtered',
      reason: 'no-response',
      from: null,
      ttl: null,
      attempts: 2,
      rttMs: { min: null, avg: null, max: null, stddev: null, samples: 0 },
      reply: null,
      findings: [],
    });
  });

  it.each(REJECTS.map((type, index) => [type, index] as const))('rejected with %s', (type, index) => {
    const byTarget = result.port(ON_TARGET + index);
    const byRouter = result.port(ON_ROUTER + index);
    const reason = reasonOf(type);
    expect(byTarget).toMatchObject({ state: 'filtered', reason, from: TARGET, ttl: TARGET_TTL, reply: null, findings: [] });
    expect(byRouter).toMatchObject({ state: 'filtered', reason, from: ROUTER, ttl: ROUTER_TTL, reply: null, findings: [] });
    for (const { attempts } of [byTarget, byRouter]) expect([1, 2]).toContain(attempts);
  });

  it('sees the injected reset whatever the order of probing', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const again = await synscope(lab, 'client', [TARGET, '-p', `1001-1003,${RESET.router}`, '--seed', `${seed}`]);
      expect(again.port(RESET.router).findings, `seed ${seed}`).toMatchObject([{ code: 'rst-injected', certainty: 'likely' }]);
    }
  });

  it('also judges answers on loopback', async () => {
    const local = await synscope(lab, 'target', ['127.0.0.1', TARGET, '-p', '1001,1010']);
    for (const target of ['127.0.0.1', TARGET]) {
      expect(verdict(local.port(1001, target))).toBe('open syn-ack');
      expect(verdict(local.port(1010, target))).toBe('closed rst');
      expect(local.port(1001, target)).toMatchObject({ from: target, ttl: 64, attempts: 1 });
    }
  });
});
