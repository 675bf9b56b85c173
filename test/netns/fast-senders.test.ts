import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLab, device, type Lab } from './lab.ts';
import { readSegments } from './pcap.ts';
import { labSuite } from './suite.ts';
import { chain, direct, TARGET } from './topology.ts';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const PROGRAM = fileURLToPath(new URL('programs/fast-send.mjs', import.meta.url));
const CLIENT = '10.81.2.1';
const NEAR = device('target');
const COUNT = 3000;
/** The user nobody with CAP_NET_RAW alone and little memory to lock. */
const POOR = [
  'prlimit',
  '--memlock=300000',
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--inh-caps=-all,+net_raw',
  '--ambient-caps=-all,+net_raw',
];

interface Outcome {
  readonly path: string;
  readonly why: string;
  readonly errors: Readonly<Record<string, number>>;
  readonly raws: number;
  readonly left: number;
}

labSuite('fast senders', () => {
  let lab: Lab;
  beforeAll(async () => {
    if (!existsSync(`${DIST}/engine/packet-ring/ethernet-sender.js`)) throw new Error('dist is not built: npm run build');
    lab = await createLab(direct({ target: { nft: chain('input', ['drop']) } }));
  });
  afterAll(async () => {
    await lab?.close();
  });

  async function neighbour(): Promise<void> {
    const mac = (await lab.runOk('target', ['cat', `/sys/class/net/${device('client')}/address`])).trim();
    await lab.runOk('client', ['ip', 'neigh', 'replace', TARGET, 'lladdr', mac, 'nud', 'permanent', 'dev', NEAR]);
  }

  async function send(path: string, before: readonly string[] = []): Promise<Outcome> {
    const argv = [...before, process.execPath, PROGRAM, DIST, NEAR, CLIENT, TARGET, `${COUNT}`, path];
    return JSON.parse(await lab.runOk('client', argv)) as Outcome;
  }

  /** Sends, and compares what arrived, in order, with what was sent. */
  async function sendAndSee(path: string, before: readonly string[] = []): Promise<Outcome> {
    await neighbour();
    const capture = await lab.capture('target', device('client'));
    const outcome = await send(path, before);
    await capture.sync();
    const seen = readSegments(capture.path).filter((segment) => segment.sourcePort === 40000);
    expect(seen.map((segment) => segment.destinationPort)).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
    expect(seen.every((segment) => segment.ipChecksumGood && segment.tcpChecksumGood)).toBe(true);
    expect(new Set(seen.map((segment) => `${segment.source} ${segment.destination} ${segment.options}`))).toEqual(
      new Set([`${CLIENT} ${TARGET} 020405b4`]),
    );
    expect(outcome).toMatchObject({ errors: { 0: COUNT }, left: 0 });
    return outcome;
  }

  test('AF_XDP delivers every packet, the first through the kernel', async () => {
    const { path, why, raws } = await sendAndSee('best');
    expect([path, raws]).toEqual(['af-xdp', 1]);
    expect(why).toContain('copy mode');
  });

  test('AF_PACKET where the queue is taken, and says why', async () => {
    const { path, why, raws } = await sendAndSee('packet');
    expect([path, raws]).toEqual(['af-packet', 1]);
    expect(why).toContain('EBUSY');
  });

  test('AF_XDP needs CAP_NET_RAW alone, and little locked memory', async (context) => {
    context.skip(!lab.realRoot);
    const { path } = await sendAndSee('best', POOR);
    expect(path).toBe('af-xdp');
  });

  test('an interface that goes down is an error, and nothing is lost silently', async () => {
    await neighbour();
    const capture = await lab.capture('target', device('client'));
    const { errors } = await send('down');
    await lab.runOk('client', ['ip', 'link', 'set', NEAR, 'up']);
    await capture.sync();
    const seen = readSegments(capture.path).filter((segment) => segment.sourcePort === 40000);
    expect(seen).toHaveLength(errors[0] ?? 0);
    expect(seen.length).toBeLessThan(COUNT);
    expect(Object.keys(errors)).not.toEqual(['0']);
    expect(Object.values(errors).reduce((sum, count) => sum + count, 0)).toBe(COUNT);
  });
});
