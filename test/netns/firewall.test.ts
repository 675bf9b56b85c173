import { afterAll, beforeAll, expect, it } from 'vitest';
import { firewall, guardOf, type GuardResult } from './guards.ts';
import { createLab, type Lab } from './lab.ts';
import { labSuite } from './suite.ts';
import { chain, ROUTER, routed, TARGET } from './topology.ts';

const ROUTER_REJECTS = [
  'net-unreachable',
  'host-unreachable',
  'prot-unreachable',
  'port-unreachable',
  'net-prohibited',
  'host-prohibited',
  'admin-prohibited',
];
const FIRST_REJECT = 1200;

const NOTHING = { stateful: false, findings: [] as string[] };
const OPEN = { ...NOTHING, policy: 'open', proxy: false, answeredBy: 'host' };
const CLOSED = { ...NOTHING, policy: 'closed', proxy: null, answeredBy: 'host' };

labSuite('how kernels guard ports, told from the client alone', () => {
  let lab: Lab;
  let result: GuardResult;
  beforeAll(async () => {
    lab = await createLab(
      routed({
        target: {
          listen: [1001, 1011, 1021, 1022, 1030, 1031, 1032, 1033, 1040],
          nft: chain('input', [
            'tcp dport 1020 drop',
            'tcp dport 1013 reject with tcp reset',
            'tcp dport 1014 reject with icmp type port-unreachable',
          ]),
        },
        router: {
          listen: [9999],
          nft: `${chain('forward', [
            'tcp dport 1021 drop',
            'tcp dport 1022 tcp flags & (syn | ack) == syn drop',
            'tcp dport 1011 reject with tcp reset',
            'tcp dport 1012 tcp flags & (syn | ack) == syn reject with tcp reset',
            'tcp dport 1030 tcp option timestamp exists drop',
            'tcp dport 1031 tcp flags & (ecn | cwr) == ecn | cwr drop',
            'tcp dport 1032 tcp flags & (syn | ack) == syn ip length > 60 drop',
            ...ROUTER_REJECTS.map((type, index) => `tcp dport ${FIRST_REJECT + index} reject with icmp type ${type}`),
          ])}table ip lab_nat {\n chain c {\n  type nat hook prerouting priority -100;\n  tcp dport 1040 redirect to :9999\n }\n}\n`,
        },
      }),
    );
    result = await firewall(lab, [TARGET, '-p', '1001,1002,1011-1014,1020-1022,1030-1032,1040']);
  });
  afterAll(() => lab?.close());

  it('has one record per port, in less than five seconds', () => {
    expect(result.ports.map(({ port }) => port)).toEqual([
      1001, 1002, 1011, 1012, 1013, 1014, 1020, 1021, 1022, 1030, 1031, 1032, 1040,
    ]);
    expect(result.summary).toMatchObject({ ports: 13, open: 4, closed: 4, filtered: 5, error: 0, interrupted: false });
    expect(result.summary.durationMs).toBeLessThan(5000);
    expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' });
    expect(result.run.command).toBe('firewall');
  });

  it('a clean path: open and closed, no findings, the distance of the host', () => {
    expect(guardOf(result.port(1001))).toEqual(OPEN);
    expect(guardOf(result.port(1002))).toEqual(CLOSED);
    expect(result.port(1001)).toMatchObject({
      reason: 'syn-ack',
      answeredAt: { ttl: 2, address: null, hopsBeforeTarget: 0 },
      verdict: 'open, answered by the host at hop 2; bare ACKs reach it, no stateful filter seen',
    });
  });

  it('every test has its answer, round trip and TTL', () => {
    const first = result.port(1001).tests.filter(({ sentTtl, round }) => sentTtl === null && round === 1);
    expect(Object.fromEntries(first.map(({ probe, reply }) => [probe, reply]))).toEqual({
      syn: 'syn-ack',
      ack: 'rst',
      fin: null,
      null: null,
      xmas: null,
      'syn-ecn': 'syn-ack',
      'syn-badsum': null,
      'syn-data': 'syn-ack',
      'syn-no-options': 'syn-ack',
    });
    for (const { reply, rttMs, ttl, from } of first) {
      expect({ ttl, from }).toEqual(reply === null ? { ttl: null, from: null } : { ttl: 63, from: TARGET });
      if (reply !== null) expect(rttMs).toBeGreaterThan(0);
    }
    const closed = result.port(1002).tests.filter(({ probe }) => ['fin', 'null', 'xmas'].includes(probe));
    expect(closed.map(({ reply }) => reply)).toEqual(['rst', 'rst', 'rst']);
  });

  it('REJECT with TCP reset by the router', () => {
    const middle = { policy: 'reject-rst', proxy: null, answeredBy: 'middlebox', findings: ['rst-injected likely'] };
    expect(guardOf(result.port(1011))).toEqual({ ...middle, stateful: null });
    expect(guardOf(result.port(1012))).toEqual({ ...middle, stateful: false });
    expect(result.port(1012).verdict).toBe(
      `REJECT with TCP reset by hop 1 (${ROUTER}), 1 hop before the target; bare ACKs reach the host`,
    );
  });

  it('a reset by the target itself is a closed port, whether from TCP or its firewall', () => {
    expect(guardOf(result.port(1013))).toEqual(CLOSED);
  });

  it('REJECT with ICMP by the target itself', () => {
    expect(result.port(1014)).toMatchObject({
      policy: 'reject-icmp-port-unreachable',
      answeredBy: 'host',
      verdict: 'REJECT with ICMP port-unreachable by the host itself; bare ACKs rejected too',
    });
  });

  it('dropped, by flags or entirely', () => {
    const drop = { policy: 'drop', proxy: null, answeredBy: null, findings: [] };
    for (const port of [1020, 1021]) expect(guardOf(result.port(port))).toEqual({ ...drop, stateful: null });
    expect(guardOf(result.port(1022))).toEqual({ ...drop, stateful: false });
    expect(result.port(1021)).toMatchObject({
      droppedAfter: { ttl: 1, address: ROUTER, hopsBeforeTarget: 1 },
      verdict: `dropped after hop 1 (${ROUTER}), the last router before the target; bare ACKs dropped too`,
    });
    expect(result.port(1022).verdict).toMatch(/^dropped by a stateless filter .*; bare ACKs reach the host$/);
  });

  it('drops that depend on options, ECN bits or data', () => {
    expect(guardOf(result.port(1030))).toMatchObject({ policy: 'drop', findings: ['option-blocked ts likely'] });
    expect(guardOf(result.port(1031))).toEqual({ ...OPEN, findings: ['ecn-blocked likely'] });
    expect(guardOf(result.port(1032))).toEqual({ ...OPEN, findings: ['payload-blocked likely'] });
  });

  it('redirected to a proxy on the router', () => {
    expect(guardOf(result.port(1040))).toMatchObject({
      policy: 'open',
      proxy: true,
      answeredBy: 'middlebox',
      findings: ['ttl-mismatch likely'],
    });
    expect(result.port(1040).verdict).toBe(`proxy at hop 1 (${ROUTER}) answers for the host, 1 hop before the target`);
  });

  it('REJECT by the router with every kind of ICMP error', async () => {
    const rejects = await firewall(lab, [TARGET, '-p', '1001,1200-1206', '--expect', 'reject-icmp,middlebox']);
    for (const [index, type] of ROUTER_REJECTS.entries()) {
      expect(rejects.port(FIRST_REJECT + index)).toMatchObject({
        policy: `reject-icmp-${type.replace('prot-', 'proto-')}`,
        answeredBy: 'middlebox',
        answeredAt: { ttl: 1, address: ROUTER, hopsBeforeTarget: 1 },
        expectation: { met: true, why: null },
      });
    }
    expect(rejects.code).toBe(1);
    expect(rejects.stderr).toBe(
      `synscope: ${TARGET}:1001: expected reject-icmp, middlebox, is open, stateless, answered by host\n`,
    );
  });
});
