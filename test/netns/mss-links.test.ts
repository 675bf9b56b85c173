import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createLab, device, type Lab } from './lab.ts';
import { clamp, kernelResets, measure, servePages } from './measuring.ts';
import { labSuite } from './suite.ts';
import { routed, TARGET } from './topology.ts';

const NO_ICMP = ['icmp type destination-unreachable drop'];

labSuite('mss over narrow links', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(routed());
    await servePages(lab);
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

  it.each([
    ['with', []],
    ['without', NO_ICMP],
  ] as const)('a clamp to the route over a link of 1400 bytes, %s ICMP', async (_, more) => {
    await mtu('router', 'client', 1400);
    await clamp(lab, 'router', { forward: 'rt mtu', reverse: 'rt mtu', more });
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
    await clamp(lab, 'router', { forward: null, reverse: null, more: NO_ICMP });
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
    await clamp(lab, 'router', { forward: '1300', reverse: '1300' });
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

  it('a clamp at the first is proven by the second’s quote, without a kernel reset', async () => {
    await clamp(lab, 'near', { forward: '1300', reverse: null });
    const before = await kernelResets(lab, 'client');
    const { forward, reverse, mss } = await measure(lab, ['10.82.3.2', '-p', '80']);
    expect([forward, reverse]).toEqual(['1300 proven', '- none']);
    expect(mss.forward.evidence).toEqual(['quote', 'segment-size']);
    expect(mss.forward.detail).toContain('between 10.82.1.2 and 10.82.2.2');
    expect(await kernelResets(lab, 'client')).toBe(before);
    expect(await lab.runOk('target', ['ss', '-Htan', 'state', 'connected', 'exclude', 'time-wait'])).toBe('');
  });
});
