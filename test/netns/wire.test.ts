import { copyFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isInstalled, run, until } from './child.ts';
import { createLab, device, type Capture, type Lab } from './lab.ts';
import { readSegments, synsTo, type SeenSegment } from './pcap.ts';
import { range } from './plan.ts';
import { labSuite } from './suite.ts';
import { BIN, synscope, tally, type Result } from './synscope.ts';
import { chain, routed, TARGET } from './topology.ts';
import { compareWithTshark } from '../vectors/agreement.ts';

const tshark = await isInstalled('tshark');
if (!tshark) console.log('tshark is not installed: the captures are read by this test’s own decoder alone');

/** `--options` text and the expected bytes on the wire; XX: chosen by the program. */
const OPTIONS: readonly (readonly [string, string])[] = [
  ['none', ''],
  ['mss=1460', '020405b4'],
  ['mss=536,sackOK,nop,nop', '02040218 0402 0101'],
  ['mss=1460,sackOK,ts,nop,wscale=7', '020405b4 0402 080aXXXXXXXX00000000 01 030307'],
  ['wscale=14,nop,mss=65535', '03030e 01 0204ffff'],
  ['ts=305419896,nop,nop', '080a1234567800000000 0101'],
  ['sackOK,eol', '0402 0000'],
  ['mss=1400,nop,nop,tfo', '02040578 0101 2202'],
  ['nop,nop,tfo=0011223344556677', '0101 220a0011223344556677'],
  ['exp=f989:0011', 'f[de]06f9890011 0000'],
  ['kind=200:deadbeef,nop,nop', 'c806deadbeef 0101'],
  ['raw=0204ffff0101', '0204ffff0101 0000'],
  ['nop,nop,nop,nop', '01010101'],
];

const PROFILES: readonly (readonly [string, { readonly options: string; readonly ttl: number; readonly window?: number }])[] = [
  ['linux', { options: '020405b4 0402 080aXXXXXXXX00000000 01 0303XX', ttl: 64, window: 64_240 }],
  ['windows', { options: '020405b4 01 030308 0101 0402', ttl: 128 }],
  ['macos', { options: '020405b4 01 0303XX 0101 080aXXXXXXXX00000000 0402 0000', ttl: 64, window: 65_535 }],
  ['freebsd', { options: '020405b4 01 0303XX 0402 080aXXXXXXXX00000000', ttl: 64, window: 65_535 }],
];

/** A flag and the expected SYN at the target, one router further. */
const FLAGS: readonly (readonly [readonly string[], Partial<SeenSegment>])[] = [
  [['--ttl', '9'], { ttl: 8 }],
  [['--dscp', '46'], { tos: 46 << 2 }],
  [['--ecn'], { flags: 0xc2 }],
  [['--window', '1234'], { window: 1234 }],
  [['--seq', '4294967295'], { sequence: 4_294_967_295 }],
  [['--ip-id', '4660'], { ipId: 4660 }],
  [['--df'], { dontFragment: true }],
  [['--no-df'], { dontFragment: false }],
  [['--payload', '48656c6c6f'], { payload: '48656c6c6f' }],
  [['--source-port', '20500'], { sourcePort: 20_500 }],
  [['--source-ip', '10.81.1.9'], { source: '10.81.1.9' }],
];

function asPattern(hex: string): RegExp {
  return new RegExp(`^${hex.replaceAll(' ', '').replaceAll('X', '[0-9a-f]')}$`);
}

