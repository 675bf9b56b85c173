import { afterAll, beforeAll, expect, it } from 'vitest';
import { until, untilSays } from './child.ts';
import { createLab, device, type Lab } from './lab.ts';
import { synsTo } from './pcap.ts';
import { range } from './plan.ts';
import { labSuite } from './suite.ts';
import { BIN, parsed, startSynscope } from './synscope.ts';
import { chain, routed, TARGET } from './topology.ts';

/** Open ports answer at once, the others never: a run of minutes. */
const LONG = [TARGET, '-p', '6000-6009,7000-9999', '--timeout', '5000', '--rate', '200', '--no-randomize'];

labSuite('a run that is cut short', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(routed({ target: { listen: range(6000, 10), nft: chain('input', ['tcp dport 7000-9999 drop']) } }));
  });
  afterAll(() => lab?.close());

  async function nothingIsLeft(sourcePorts: readonly number[]): Promise<void> {
    await until('no half-open connection', async () => (await lab.runOk('target', ['ss', '-Htan', 'state', 'syn-recv'])) === '');
    const bind = `const net = require('net'); for (const port of ${JSON.stringify([...new Set(sourcePorts)])}) net.createServer().listen(port, () => {}).unref();`;
    await lab.runOk('client', [process.execPath, '-e', bind]);
  }

  it('by Ctrl-C: what is known, a correct summary, exit 130, nothing left behind', async () => {
    const capture = await lab.capture('target', device('router'));
    const running = startSynscope(lab, 'client', LONG);
    await untilSays(running, '"port":6009');
    running.process.kill('SIGINT');
    const result = parsed(await running.finished);
    expect(result.code).toBe(130);
    expect(result.summary.interrupted).toBe(true);
    for (const port of range(6000, 10)) expect(result.port(port).state).toBe('open');
    expect(result.summary.open).toBe(10);
    expect(result.ports.length).toBe(
      result.summary.open + result.summary.closed + result.summary.filtered + result.summary.error,
    );
    expect(result.stderr).not.toMatch(/\n\s+at /);
    await capture.sync();
    const syns = synsTo(capture.path, TARGET);
    expect(syns.length).toBeGreaterThan(0);
    await nothingIsLeft(syns.map(({ sourcePort }) => sourcePort));
  });

  it('a port without a verdict is not called filtered', async () => {
    const running = startSynscope(lab, 'client', LONG);
    await untilSays(running, '"port":6009');
    running.process.kill('SIGINT');
    const result = parsed(await running.finished);
    expect(result.summary.filtered).toBe(0);
    expect(result.ports.filter(({ state }) => state === 'filtered')).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('by %s: the same', async (signal) => {
    const running = startSynscope(lab, 'client', LONG);
    await untilSays(running, '"port":6009');
    running.process.kill(signal);
    const result = parsed(await running.finished);
    expect(result.summary.interrupted).toBe(true);
    expect(result.code).toBe(130);
  });

  it('by two Ctrl-C: at once', async () => {
    const running = startSynscope(lab, 'client', LONG);
    await untilSays(running, '"port":6009');
    const before = performance.now();
    running.process.kill('SIGINT');
    running.process.kill('SIGINT');
    const { code, signal } = await running.finished;
    expect(performance.now() - before).toBeLessThan(1500);
    expect(code ?? signal).toBeOneOf([130, 'SIGINT']);
  });

  it('by a reader that closes the pipe: quietly', async () => {
    const before = performance.now();
    const pipe = `'${process.execPath}' '${BIN}' ${LONG.join(' ')} --json | head -n 1`;
    const { code, stdout, stderr } = await lab.run('client', ['sh', '-c', pipe]);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ type: 'run' });
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it('by the loss of its interface: exit 4, what is known, a summary', async () => {
    const running = startSynscope(lab, 'client', LONG);
    await untilSays(running, '"port":6009');
    await lab.runOk('client', ['ip', 'link', 'set', device('router'), 'down']);
    try {
      const result = parsed(await running.finished);
      expect(result.code).toBe(4);
      expect(result.stderr).toContain(device('router'));
      expect(result.stderr).not.toMatch(/\n\s+at /);
      for (const port of range(6000, 10)) expect(result.port(port).state).toBe('open');
      expect(result.summary.open).toBe(10);
      for (const { state } of result.ports.filter(({ port }) => port >= 7000)) expect(state).toBe('error');
    } finally {
      await lab.runOk('client', ['ip', 'link', 'set', device('router'), 'up']);
      await lab.runOk('client', ['ip', 'route', 'add', '10.81.2.0/24', 'via', '10.81.1.2']);
    }
  });
});
