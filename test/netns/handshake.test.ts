import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until, untilSays } from './child.ts';
import { handshakeOf, serveApplications, shakeHands, type Handshake } from './handshakes.ts';
import { createLab, device, type Capture, type Lab } from './lab.ts';
import { asOrdinaryUser, withinReach } from './ordinary-user.ts';
import { readSegments } from './pcap.ts';
import { labSuite } from './suite.ts';
import { BIN, command, onEngine } from './synscope.ts';
import { CLIENT, ROUTER, routed, TARGET } from './topology.ts';

const HTTP = 80;
const MUTE = 81;
const RESETS = 82;
const STUCK = 83;
const PROXIED = 84;
const DROPPED = 85;
const REJECTED = 86;
const BANNER = 22;
const CLOSED = 87;
const RST = 0x04;

/**
 * SYNs to one port are answered by the router itself (net/netfilter/nft_synproxy.c); to others they are
 * dropped or rejected.
 */
const ROUTER_RULES = `
table ip lab {
 chain early { type filter hook prerouting priority raw; tcp dport ${PROXIED} tcp flags syn notrack; }
 chain passing {
  type filter hook forward priority 0;
  tcp dport ${DROPPED} drop
  tcp dport ${REJECTED} reject with icmp type admin-prohibited
  tcp dport ${PROXIED} ct state { invalid, untracked } synproxy mss 1460 wscale 7 timestamp sack-perm
  tcp dport ${PROXIED} ct state invalid drop
 }
}
`;

