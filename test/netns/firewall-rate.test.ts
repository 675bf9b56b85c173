import { afterAll, beforeAll, expect, it } from 'vitest';
import { firewall, guardOf } from './guards.ts';
import { createLab, type Lab } from './lab.ts';
import { range } from './plan.ts';
import { labSuite } from './suite.ts';
import { chain, routed, TARGET } from './topology.ts';

labSuite('filters and routers that let only so many pass a second', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(
      routed({
        target: { listen: [1033] },
        router: {
          nft: chain('forward', [
            'tcp dport 1033 tcp flags & (syn | ack) == syn limit rate over 15/second burst 5 packets drop',
            'tcp dport 2100-2109 reject with icmp type admin-prohibited',
          ]),
        },
      }),
    );
    // Linux's default: six errors, then one a second, to each destination.
    await lab.sysctl('router', { 'net.ipv4.icmp_ratelimit': 1000 });
  });
  afterAll(() => lab?.close());

  it('ten ports that a router rejects with ICMP: errors beyond its limit are not called drops, in five seconds', async () => {
    // Ports beyond the sixth used to be called dropped, and each difference between an error and none
    // became a finding.
    const result = await firewall(lab, [TARGET, '-p', '2100-2109']);
    const rejected = result.ports.filter(({ policy }) => policy === 'reject-icmp-admin-prohibited');
    expect(rejected.length).toBeGreaterThanOrEqual(8);
    for (const { policy, verdict } of result.ports.filter((one) => !rejected.includes(one))) {
      expect(policy).toBe('drop');
      expect(verdict).toMatch(/^no answer: dropped, or rejected like port 21\d\d by a device that limits its ICMP errors$/);
    }
    expect(result.ports.map(({ port }) => port)).toEqual(range(2100, 10));
    expect(result.ports.flatMap(({ findings }) => findings)).toEqual([]);
    expect(result.summary.durationMs).toBeLessThan(6000);
  });

  it('a limit on SYNs, with its rate', async () => {
    const result = await firewall(lab, [TARGET, '-p', '1033', '--rate-limit', '--retries', '4']);
    expect(guardOf(result.port(1033))).toMatchObject({ policy: 'open', findings: ['syn-rate-limited likely'] });
    expect(result.port(1033).rateLimit).toBeGreaterThanOrEqual(11);
    expect(result.port(1033).rateLimit).toBeLessThanOrEqual(19);
    expect(result.summary.probesSent).toBeLessThan(4000);
  });
});
