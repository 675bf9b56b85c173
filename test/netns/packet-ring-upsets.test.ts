import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { until } from './child.ts';
import { createLab, device, type Lab } from './lab.ts';
import { range } from './plan.ts';
import { labSuite, tunSuite } from './suite.ts';
import { BIN, command, parsed, synscope, tally, type Result } from './synscope.ts';
import { asOrdinaryUser, withinReach } from './ordinary-user.ts';
import { chain, direct, routed, TARGET } from './topology.ts';

const PATHS = ['raw-ip', 'af-xdp', 'af-packet'] as const;
const FRAMES = ['af-xdp', 'af-packet'] as const;
const MANY_RUNS = fileURLToPath(new URL('programs/many-runs.mjs', import.meta.url));
const NEAR = device('target');
const FAR = device('client');
/** A second of probing without faults. */
const PORTS = '1-10000';
const RATE = '10000';
const RIGHT = { 'open syn-ack': 1, 'closed rst': 9999 };

labSuite('what happens to the packet ring in mid-run', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await createLab(direct({ target: { listen: [80] } }));
    return () => lab.close();
  });

  /** Calls `upset` after the first answers. */
  async function upset(path: string, what: () => Promise<unknown>): Promise<Result> {
    const asked = ['--engine', 'packet-ring', '--send-path', path, '--rate', RATE, '-p', PORTS];
    const running = lab.start('client', command([TARGET, ...asked]));
    await until('the first answers', () => running.stdout().length > 20_000);
    await what();
    const result = parsed(await running.finished);
    expect(result.run.sendPath.name).toBe(path);
    expect(result.summary.filtered).toBe(0);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    return result;
  }

  function ip(host: string, ...words: readonly string[]): Promise<string> {
    return lab.runOk(host, ['ip', ...words]);
  }

  /** The process id of a process in that host's namespace. */
  async function placed(host: string): Promise<number> {
    const process = lab.start(host, ['sh', '-c', 'echo here; exec sleep 60']);
    await until('a process in the namespace', () => process.stdout() === 'here\n');
    return process.pid;
  }

  /** A second cable takes the name and the address of the first. */
  async function swapCables(): Promise<void> {
    const pid = await placed('target');
    await ip('client', 'link', 'add', 'spare0', 'up', 'type', 'veth', 'peer', 'name', 'spare1', 'netns', `${pid}`);
    await ip('target', 'address', 'add', `${TARGET}/24`, 'dev', 'spare1');
    await ip('target', 'link', 'set', 'spare1', 'up');
    const lines = [`link del ${NEAR}`, `link set spare0 name ${NEAR}`, `address add 10.81.2.1/24 dev ${NEAR}`];
    await lab.runOk('client', ['ip', '-batch', '-'], `${lines.join('\n')}\n`);
  }

  it.each([
    ...PATHS.map((path) => [path, 'down', ['link', 'set', NEAR, 'down']] as const),
    ...PATHS.map((path) => [path, 'gone', ['link', 'del', NEAR]] as const),
    ['af-xdp', 'gone', ['link', 'set', NEAR, 'name', 'another']] as const,
  ])('%s, the interface is %s by %j: exit 4, no port is judged by its silence', async (path, state, words) => {
    const result = await upset(path, () => ip('client', ...words));
    expect(result.code).toBe(4);
    expect(result.stderr).toContain(`interface ${NEAR} is ${state}`);
    expect(result.summary.closed).toBeLessThan(9999);
    for (const { state: found, port } of result.ports.filter((record) => record.state !== 'error')) {
      expect(found).toBe(port === 80 ? 'open' : 'closed');
    }
  });

  it.each(FRAMES)('%s, another interface takes the name: the raw socket from then on', async (path) => {
    const result = await upset(path, swapCables);
    expect(result.code).toBe(0);
    // Each frame for the old one would fail with ENXIO.
    expect(tally(result)['error send-error:ENXIO'] ?? 0).toBeLessThan(512);
    expect(result.summary.closed).toBeGreaterThan(5000);
  });

  it.each(FRAMES)('%s, the neighbour gets another address: no port is lost, and few SYNs', async (path) => {
    const mac = '02:00:00:00:00:77';
    const moved = async (): Promise<void> => {
      await ip('target', 'link', 'set', FAR, 'address', mac);
      await ip('client', 'neigh', 'replace', TARGET, 'lladdr', mac, 'nud', 'reachable', 'dev', NEAR);
    };
    const result = await upset(path, moved);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(tally(result)).toEqual(RIGHT);
    // Routes are looked up every 50 ms, in which 500 SYNs are sent.
    expect(result.summary.probesSent).toBeLessThan(11_500);
  });

  it.each(PATHS)('%s, the route changes to another interface: packets follow it', async (path) => {
    const cable = ['link', 'add', 'other0', 'type', 'veth', 'peer', 'name', 'far0', 'netns'];
    const pid = await placed('target');
    await ip('client', ...cable, `${pid}`);
    await ip('client', 'link', 'set', 'other0', 'up');
    await ip('target', 'link', 'set', 'far0', 'up');
    await ip('client', 'address', 'add', '10.81.3.1/24', 'dev', 'other0');
    await ip('target', 'address', 'add', '10.81.3.2/24', 'dev', 'far0');
    const result = await upset(path, () => ip('client', 'route', 'add', TARGET, 'via', '10.81.3.2', 'dev', 'other0'));
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(tally(result)).toEqual(RIGHT);
    const counter = ['cat', '/sys/class/net/other0/statistics/tx_packets'];
    expect(Number(await lab.runOk('client', counter))).toBeGreaterThan(1000);
  });
});

