import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { until, untilSays } from './child.ts';
import { createLab, type Lab } from './lab.ts';
import { clamp, kernelResets, measure, measuredOf, mssCommand, servePages, serveTls } from './measuring.ts';
import { asOrdinaryUser, withinReach } from './ordinary-user.ts';
import { labSuite } from './suite.ts';
import { BIN, onEngine } from './synscope.ts';
import { routed, TARGET } from './topology.ts';

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
  });

  async function nothingIsLeft(): Promise<void> {
    const states = ['state', 'connected', 'exclude', 'time-wait'];
    await until('no connection', async () => (await lab.runOk('target', ['ss', '-Htan', ...states])) === '');
  }

  it('a clean path with offloads on: no clamp, within 3 s, no kernel reset, nothing left', async () => {
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
    { forward: '1300', reverse: null },
    { forward: null, reverse: '1300' },
    { forward: '1300', reverse: '1300' },
    { forward: '1200', reverse: '1380' },
  ])('a clamp: forward $forward, reverse $reverse', async (clamps) => {
    await clamp(lab, 'router', clamps);
    const before = await kernelResets(lab, 'client');
    const result = await measure(lab, [TARGET, '-p', '80']);
    const expected = [clamps.forward, clamps.reverse].map((value) => (value === null ? '- none' : `${value} likely`));
    expect([result.forward, result.reverse]).toEqual(expected);
    expect(result.summary.durationMs).toBeLessThan(3000);
    await nothingIsLeft();
    expect(await kernelResets(lab, 'client')).toBe(before);
  });

  it('a TLS server that serves one connection after the other', async () => {
    await clamp(lab, 'router', { forward: '1300', reverse: null });
    const { forward, reverse, summary } = await measure(lab, [TARGET]);
    expect([forward, reverse]).toEqual(['1300 likely', '- none']);
    expect(summary.durationMs).toBeLessThan(3000);
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
    await clamp(lab, 'router', { forward: '1300', reverse: null });
    const argv = asOrdinaryUser('-all,+net_raw', [withinReach(BIN), 'mss', ...onEngine([TARGET, '-p', '80']), '--json']);
    const { code, forward } = measuredOf(await lab.run('client', argv));
    expect({ code, forward }).toEqual({ code: 0, forward: '1300 likely' });
  });
});
