import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from './child.ts';
import { labProblem, tunProblem } from './holder.ts';
import { createLab, device, type Lab } from './lab.ts';
import { readSegments, synsTo } from './pcap.ts';
import { labSuite, tunSuite } from './suite.ts';
import { CLIENT, direct, routed, TARGET } from './topology.ts';

const problem = (await labProblem()) ?? (await tunProblem());
if (problem !== null) console.log(`network namespace tests are skipped, all or those with TUN devices: ${problem}`);

it.runIf(process.env['CI'] === 'true')('nothing is skipped in CI', () => {
  expect(problem).toBeNull();
});

/** A script for node that connects, says `connected` and ends. */
function connecting(port: number): readonly string[] {
  const script = `require('net').connect(${port}, '${TARGET}').on('connect', () => { console.log('connected'); process.exit(0); })`;
  return [process.execPath, '-e', script];
}

labSuite('the lab', () => {
  it('connects hosts, captures their packets, and has no route out', async () => {
    const lab = await createLab(routed({ target: { listen: [80] }, offloads: false }));
    try {
      const capture = await lab.capture('target', device('router'));
      expect(await lab.runOk('client', connecting(80))).toBe('connected\n');
      await capture.sync();
      const [syn] = synsTo(capture.path, TARGET);
      expect(syn).toMatchObject({ source: CLIENT, destinationPort: 80, ttl: 63, ipChecksumGood: true, tcpChecksumGood: true });
      const synAck = readSegments(capture.path).find(({ flags }) => flags === 0x12);
      expect(synAck).toMatchObject({ source: TARGET, sourcePort: 80, tcpChecksumGood: true });
      for (const host of ['client', 'router', 'target']) {
        expect(await lab.run(host, ['ip', 'route', 'get', '192.0.2.1'])).toMatchObject({ code: 2, stdout: '' });
      }
    } finally {
      await lab.close();
    }
  });

  it('leaves nothing', async () => {
    const lab = await createLab(direct({ target: { listen: [80] } }));
    const running = lab.start('client', ['sleep', '600']);
    const [, target = ''] = lab.inside('client', []);
    const holder = target.replace('--target=', '');
    expect(existsSync(`/proc/${holder}`)).toBe(true);
    await lab.close();
    for (const pid of [holder, running.pid]) await until(`process ${pid} to end`, () => !existsSync(`/proc/${pid}`));
    expect(existsSync(lab.directory)).toBe(false);
  });

  it('leaves nothing of a plan that cannot be built', async () => {
    await expect(createLab({ hosts: { a: { nft: 'nonsense' } }, links: [] })).rejects.toThrow('nonsense');
  });
});

tunSuite('the middlebox', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(routed({ target: { listen: [80] }, middlebox: {} }));
  });
  afterAll(() => lab?.close());

  it('drops the first SYN, delays, and rewrites with good checksums', async () => {
    const rewrite = [{ do: 'nop-option', kind: 4 } as const, { do: 'set-window', value: 4321 } as const];
    await lab
      .middlebox('router', 'target')
      .configure({ delayMs: 50, dropFirstSyns: 1, rules: [{ direction: 'forward', flags: 'S', actions: rewrite }] });
    const before = await lab.capture('router', device('target'));
    const after = await lab.capture('target', device('router'));
    expect(await lab.runOk('client', connecting(80))).toBe('connected\n');
    await Promise.all([before.sync(), after.sync()]);
    const sent = synsTo(before.path, TARGET);
    const [arrived, ...more] = synsTo(after.path, TARGET);
    expect(sent).toHaveLength(2);
    expect(more).toEqual([]);
    expect(arrived).toMatchObject({ window: 4321, ipChecksumGood: true, tcpChecksumGood: true });
    expect(arrived?.options).toMatch(/^020405b40101080a/);
    const answered = readSegments(before.path).find(({ flags }) => flags === 0x12);
    const roundTrip = (answered?.atMs ?? 0) - (sent[1]?.atMs ?? 0);
    expect(roundTrip).toBeGreaterThanOrEqual(100);
    expect(roundTrip).toBeLessThan(130);
  });
});