labSuite('packet rings beside and after each other', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(direct({ target: { listen: [80] } }));
  });
  afterAll(() => lab?.close());

  it('two at once: the second AF_XDP finds the queue taken, and both are right', async () => {
    const first = lab.start('client', command([TARGET, '-p', PORTS, '--rate', RATE, '--send-path', 'af-xdp']));
    await until('the first answers', () => first.stdout().length > 20_000);
    const [second, refused] = await Promise.all([
      synscope(lab, 'client', [TARGET, '-p', '1-2000', '--rate', 'max']),
      lab.run('client', [process.execPath, BIN, TARGET, '-p', '1', '--send-path', 'af-xdp']),
    ]);
    expect(second.run.sendPath).toMatchObject({ name: 'af-packet', why: expect.stringContaining('EBUSY') as string });
    expect(tally(second)).toEqual({ 'open syn-ack': 1, 'closed rst': 1999 });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/--send-path af-xdp: .*EBUSY/);
    expect(tally(parsed(await first.finished))).toEqual(RIGHT);
  });

  it('one after the other, some aborted: the number of descriptors, sockets and mappings does not grow', async () => {
    const dist = join(dirname(BIN), '..');
    const said = await lab.runOk('client', [process.execPath, MANY_RUNS, dist, TARGET, '10']);
    const ways = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ManyRuns);
    expect(ways.map(({ sendPath }) => sendPath)).toEqual([...PATHS]);
    for (const { before, after } of ways) {
      expect(after.descriptors).toBe(before.descriptors);
      expect([before.packetSockets, after.packetSockets]).toEqual([0, 0]);
      expect([before.socketMappings, after.socketMappings]).toEqual([0, 0]);
      // A ring maps 16 MiB per run; V8's heap may grow a little.
      expect(after.megabytes - before.megabytes).toBeLessThan(100);
    }
  });

  it.for(PATHS)('%s: an ordinary user with CAP_NET_RAW alone may', async (path, { skip }) => {
    skip(!lab.realRoot);
    const args = [TARGET, '-p', '79-1078', '--send-path', path, '--json'];
    const result = parsed(await lab.run('client', asOrdinaryUser('-all,+net_raw', [withinReach(BIN), ...args])));
    expect(result).toMatchObject({ code: 0, stderr: '', run: { sendPath: { name: path } } });
    expect(tally(result)).toEqual({ 'open syn-ack': 1, 'closed rst': 999 });
  });
});

interface ManyRuns {
  readonly sendPath: string;
  readonly before: Readonly<Record<'descriptors' | 'packetSockets' | 'socketMappings' | 'megabytes', number>>;
  readonly after: ManyRuns['before'];
}

tunSuite('a packet ring on a hard path', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(routed({ target: { listen: range(3000, 200) }, middlebox: {} }));
  });
  afterAll(() => lab?.close());

  const right = (result: Result): void => {
    expect(tally(result)).toEqual({ 'open syn-ack': 200, 'closed rst': result.ports.length - 200 });
    expect(result.ports.every(({ state, port }) => (state === 'open') === (port >= 3000 && port < 3200))).toBe(true);
  };

  it.each(['raw-ip', 'af-xdp'])('%s, a round trip of 300 ms: 3000 ports are right', async (path) => {
    await lab.middlebox('router', 'target').configure({ delayMs: 150 });
    right(await synscope(lab, 'client', [TARGET, '-p', '1001-4000', '--send-path', path]));
  });

  it.each(['raw-ip', 'af-xdp'])('%s, a SYN or its answer in ten is lost: 2000 ports are right', async (path) => {
    await lab.middlebox('router', 'target').configure({ loss: 0.0513, seed: 11 });
    right(await synscope(lab, 'client', [TARGET, '-p', '2001-4000', '--send-path', path]));
  });
});

labSuite('a packet ring behind limits', () => {
  let lab: Lab;
  beforeAll(async () => {
    const police = chain('forward', ['tcp flags syn / syn,ack limit rate over 2000/second burst 50 packets drop']);
    const few = ['tcp sport >= 20000 tcp flags & rst == rst limit rate over 1500/second burst 50 packets drop'];
    lab = await createLab(routed({ target: { listen: range(3000, 200), nft: chain('output', few) }, router: { nft: police } }));
  });
  afterAll(() => lab?.close());

  it.each(['raw-ip', 'af-xdp'])('%s, a policer of 2000 SYNs a second: 4000 ports are right', async (path) => {
    const result = await synscope(lab, 'client', [TARGET, '-p', '1001-5000', '--send-path', path]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(tally(result)).toEqual({ 'open syn-ack': 200, 'closed rst': 3800 });
  });

  it.each(['af-xdp'])('%s, a target that sends 1500 RSTs a second: 3000 ports are right', async (path) => {
    const result = await synscope(lab, 'client', [TARGET, '-p', '20000-22999', '--send-path', path]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(tally(result)).toEqual({ 'closed rst': 3000 });
  });
});
