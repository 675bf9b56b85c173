import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until, untilSays } from './child.ts';
import { firewall, guardOf, parsedGuards } from './guards.ts';
import { createLab, device, type Lab } from './lab.ts';
import { asOrdinaryUser, withinReach } from './ordinary-user.ts';
import type { LabPlan } from './plan.ts';
import { labSuite } from './suite.ts';
import { BIN, onEngine, startSynscope } from './synscope.ts';
import { chain, ROUTER, routed, TARGET } from './topology.ts';

const STATE = [
  'ct state established,related accept',
  'ct state invalid drop',
  'tcp dport { 80, 443 } tcp flags & (fin | syn | rst | ack) == syn ct state new accept',
  'icmp type time-exceeded accept',
  'ip saddr 10.81.2.2 accept',
  'drop',
];
const SYN_PROXY = `table ip lab_proxy {
 chain p {
  type filter hook prerouting priority raw;
  tcp dport 1041 notrack
 }
 chain f {
  type filter hook forward priority 0;
  tcp dport 1041 ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm
 }
}
`;

labSuite('filters that know connections', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(routed({ target: { listen: [80, 443, 8080] }, router: { nft: chain('forward', STATE) } }));
    await lab.sysctl('router', { 'net.netfilter.nf_conntrack_tcp_loose': 0 });
  });
  afterAll(() => lab?.close());

  it('a stateful filter: SYNs to allowed ports pass, bare ACKs do not; it also drops the other ports', async () => {
    const result = await firewall(lab, [TARGET, '-p', '80,443,8080', '--expect', 'stateful']);
    const open = { policy: 'open', stateful: true, proxy: false, answeredBy: 'host', findings: [] };
    expect(guardOf(result.port(80))).toEqual(open);
    expect(guardOf(result.port(443))).toEqual(open);
    expect(guardOf(result.port(8080))).toEqual({ policy: 'drop', stateful: true, proxy: null, answeredBy: null, findings: [] });
    expect(result.port(8080).verdict).toBe(
      `dropped by a stateful filter after hop 1 (${ROUTER}), the last router before the target; bare ACKs dropped too`,
    );
    expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('one dropped port alone: a reference port shows the filter', async () => {
    const result = await firewall(lab, [TARGET, '-p', '8080']);
    expect(guardOf(result.port(8080))).toMatchObject({ policy: 'drop', stateful: true });
  });

  it('text: the verdict first, then the tests', async () => {
    const { stdout } = await lab.run('client', [process.execPath, BIN, ...onEngine(['firewall', TARGET, '-p', '80,8080'])]);
    expect(stdout.replaceAll(/\d+ packets sent in .*/g, 'N packets sent')).toBe(
      [
        `${TARGET}: 1 open, 1 drop`,
        '    80 http      open, answered by the host at hop 2; behind a stateful filter, bare ACKs are',
        '                 dropped',
        `  8080 http-alt  dropped by a stateful filter after hop 1 (${ROUTER}), the last router before the`,
        '                 target; bare ACKs dropped too',
        '',
        '  PORT  SYN      ACK  BARE     ECN      DATA     BADSUM  FIN  NULL  XMAS',
        '    80  syn-ack  -    syn-ack  syn-ack  syn-ack  -       -    -     -',
        '  8080  -        -    -        -        -        -       -    -     -',
        '',
        '1 target, 2 ports, N packets sent',
        '',
      ].join('\n'),
    );
  });

  it('an ordinary user with CAP_NET_RAW alone gets the same; without it, the message says what is missing', async (context) => {
    context.skip(!lab.realRoot);
    const args = [withinReach(BIN), ...onEngine(['firewall', TARGET, '-p', '80,8080', '--json'])];
    const result = parsedGuards(await lab.run('client', asOrdinaryUser('-all,+net_raw', args)));
    expect(result.code).toBe(0);
    expect(guardOf(result.port(80))).toMatchObject({ policy: 'open', stateful: true, findings: [] });
    const without = await lab.run('client', asOrdinaryUser('-all', args));
    expect({ code: without.code, stdout: without.stdout }).toEqual({ code: 3, stdout: '' });
    expect(without.stderr).toContain('CAP_NET_RAW');
  });

  it('Ctrl-C in the middle: what is known, a correct summary, exit 130, nothing half open', async () => {
    const packets = async (): Promise<number> =>
      Number(await lab.runOk('target', ['cat', `/sys/class/net/${device('router')}/statistics/rx_packets`]));
    const before = await packets();
    const running = startSynscope(lab, 'client', ['firewall', TARGET, '-p', '80', '--rate-limit']);
    await untilSays(running, '"type":"run"');
    await until('the search for a rate limit', async () => (await packets()) > before + 120);
    running.process.kill('SIGINT');
    const result = parsedGuards(await running.finished);
    expect(result.code).toBe(130);
    expect(result.summary).toMatchObject({ interrupted: true, open: 1 });
    expect(guardOf(result.port(80))).toMatchObject({ policy: 'open', stateful: true, findings: [] });
    await until('no half-open connection', async () => (await lab.runOk('target', ['ss', '-Htan', 'state', 'syn-recv'])) === '');
  });
});

