import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { until, untilSays } from './child.ts';
import { createLab, device, type Lab } from './lab.ts';
import { clamp, kernelResets, measure, measuredOf, mssCommand, servePages, serveTls } from './measuring.ts';
import { asOrdinaryUser, withinReach } from './ordinary-user.ts';
import { labSuite } from './suite.ts';
import { BIN, onEngine } from './synscope.ts';
import { routed, TARGET } from './topology.ts';

const NO_ICMP = ['icmp type destination-unreachable drop'];
const CLEAN = [
  [8960, 1460],
  [1460, 1460],
  [1400, 1400],
  [1300, 1300],
  [536, 536],
  [null, 536],
];

labSuite('mss through a router', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(routed());
    await servePages(lab);
    await serveTls(lab);
  });
  afterAll(() => lab?.close());
  afterEach(async () => {
    await lab.nft('router', 'flush ruleset');
    await mtu('router', 'client', 1500);
    await mtu('target', 'router', 1500);
    await lab.runOk('target', ['ip', 'route', 'flush', 'cache']);
  });

  async function mtu(host: string, peer: string, bytes: number): Promise<void> {
    await lab.runOk(host, ['ip', 'link', 'set', device(peer), 'mtu', String(bytes)]);
  }

  async function nothingIsLeft(): Promise<void> {
    const states = ['state', 'connected', 'exclude', 'time-wait'];
    await until('no connection', async () => (await lab.runOk('target', ['ss', '-Htan', ...states])) === '');
  }

  it('a clean path with offloads on: no clamp, within 3 s, no reset of the kernel, nothing left', async () => {
    const before = await kernelResets(lab, 'client');
    const { code, forward, reverse, mss, summary } = await measure(lab, [TARGET, '-p', '80']);
    expect({ code, forward, reverse }).toEqual({ code: 0, forward: '- none', reverse: '- none' });
    expect(mss.rows.map(({ offered, effective }) => [offered, effective])).toEqual(CLEAN);
    expect(mss.rows.every(({ advertised }) => advertised === 1460)).toBe(true);
    expect(mss.findings).toEqual([]);
    expect(summary.durationMs).toBeLessThan(3000);
    await nothingIsLeft();
    expect(await kernelResets(lab, 'client')).toBe(before);
  });

  it.each([
    ['there', '1300', null, '1300 likely', '- none'],
    ['back', null, '1300', '- none', '1300 likely'],
    ['both ways', '1300', '1300', '1300 likely', '1300 likely'],
    ['both ways, differently', '1200', '1380', '1200 likely', '1380 likely'],
  ] as const)('a clamp %s', async (_, there, back, forward, reverse) => {
    await clamp(lab, 'router', { there, back });
    const before = await kernelResets(lab, 'client');
    const result = await measure(lab, [TARGET, '-p', '80']);
    expect([result.forward, result.reverse]).toEqual([forward, reverse]);
    expect(result.summary.durationMs).toBeLessThan(3000);
    await nothingIsLeft();
    expect(await kernelResets(lab, 'client')).toBe(before);
  });

  it('a TLS server that serves one connection after the other', async () => {
    await clamp(lab, 'router', { there: '1300', back: null });
    const { forward, reverse, summary } = await measure(lab, [TARGET]);
    expect([forward, reverse]).toEqual(['1300 likely', '- none']);
    expect(summary.durationMs).toBeLessThan(3000);
  });

  it.each([
    ['with', []],
    ['without', NO_ICMP],
  ] as const)('a clamp to the route over a link of 1400 bytes, %s ICMP', async (_, more) => {
    await mtu('router', 'client', 1400);
    await clamp(lab, 'router', { there: 'rt mtu', back: 'rt mtu', more });
    const { forward, reverse, mss } = await measure(lab, [TARGET, '-p', '80']);
    // nft looks at the routes of both directions.
    expect([forward, reverse]).toEqual(['1360 likely', '1360 likely']);
    expect(mss.findings.map(({ code }) => code)).toContain('mss-clamped');
  });

  it('the same link without a clamp: Linux learns the path MTU, and nothing is called a clamp', async () => {
    await mtu('router', 'client', 1400);
    const { forward, reverse, mss } = await measure(lab, [TARGET, '-p', '80']);
    expect([forward, reverse]).toEqual(['- none', '- none']);
    expect(mss.rows.find(({ offered }) => offered === 1460)?.effective).toBe(1360);
    expect(mss.findings).toEqual([]);
  });

  it('the same link without ICMP either: a black hole', async () => {
    await mtu('router', 'client', 1400);
    await clamp(lab, 'router', { there: null, back: null, more: NO_ICMP });
    const { mss } = await measure(lab, [TARGET, '-p', '80']);
    expect(mss.forward.change).toBeNull();
    expect(mss.findings.map(({ code, direction }) => `${code} ${direction}`)).toEqual(['pmtu-black-hole reverse']);
  });

  it('a small MTU of the target is no clamp', async () => {
    await mtu('target', 'router', 1340);
    const { forward, reverse, mss } = await measure(lab, [TARGET, '-p', '80']);
    expect([forward, reverse]).toEqual(['- none', '- none']);
    expect(mss.rows[0]).toMatchObject({ advertised: 1300, effective: 1300 });
  });

  it('a short reply is not enough, and a missed expectation is exit 1', async () => {
    await clamp(lab, 'router', { there: '1300', back: '1300' });
    const short = await measure(lab, [TARGET, '-p', '80', '--request', 'http:/small', '--expect-forward', '1300']);
    expect(short.forward).toBe('- unknown');
    expect(short.mss.forward.detail).toContain('Not enough data');
    expect(short.code).toBe(1);
    expect(short.stderr).toBe(`synscope: ${TARGET}:80: expected forward MSS 1300, could not be measured\n`);
    const met = await measure(lab, [TARGET, '-p', '80', '--expect', '<=1300', '--offer', 'mtu']);
    expect({ code: met.code, pass: met.mss.pass, stderr: met.stderr }).toEqual({ code: 0, pass: true, stderr: '' });
  });

  it('a closed port', async () => {
    const { mss, code } = await measure(lab, [TARGET, '-p', '81']);
    expect(code).toBe(0);
    expect(mss).toMatchObject({ state: 'closed', reason: 'rst' });
    expect(mss.forward.certainty).toBe('unknown');
  });

  it('Ctrl-C: what is known, exit 130, no connection left', async () => {
    const running = lab.start('client', mssCommand([TARGET, '-p', '80,443', '--request', 'none']));
    await untilSays(running, '"type":"run"');
    await until('connections', async () => (await lab.runOk('target', ['ss', '-Htn', 'state', 'established'])) !== '');
    running.process.kill('SIGINT');
    const result = measuredOf(await running.finished);
    expect(result.code).toBe(130);
    expect(result.summary.interrupted).toBe(true);
    await nothingIsLeft();
  });

  it('an ordinary user with CAP_NET_RAW alone', async (context) => {
    context.skip(!lab.realRoot);
    await clamp(lab, 'router', { there: '1300', back: null });
    const argv = asOrdinaryUser('-all,+net_raw', [withinReach(BIN), 'mss', ...onEngine([TARGET, '-p', '80']), '--json']);
    const { code, forward } = measuredOf(await lab.run('client', argv));
    expect({ code, forward }).toEqual({ code: 0, forward: '1300 likely' });
  });
});