labSuite('handshakes with real kernels', () => {
  let lab: Lab;
  let capture: Capture;
  beforeAll(async () => {
    lab = await createLab(
      routed({
        router: { nft: ROUTER_RULES, sysctl: { 'net.netfilter.nf_conntrack_tcp_loose': 0 } },
        // 0x400: on every listening socket (ip-sysctl, tcp_fastopen).
        target: { sysctl: { 'net.ipv4.tcp_fastopen': 0x403 } },
      }),
    );
    await serveApplications(lab, 'target', {
      http: [HTTP, PROXIED],
      mute: [MUTE],
      reset: [RESETS],
      stuck: [STUCK],
      banner: [BANNER],
    });
    capture = await lab.capture('client', device('router'));
  });
  afterAll(() => lab?.close());

  /** Connections of the target in any state but LISTEN and TIME-WAIT. */
  const left = async (): Promise<string> => lab.runOk('target', ['ss', '-Htan', 'state', 'connected', 'exclude', 'time-wait']);

  const nothingIsLeft = (): Promise<void> => until('no connection is left', async () => (await left()) === '');

  /** Resets that left this host since `from`, the kernel's or ours. */
  async function resetsSince(from: number): Promise<number> {
    await capture.sync();
    return readSegments(capture.path, from).filter(({ source, flags }) => source === CLIENT && (flags & RST) !== 0).length;
  }

  it('is complete, closed in both directions, without one RST, in less than a second', async () => {
    const from = await capture.sync();
    const { code, record, segments, findings, summary } = await shakeHands(lab, 'client', [TARGET, '-p', `${MUTE}`]);
    expect({ code, findings }).toEqual({ code: 0, findings: [] });
    expect(record).toMatchObject({
      established: true,
      state: 'open',
      closedBy: 'client-fin',
      synProxy: false,
      acceptQueueFull: false,
    });
    const story = segments.map(({ flags, clientState, serverState }) => `${flags} ${clientState} ${serverState}`);
    // A server that is slow to close acknowledges our FIN separately.
    expect(story.filter((line) => line !== '. FIN-WAIT-2 CLOSE-WAIT')).toEqual([
      'S SYN-SENT null',
      'S. ESTABLISHED SYN-RECEIVED',
      '. ESTABLISHED ESTABLISHED',
      'F. FIN-WAIT-1 ESTABLISHED',
      'F. TIME-WAIT LAST-ACK',
      '. TIME-WAIT CLOSED',
    ]);
    expect(record.synRttMs).toBeGreaterThan(0);
    expect(summary.durationMs).toBeLessThan(1000);
    expect(await resetsSince(from)).toBe(0);
    await nothingIsLeft();
  });

  it('asks a web server and receives its whole answer, although segments are merged', async () => {
    const { record, findings } = await shakeHands(lab, 'client', [TARGET, '-p', `${HTTP}`, '--send', 'http']);
    expect(record.application?.repliedBytes).toBeGreaterThan(3000);
    expect(record.application?.ackedBytes).toBe(record.application?.sentBytes);
    expect(findings).toEqual([]);
    await nothingIsLeft();
  });

  it('tells servers that write first, and applications that hang, from others', async () => {
    const banner = await shakeHands(lab, 'client', [TARGET, '-p', `${BANNER}`, '--observe', '100']);
    expect(banner.record.application).toMatchObject({ sentBytes: 0, repliedBytes: 13 });
    const mute = await shakeHands(lab, 'client', [TARGET, '-p', `${MUTE}`, '--send', 'hex:00', '--observe', '200']);
    expect(mute.record.application).toMatchObject({ sentBytes: 1, ackedBytes: 1, repliedBytes: 0 });
  });

  it.each([
    [CLOSED, 'closed', 'rst'],
    [DROPPED, 'filtered', 'no-response'],
    [REJECTED, 'filtered', 'icmp-admin-prohibited'],
  ])('of port %i: %s (%s)', async (port, state, reason) => {
    const { record, findings } = await shakeHands(lab, 'client', [TARGET, '-p', `${port}`, '--timeout', '200', '--retries', '1']);
    expect(record).toMatchObject({ state, reason, established: false });
    expect(findings).toEqual([]);
  });

  it('names a reset after the ACK', async () => {
    const { record } = await shakeHands(lab, 'client', [TARGET, '-p', `${RESETS}`, '--observe', '5000']);
    expect(record).toMatchObject({ established: true, resetAfterAck: true, closedBy: 'server-rst' });
    expect(record.remarks.join()).toContain('after our ACK');
  });

  describe('without an ACK', () => {
    it('shows the retransmissions of the SYN-ACK', async () => {
      const { record, findings } = await shakeHands(lab, 'client', [TARGET, '-p', `${MUTE}`, '--no-ack', '--observe', '1500']);
      expect(record).toMatchObject({ synAckRetransmits: 1, synCookies: false, established: false, closedBy: 'client-rst' });
      expect(record.synAckIntervalsMs?.[0]).toBeGreaterThan(900);
      expect(record.synAckIntervalsMs?.[0]).toBeLessThan(1300);
      expect(findings).toEqual([]);
      await nothingIsLeft();
    });

    it('tells SYN cookies at once by the options that they drop', async () => {
      await lab.sysctl('target', { 'net.ipv4.tcp_syncookies': 2 });
      const { record, findings } = await shakeHands(lab, 'client', [TARGET, '-p', `${MUTE}`, '--no-ack', '--observe', '50']);
      await lab.sysctl('target', { 'net.ipv4.tcp_syncookies': 1 });
      expect({ findings, cookies: record.synCookies }).toEqual({ findings: ['syn-cookies likely'], cookies: true });
    });
  });

  it('finds an accept queue that is full', async () => {
    const { record, findings } = await shakeHands(lab, 'client', [TARGET, '-p', `${STUCK}`, '--repeat', '3']);
    expect({ findings, full: record.acceptQueueFull }).toEqual({ findings: ['accept-queue-full likely'], full: true });
    await nothingIsLeft();
  });

  it('finds a SYN proxy', async () => {
    const { record, findings } = await shakeHands(lab, 'client', [TARGET, '-p', `${PROXIED}`, '--send', 'http']);
    expect(findings).toContain('syn-proxy likely');
    expect(record.synProxy).toBe(true);
    expect(record.application?.repliedBytes).toBeGreaterThan(3000);
    await nothingIsLeft();
  });

  it('gets a Fast Open cookie, and its data in the SYN is accepted', async () => {
    const { record, findings } = await shakeHands(lab, 'client', [TARGET, '-p', `${HTTP}`, '--fast-open', '--send', 'http']);
    expect(record.fastOpen?.cookie).toMatch(/^([\da-f]{2}){4,16}$/);
    expect(record.fastOpen?.dataAccepted).toBe(true);
    expect(findings).toEqual([]);
    await nothingIsLeft();
  });

  describe('the path MTU', () => {
    const via = `${TARGET}/32 dev ${device('target')}`.split(' ');

    it('is that of the links on a clean path: one probe', async () => {
      const { record, findings, segments } = await shakeHands(lab, 'client', [TARGET, '-p', `${MUTE}`, '--path-mtu']);
      expect({ findings, pathMtu: record.pathMtu }).toEqual({ findings: [], pathMtu: { bytes: 1500, reportedBy: null } });
      expect(segments.filter(({ note }) => note?.startsWith('path MTU probe'))).toHaveLength(1);
    });

    it('is reported by a router, or found to the byte where ICMP is lost', async () => {
      await lab.runOk('router', ['ip', 'route', 'add', ...via, 'mtu', 'lock', '1399']);
      const said = await shakeHands(lab, 'client', [TARGET, '-p', `${MUTE}`, '--path-mtu', '--expect', 'path-mtu=1399']);
      expect(said).toMatchObject({ code: 0, findings: [] });
      expect(said.record.pathMtu).toEqual({ bytes: 1399, reportedBy: ROUTER });
      await lab.nft(
        'router',
        'table ip mute { chain c { type filter hook output priority 0; icmp type destination-unreachable drop; }; }',
      );
      const hidden = await shakeHands(lab, 'client', [TARGET, '-p', `${MUTE}`, '--path-mtu', '--expect', 'path-mtu>=1400']);
      await lab.nft('router', 'delete table ip mute');
      await lab.runOk('router', ['ip', 'route', 'del', ...via]);
      expect(hidden).toMatchObject({ code: 1, findings: ['pmtu-black-hole likely'] });
      expect(hidden.record.pathMtu).toEqual({ bytes: 1399, reportedBy: null });
      expect(hidden.record.findings[0]?.detail).toContain('clamp the MSS to 1359');
      expect(hidden.stderr).toContain('path-mtu>=1400');
      await nothingIsLeft();
    });
  });

  it('negotiates ECN, and says when it is refused', async () => {
    const agreed = await shakeHands(lab, 'client', [TARGET, '-p', `${HTTP}`, '--ecn', '--send', 'http']);
    expect(agreed.record.remarks.join()).toContain('acknowledged with ECE');
    await lab.sysctl('target', { 'net.ipv4.tcp_ecn': 0 });
    const refused = await shakeHands(lab, 'client', [TARGET, '-p', `${MUTE}`, '--ecn']);
    await lab.sysctl('target', { 'net.ipv4.tcp_ecn': 2 });
    expect([agreed.record.ecn, refused.record.ecn]).toEqual(['negotiated', 'refused']);
    expect([...agreed.findings, ...refused.findings]).toEqual([]);
  });

  it('finds a router that clears the ECN field', async () => {
    await lab.nft('router', 'table ip bleach { chain c { type filter hook forward priority -10; ip ecn set not-ect; }; }');
    const { record, findings } = await shakeHands(lab, 'client', [TARGET, '-p', `${HTTP}`, '--ecn', '--send', 'http']);
    await lab.nft('router', 'delete table ip bleach');
    expect({ ecn: record.ecn, findings }).toEqual({ ecn: 'cleared', findings: ['ecn-cleared likely'] });
  });

  it('ten at once: ISNs without a pattern, one machine, nothing left', async () => {
    const { record, findings } = await shakeHands(lab, 'client', [TARGET, '-p', `${MUTE}`, '--repeat', '10', '--close', 'rst']);
    expect(record).toMatchObject({ isn: { samples: 10, pattern: 'none' }, connections: 10, closedBy: 'client-rst' });
    expect(record.stacks).toHaveLength(1);
    expect(findings).toEqual([]);
    await nothingIsLeft();
  });

  it.each(['SIGINT', 'SIGHUP'] as const)('is torn down on %s, half open or open', async (signal) => {
    for (const more of [['--no-ack'], ['--observe', '60000']]) {
      const before = await capture.sync();
      const running = lab.start('client', command(['handshake', TARGET, '-p', `${MUTE}`, ...more]));
      await until('a connection', async () => (await left()) !== '');
      running.process.kill(signal);
      const result: Handshake = handshakeOf(await running.finished);
      expect(result).toMatchObject({ code: 130, summary: { interrupted: true } });
      expect(result.segments.at(-1)).toMatchObject({ direction: 'out', clientState: 'CLOSED' });
      expect(await resetsSince(before)).toBe(result.record.connections);
      await nothingIsLeft();
    }
  });

  it('needs CAP_NET_RAW alone', async (context) => {
    context.skip(!lab.realRoot);
    const from = await capture.sync();
    const args = ['handshake', TARGET, '-p', `${HTTP}`, '--send', 'http', '--json'];
    const { record } = handshakeOf(
      await lab.run('client', asOrdinaryUser('-all,+net_raw', [withinReach(BIN), ...onEngine(args)])),
    );
    expect(record).toMatchObject({ established: true, closedBy: 'client-fin' });
    expect(await resetsSince(from)).toBe(0);
  });

  it('as text, also in 40 columns', async () => {
    const running = lab.start('client', [
      process.execPath,
      BIN,
      ...onEngine(['handshake', TARGET, '-p', `${HTTP}`, '--send', 'http']),
    ]);
    await untilSays(running, 'clock:');
    const { stdout } = await running.finished;
    expect(stdout).toContain('is open: handshake complete');
    expect(stdout).toMatch(/SYN-SENT +> +\[S\] seq 0, win 64240/);
    expect(stdout).toContain('An application answers');
  });
});