labSuite('what answers for the host, and what limits', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(
      routed({
        client: { nft: chain('output', ['tcp dport 1050 drop']) },
        target: { listen: [1001, 1041, 1050] },
        router: {
          nft: chain('forward', ['tcp dport 1033 tcp flags & (syn | ack) == syn limit rate over 15/second burst 5 packets drop']),
        },
      }),
    );
  });
  afterAll(() => lab?.close());

  it('a SYN proxy of the kernel', async (context) => {
    const loaded = await lab.run('router', ['nft', '-f', '-'], SYN_PROXY);
    context.skip(loaded.code !== 0, `no synproxy in this kernel: ${loaded.stderr}`);
    const result = await firewall(lab, [TARGET, '-p', '1001,1041']);
    expect(guardOf(result.port(1001))).toMatchObject({ policy: 'open', proxy: false, findings: [] });
    expect(guardOf(result.port(1041))).toEqual({
      policy: 'open',
      stateful: true,
      proxy: true,
      answeredBy: 'middlebox',
      findings: ['syn-proxy likely'],
    });
    expect(result.port(1041).verdict).toBe(`SYN proxy at hop 1 (${ROUTER}) answers for the host, 1 hop before the target`);
  });

  it('an output rule of this host is an error, not a drop', async () => {
    const result = await firewall(lab, [TARGET, '-p', '1001,1050']);
    expect(guardOf(result.port(1050))).toEqual({ policy: 'error', stateful: null, proxy: null, answeredBy: null, findings: [] });
    expect(result.port(1050).reason).toBe('send-error:EPERM');
    expect(result.summary).toMatchObject({ open: 1, filtered: 0, error: 1 });
  });

  it('a target without a route, and one that does not answer ARP, are errors', async () => {
    const unrouted = await firewall(lab, ['203.0.113.9', '-p', '80']);
    expect(unrouted.port(80)).toMatchObject({ policy: 'error', reason: 'send-error:ENETUNREACH', tests: [] });
    expect(unrouted.code).toBe(4);
    const absent = await firewall(lab, ['10.81.1.77', '-p', '80', '--timeout', '300']);
    expect(absent.port(80)).toMatchObject({ policy: 'error', reason: 'send-error:EHOSTUNREACH' });
  });
});

/** client - a - b - c - target; `a` rejects. */
function longPath(): LabPlan {
  const names = ['client', 'a', 'b', 'c', 'target'];
  const routers = ['a', 'b', 'c'];
  const nft = chain('forward', ['tcp dport 25 reject with tcp reset', 'tcp dport 26 reject with icmp type admin-prohibited']);
  return {
    hosts: {
      client: {},
      a: { router: true, nft },
      b: { router: true },
      c: { router: true, nft: chain('forward', ['tcp dport 27 drop']) },
      target: { listen: [80, 27] },
    },
    links: names.slice(1).map((to, index) => ({
      between: [names[index] as string, to] as const,
      addresses: [`10.82.${index}.1/24`, `10.82.${index}.2/24`] as const,
    })),
    routes: [
      { host: 'client', to: '10.82.0.0/16', via: '10.82.0.2' },
      ...routers.map((host, index) => ({ host, to: '10.82.3.0/24', via: `10.82.${index + 1}.2` })).slice(0, 2),
      ...routers.slice(1).map((host, index) => ({ host, to: '10.82.0.0/24', via: `10.82.${index + 1}.1` })),
      { host: 'target', to: '10.82.0.0/16', via: '10.82.3.1' },
    ],
  };
}

labSuite('a path of three routers', () => {
  describe('distance', () => {
    let lab: Lab;
    beforeAll(async () => {
      lab = await createLab(longPath());
    });
    afterAll(() => lab?.close());

    it('is given in hops, from here and from the target', async () => {
      const result = await firewall(lab, ['10.82.3.2', '-p', '25,26,27,80']);
      expect(result.port(80).verdict).toMatch(/^open, answered by the host at hop 4;/);
      expect(result.port(25).verdict).toMatch(/^REJECT with TCP reset by hop 1 \(10\.82\.0\.2\), 3 hops before the target;/);
      expect(result.port(26).verdict).toMatch(
        /^REJECT with ICMP admin-prohibited by hop 1 \(10\.82\.0\.2\), 3 hops before the target;/,
      );
      expect(result.port(27).verdict).toMatch(/^dropped after hop 3 \(10\.82\.2\.2\), the last router before the target;/);
      expect(result.port(25).findings.map(({ code }) => code)).toEqual(['rst-injected']);
    });
  });
});
