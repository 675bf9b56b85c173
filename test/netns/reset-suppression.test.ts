import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until, untilSays, type Running } from './child.ts';
import { createLab, device, type Capture, type Lab } from './lab.ts';
import { asOrdinaryUser, withinReach } from './ordinary-user.ts';
import { readSegments, type SeenSegment } from './pcap.ts';
import { labSuite } from './suite.ts';
import { direct, TARGET } from './topology.ts';

const PROGRAM = fileURLToPath(new URL('programs/half-open.mjs', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const SOURCE = '10.81.2.1';
/** The target sends its SYN-ACK three times: at once, after one second and after two more. */
const SYNACK_RETRIES = 2;
const OPEN = 80;
const ALSO_OPEN = 81;
const SYN_ACK = 0x12;
const RST = 0x04;

/** One source port for each way of holding it. */
const Port = { suppressed: 61_001, suppressedByUser: 61_002, reserved: 61_003, unheld: 61_004 } as const;

type Way = keyof typeof Port;

const WAYS: Readonly<Record<Way, string>> = {
  suppressed: 'suppress',
  suppressedByUser: 'suppress',
  reserved: 'reserve',
  unheld: 'none',
};

labSuite('reset suppression', () => {
  let lab: Lab;
  let capture: Capture;
  const programs = new Map<Way, Running>();

  const commandOf = (way: Way, path: (of: string) => string): readonly string[] => [
    path(PROGRAM),
    path(DIST),
    WAYS[way],
    String(Port[way]),
    SOURCE,
    TARGET,
  ];

  async function begin(way: Way): Promise<void> {
    const argv =
      way === 'suppressedByUser'
        ? asOrdinaryUser('-all,+net_raw', commandOf(way, withinReach))
        : [process.execPath, ...commandOf(way, (path) => path)];
    const program = lab.start('client', argv);
    await untilSays(program, `ready ${Port[way]}`);
    programs.set(way, program);
  }

  async function order(way: Way, line: string): Promise<void> {
    const program = programs.get(way) as Running;
    const before = program.stdout().length;
    program.process.stdin.write(`${line}\n`);
    await untilSays(program, 'done', before);
  }

  /** The packets of a source port on the client's interface, in order. */
  async function seen(way: Way): Promise<readonly SeenSegment[]> {
    await capture.sync();
    return readSegments(capture.path).filter((segment) => [segment.sourcePort, segment.destinationPort].includes(Port[way]));
  }

  const synAcks = (segments: readonly SeenSegment[], port: number): readonly SeenSegment[] =>
    segments.filter((segment) => segment.sourcePort === port && (segment.flags & SYN_ACK) === SYN_ACK);
  const resets = (segments: readonly SeenSegment[], port: number): readonly SeenSegment[] =>
    segments.filter((segment) => segment.destinationPort === port && (segment.flags & RST) !== 0);

  beforeAll(async () => {
    const target = { listen: [OPEN, ALSO_OPEN], sysctl: { 'net.ipv4.tcp_synack_retries': SYNACK_RETRIES } };
    lab = await createLab(direct({ target }));
    capture = await lab.capture('client', device('target'));
    const ways = (Object.keys(Port) as Way[]).filter((way) => lab.realRoot || way !== 'suppressedByUser');
    if (!lab.realRoot) console.log('suppression as another user is skipped: it needs root');
    await Promise.all(ways.map(begin));
    await Promise.all(ways.map((way) => order(way, `syn ${OPEN}`)));
    const suppressed = ways.filter((way) => WAYS[way] === 'suppress');
    await until('every SYN-ACK of the target', async () => {
      const segments = await Promise.all(suppressed.map(seen));
      return segments.every((each) => synAcks(each, OPEN).length > SYNACK_RETRIES);
    });
  });
  afterAll(() => lab?.close());

  describe.each(['suppressed', 'suppressedByUser'] as const)('a port whose resets are %s', (way) => {
    it('gets the SYN-ACK and all its retransmissions, and no RST leaves', async (context) => {
      context.skip(!programs.has(way));
      const segments = await seen(way);
      expect(synAcks(segments, OPEN)).toHaveLength(1 + SYNACK_RETRIES);
      expect(segments.filter((segment) => segment.destinationPort === OPEN)).toHaveLength(1);
      expect(resets(segments, OPEN)).toEqual([]);
    });

    it('returns to the kernel once released: a SYN-ACK is answered with RST', async (context) => {
      context.skip(!programs.has(way));
      await order(way, 'release');
      await order(way, `syn ${ALSO_OPEN}`);
      await until('the reset', async () => resets(await seen(way), ALSO_OPEN).length > 0);
      const segments = await seen(way);
      expect(synAcks(segments, ALSO_OPEN)).toHaveLength(1);
      expect(resets(segments, ALSO_OPEN)[0]).toMatchObject({ source: SOURCE, sequence: 1_000_000 + ALSO_OPEN + 1 });
      expect(resets(segments, OPEN)).toEqual([]);
    });
  });

  it.each(['reserved', 'unheld'] as const)('control: from a port that is %s the kernel sends RST', async (way) => {
    const segments = await seen(way);
    expect(synAcks(segments, OPEN)).toHaveLength(1);
    expect(resets(segments, OPEN)).toHaveLength(1);
  });

  it('keeps the kernel from handing the port out', async () => {
    const [first, last] = [61_020, 61_023];
    const range = { 'net.ipv4.ip_local_port_range': `${first} ${last}` };
    await lab.sysctl('client', range);
    const holder = lab.start('client', [process.execPath, PROGRAM, DIST, 'suppress', String(first + 1), SOURCE, TARGET]);
    await untilSays(holder, 'ready');
    const handedOut = async (): Promise<unknown> => JSON.parse(await lab.runOk('client', [process.execPath, '-e', TAKE_ALL]));
    expect(await handedOut()).toEqual({ bound: [first, first + 2, last], connected: [first, first + 2, last] });
    holder.process.stdin.write('release\n');
    await untilSays(holder, 'done');
    expect(await handedOut()).toMatchObject({ bound: [first, first + 1, first + 2, last] });
  });

  it('is refused for a privileged port without CAP_NET_BIND_SERVICE', async (context) => {
    context.skip(!lab.realRoot);
    const command = [withinReach(PROGRAM), withinReach(DIST), 'suppress', '443', SOURCE, TARGET];
    const { code, stdout, stderr } = await lab.run('client', asOrdinaryUser('-all,+net_raw', command));
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('not-permitted: suppressing the resets of source port 443: binding it needs CAP_NET_BIND_SERVICE');
  });
});

/** Has the kernel choose ports until none is left: for listening, then for connections. */
const TAKE_ALL = `
const net = require('node:net');
const open = [];
const ports = { bound: [], connected: [] };
const next = (kind, make) => new Promise((resolve) => {
  const it = make();
  open.push(it);
  it.on('error', () => resolve(false));
  it.on(kind === 'bound' ? 'listening' : 'connect', () => {
    ports[kind].push(kind === 'bound' ? it.address().port : it.localPort);
    resolve(true);
  });
});
const all = async (kind, make) => {
  for (let tries = 0; tries < 6 && (await next(kind, make)); tries++);
  ports[kind].sort();
  for (const it of open.splice(0)) it.destroy ? it.resetAndDestroy() : it.close();
};
(async () => {
  await all('bound', () => net.createServer().listen(0, '0.0.0.0'));
  await all('connected', () => net.connect(${OPEN}, '${TARGET}'));
  console.log(JSON.stringify(ports));
})();
`;
