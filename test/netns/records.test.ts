import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { untilSays, type Running } from './child.ts';
import { serveApplications } from './handshakes.ts';
import { jsonLines } from './json-lines.ts';
import { createLab, type Lab } from './lab.ts';
import { labSuite } from './suite.ts';
import { command, startSynscope } from './synscope.ts';
import { chain, routed, TARGET } from './topology.ts';

const TOKEN = ['--token', 'a token of twenty or so'];
const RESPONDER = ['--responder', ...TOKEN, '--retries', '0'];
const SYNS = 'tcp flags syn / syn,ack tcp dport';

/** 80 speaks HTTP, 81 is closed, 82 and 83 never answer, 84 is clamped, 85 is rejected, 86 cannot be sent to, 4000 has a responder. */
const PORTS = '80-86';

/** Command line, types of records in their order, exit code. */
const RUNS: readonly (readonly [string, string, number])[] = [
  [`probe ${TARGET} -p ${PORTS} --retries 0`, 'run port summary', 0],
  [`probe ${TARGET} -p ${PORTS} --retries 0 --expect open --expect-mss <=1300 --count 2`, 'run port summary', 1],
  [`probe ${TARGET} -p 80 --dry-run`, 'packet', 0],
  [`probe ${TARGET} -p 4000-4002 RESPONDER`, 'run port summary', 0],
  [`path ${TARGET} -p 84 --vary`, 'run hop path summary', 0],
  [`path ${TARGET} -p 82 --retries 0 --max-ttl 3`, 'run hop path summary', 0],
  [`path ${TARGET} -p 4000 RESPONDER`, 'run hop path summary', 0],
  [`mss ${TARGET} -p 80,81,84,86`, 'run mss summary', 0],
  [`mss ${TARGET} -p 84 --expect 1460`, 'run mss summary', 1],
  [`mss ${TARGET} -p 4000 RESPONDER`, 'run mss summary', 0],
  [`handshake ${TARGET} -p 86 --repeat 2`, 'run handshake summary', 0],
  [`handshake ${TARGET} -p 80,81 --fast-open --path-mtu --ecn --repeat 3`, 'run segment handshake summary', 0],
  [`handshake ${TARGET} -p 82 --retries 0 --expect established`, 'run segment handshake summary', 1],
  [`firewall ${TARGET} -p ${PORTS} --retries 0`, 'run firewall summary', 0],
  [`firewall ${TARGET} -p 82 --retries 0 --expect open`, 'run firewall summary', 1],
  [`doctor ${TARGET} no-such-name.invalid`, 'doctor', 0],
];

/** Types in the order in which they first come. */
function types(records: readonly { readonly type: string }[]): string {
  return [...new Set(records.map(({ type }) => type))].join(' ');
}

labSuite('what every command prints with --json is as declared', () => {
  let lab: Lab;
  let responder: Running;
  beforeAll(async () => {
    const router = chain('forward', [
      'tcp dport 82-83 drop',
      `${SYNS} { 84, 4001 } tcp option maxseg size set 1300`,
      'tcp dport 85 reject with icmp type admin-prohibited',
      `${SYNS} 4002 drop`,
    ]);
    const client = chain('output', ['tcp dport 86 drop']);
    lab = await createLab(routed({ client: { nft: client }, router: { nft: router }, target: { listen: [84] } }));
    await serveApplications(lab, 'target', { http: [80] });
    responder = startSynscope(lab, 'target', ['respond', '--listen-ports', '4000-4002', ...TOKEN]);
    await untilSays(responder, '"type":"run"');
  });
  afterAll(() => lab?.close());

  it.each(RUNS)('%s', async (line, expected, code) => {
    const args = line.split(' ').flatMap((word) => (word === 'RESPONDER' ? RESPONDER : word));
    const finished = await lab.run('client', command(args));
    expect(`${finished.code} ${finished.stderr}`).toMatch(new RegExp(`^${code} `));
    expect(types(jsonLines(finished.stdout))).toBe(expected);
  });

  it.each([
    ['probe', 'run port summary'],
    ['path', 'run path summary'],
    ['mss', 'run mss summary'],
    ['handshake', 'run handshake summary'],
    ['firewall', 'run firewall summary'],
  ])('%s without a route', async (name, expected) => {
    const { code, stdout } = await lab.run('client', command([name, '203.0.113.7', '-p', '80']));
    expect(code).toBe(4);
    expect(types(jsonLines(stdout))).toBe(expected);
  });

  it.each([
    ['probe', 'run port summary'],
    ['path', 'run hop path summary'],
    ['mss', 'run mss summary'],
    ['handshake', 'run segment handshake summary'],
    ['firewall', 'run firewall summary'],
  ])('%s, interrupted', async (name, expected) => {
    const running = startSynscope(lab, 'client', [name, TARGET, '-p', '82', '--timeout', '5000']);
    await untilSays(running, '"type":"run"');
    running.process.kill('SIGINT');
    const { code, stdout } = await running.finished;
    const records = jsonLines(stdout);
    expect(code).toBe(130);
    expect(records.at(-1)).toMatchObject({ type: 'summary', interrupted: true });
    expect(expected.split(' ')).toEqual(expect.arrayContaining(types(records).split(' ')));
  });

  describe('respond', () => {
    it('from its start to Ctrl-C', async () => {
      responder.process.kill('SIGINT');
      const { stdout } = await responder.finished;
      expect(types(jsonLines(stdout))).toBe('run attempt summary');
    });
  });
});