labSuite('mss through two routers', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab({
      hosts: { client: {}, near: { router: true }, far: { router: true }, target: {} },
      links: [
        { between: ['client', 'near'], addresses: ['10.82.1.1/24', '10.82.1.2/24'] },
        { between: ['near', 'far'], addresses: ['10.82.2.1/24', '10.82.2.2/24'] },
        { between: ['far', 'target'], addresses: ['10.82.3.1/24', '10.82.3.2/24'] },
      ],
      routes: [
        { host: 'client', to: '10.82.0.0/16', via: '10.82.1.2' },
        { host: 'near', to: '10.82.3.0/24', via: '10.82.2.2' },
        { host: 'far', to: '10.82.1.0/24', via: '10.82.2.1' },
        { host: 'target', to: '10.82.0.0/16', via: '10.82.3.1' },
      ],
    });
    await servePages(lab);
  });
  afterAll(() => lab?.close());

  it('a clamp at the first is proven by what the second quotes, without a reset of the kernel', async () => {
    await clamp(lab, 'near', { there: '1300', back: null });
    const before = await kernelResets(lab, 'client');
    const { forward, reverse, mss } = await measure(lab, ['10.82.3.2', '-p', '80']);
    expect([forward, reverse]).toEqual(['1300 proven', '- none']);
    expect(mss.forward.evidence).toEqual(['quote', 'segment-size']);
    expect(mss.forward.detail).toContain('between 10.82.1.2 and 10.82.2.2');
    expect(await kernelResets(lab, 'client')).toBe(before);
    expect(await lab.runOk('target', ['ss', '-Htan', 'state', 'connected', 'exclude', 'time-wait'])).toBe('');
  });
});