labSuite('every SYN on the wire', () => {
  let lab: Lab;
  let capture: Capture;
  beforeAll(async () => {
    lab = await createLab(
      routed({ target: { listen: range(80, 3), nft: chain('input', ['tcp dport 90 drop']) }, offloads: false }),
    );
    await lab.runOk('client', ['ip', 'address', 'add', '10.81.1.9/24', 'dev', device('router')]);
    capture = await lab.capture('target', device('router'));
  });
  afterAll(() => lab?.close());

  async function captured(
    args: readonly string[],
  ): Promise<{ readonly result: Result; readonly syns: readonly SeenSegment[]; readonly from: number }> {
    const from = await capture.sync();
    const result = await synscope(lab, 'client', [TARGET, ...args]);
    await capture.sync();
    return { result, syns: synsTo(capture.path, TARGET, from), from };
  }

  it('is whole, asked for once, and from a port of its own outside the ephemeral range', async () => {
    const { result, syns } = await captured(['-p', '80-90', '--timeout', '150', '--retries', '1']);
    expect(tally(result)).toEqual({ 'open syn-ack': 3, 'closed rst': 7, 'filtered no-response': 1 });
    expect(syns).toHaveLength(12);
    expect(syns).toHaveLength(result.summary.probesSent);
    for (const syn of syns) {
      expect(syn).toMatchObject({
        source: '10.81.1.1',
        ttl: 63,
        tos: 0,
        flags: 2,
        payload: '',
        ipChecksumGood: true,
        tcpChecksumGood: true,
      });
      expect(syn.options).toMatch(asPattern('020405b4 0402 080aXXXXXXXX00000000 01 030307'));
      expect(syn.sourcePort < 32_768 || syn.sourcePort > 60_999).toBe(true);
      expect(syn.sourcePort).toBeGreaterThanOrEqual(1024);
    }
    expect(new Set(syns.map(({ sequence }) => sequence)).size).toBe(12);
    const [first, second] = syns.filter(({ destinationPort }) => destinationPort === 90);
    expect(first?.sourcePort).not.toBe(second?.sourcePort);
    await agreesWithTshark(capture.path, syns);
  });

  it('keeps out of another ephemeral range', async () => {
    await lab.sysctl('client', { 'net.ipv4.ip_local_port_range': '1024 50000' });
    const { syns } = await captured(['-p', '80-89']);
    await lab.sysctl('client', { 'net.ipv4.ip_local_port_range': '32768 60999' });
    expect(syns.length).toBeGreaterThan(0);
    for (const { sourcePort } of syns) expect(sourcePort).toBeGreaterThan(50_000);
  });

  it.each(OPTIONS)('--options %s', async (options, hex) => {
    const { syns, result } = await captured(['-p', '80', '--options', options, '--timeout', '150', '--retries', '0']);
    expect(syns).toHaveLength(1);
    expect(syns[0]?.options).toMatch(asPattern(hex));
    expect(syns[0]).toMatchObject({ ipChecksumGood: true, tcpChecksumGood: true });
    expect(verdictOf(result)).toBe('open syn-ack');
  });

  it.each(PROFILES)('--profile %s', async (profile, { options, ...fields }) => {
    const { syns, result } = await captured(['-p', '80', '--profile', profile]);
    expect(syns[0]?.options).toMatch(asPattern(options));
    expect(syns[0]).toMatchObject({ ...fields, ttl: fields.ttl - 1, tcpChecksumGood: true });
    expect(verdictOf(result)).toBe('open syn-ack');
  });

  it.each(FLAGS)('%j', async (args, fields) => {
    const { syns, result } = await captured(['-p', '80', '--retries', '0', ...args]);
    expect(syns).toHaveLength(1);
    expect(syns[0]).toMatchObject({ ...fields, ipChecksumGood: true, tcpChecksumGood: true });
    expect(verdictOf(result)).toBe('open syn-ack');
  });

  it('--badsum: the kernel does not answer', async () => {
    const { syns, result } = await captured(['-p', '80,85', '--badsum', '--timeout', '100', '--retries', '0']);
    expect(syns).toHaveLength(2);
    for (const syn of syns) expect(syn).toMatchObject({ ipChecksumGood: true, tcpChecksumGood: false });
    expect(tally(result)).toEqual({ 'filtered no-response': 2 });
  });

  it.skipIf(!tshark)('our decoders read all of this, SYNs and answers, as tshark does', async () => {
    await capture.sync();
    // Frames keep arriving, such as ARP for a neighbour that was quiet for seconds: both read the same file.
    const still = `${capture.path}.still`;
    await copyFile(capture.path, still);
    const { compared, disagreements } = await compareWithTshark(still);
    expect(disagreements).toEqual([]);
    expect(compared).toBeGreaterThan(100);
  });

  it('leaves nothing half open and no port reserved', async () => {
    const { syns, result, from } = await captured(['-p', '80-82']);
    expect(tally(result)).toEqual({ 'open syn-ack': 3 });
    await until('no half-open connection', async () => (await lab.runOk('target', ['ss', '-Htan', 'state', 'syn-recv'])) === '');
    const resets = readSegments(capture.path, from).filter(
      ({ destination, flags }) => destination === TARGET && (flags & 4) !== 0,
    );
    expect(resets.map(({ destinationPort }) => destinationPort).toSorted((a, b) => a - b)).toEqual([80, 81, 82]);
    for (const { sourcePort } of syns)
      await lab.runOk('client', [
        process.execPath,
        '-e',
        `require('net').createServer().listen(${sourcePort}, () => process.exit(0))`,
      ]);
  });

  it('--dry-run shows what would be sent and sends nothing', async () => {
    const from = await capture.sync();
    const finished = await lab.run('client', [
      process.execPath,
      BIN,
      TARGET,
      '-p',
      '80,81',
      '--dry-run',
      '--seed',
      '3',
      '--options',
      'mss=1000',
    ]);
    await capture.sync();
    const packets = finished.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; port: number; hex: string });
    expect(finished.code).toBe(0);
    expect(
      packets
        .filter(({ type }) => type === 'packet')
        .map(({ port }) => port)
        .toSorted((a, b) => a - b),
    ).toEqual([80, 81]);
    expect(synsTo(capture.path, TARGET, from)).toEqual([]);
  });
});

function verdictOf(result: Result): string {
  return Object.keys(tally(result)).join(', ');
}

/** tshark on the same file: no malformed packet, correct checksums, the same option bytes. */
async function agreesWithTshark(path: string, syns: readonly SeenSegment[]): Promise<void> {
  if (!tshark) return;
  const fields = ['tcp.options', 'tcp.checksum.status', 'ip.checksum.status', 'tcp.seq_raw', '_ws.malformed'].flatMap((field) => [
    '-e',
    field,
  ]);
  const check = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
  const { stdout, stderr, code } = await run([
    'tshark',
    '-n',
    '-r',
    path,
    ...check,
    '-Y',
    `ip.dst == ${TARGET} && tcp.flags == 0x002`,
    '-T',
    'fields',
    ...fields,
  ]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const seen = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  expect(seen.map(([options]) => options)).toEqual(syns.map(({ options }) => options));
  expect(seen.map(([, , , sequence]) => Number(sequence))).toEqual(syns.map(({ sequence }) => sequence));
  for (const [, tcpSum, ipSum, , malformed = ''] of seen) expect([tcpSum, ipSum, malformed]).toEqual(['1', '1', '']);
}
