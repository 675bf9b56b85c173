import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untilSays } from './child.ts';
import { createLab, type Lab } from './lab.ts';
import { labSuite } from './suite.ts';
import { asOrdinaryUser, withinReach } from './ordinary-user.ts';
import { BIN, onEngine, parsed, startSynscope, synscope, verdict } from './synscope.ts';
import { chain, routed, TARGET } from './topology.ts';

const TRACE = /\n\s+at /;

/** The command line of `synscope ARGS` as uid 1000 with only these capabilities. */
function asUser(capabilities: string, args: readonly string[]): readonly string[] {
  return asOrdinaryUser(capabilities, [withinReach(BIN), ...onEngine(args)]);
}

labSuite('permissions', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(routed({ target: { listen: [80], nft: chain('input', ['tcp dport 7000-7999 drop']) } }));
    if (!lab.realRoot) console.log('tests as another user are skipped: they need root');
  });
  afterAll(() => lab?.close());

  it('an ordinary user with CAP_NET_RAW alone may', async (context) => {
    context.skip(!lab.realRoot);
    const result = parsed(await lab.run('client', asUser('-all,+net_raw', [TARGET, '-p', '80,81', '--json'])));
    expect(result.code).toBe(0);
    expect(verdict(result.port(80))).toBe('open syn-ack');
    expect(verdict(result.port(81))).toBe('closed rst');
  });

  it('an ordinary user without may not: exit 3, and how to get it', async (context) => {
    context.skip(!lab.realRoot);
    const { code, stdout, stderr } = await lab.run('client', asUser('-all', [TARGET, '-p', '80', '--json']));
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain('CAP_NET_RAW');
    for (const way of ['sudo', 'setcap', '--cap-add']) expect(stderr).toContain(way);
    expect(stderr).not.toMatch(TRACE);
  });

  it('an ordinary user without may still ask for --dry-run and --help', async (context) => {
    context.skip(!lab.realRoot);
    for (const args of [['--help'], ['10.1.2.3', '-p', '80', '--dry-run']]) {
      const { code, stderr } = await lab.run('client', asUser('-all', args));
      expect({ code, stderr }).toMatchObject({ code: 0 });
    }
  });

  it('root is dropped once the sockets are open', async (context) => {
    context.skip(!lab.realRoot);
    const running = startSynscope(lab, 'client', [TARGET, '-p', '80,7000-7999', '--no-randomize', '--timeout', '5000']);
    await untilSays(running, '"port":80,');
    const status = readFileSync(`/proc/${running.pid}/status`, 'utf8');
    running.process.kill('SIGINT');
    await running.finished;
    const ids = (field: string): readonly number[] =>
      (new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '').split(/\s+/).map(Number);
    for (const field of ['Uid', 'Gid']) for (const id of ids(field)) expect({ field, id }).not.toEqual({ field, id: 0 });
    expect(/^CapEff:\s+(\w+)$/m.exec(status)?.[1]).toMatch(/^0+$/);
    expect(/^Groups:\s*(.*?)\s*$/m.exec(status)?.[1]?.split(' ')).not.toContain('0');
  });

  describe('exit codes', () => {
    const usage: readonly (readonly [readonly string[], string])[] = [
      [[], ''],
      [['10.81.2.999', '-p', '80'], '10.81.2.999'],
      [['no.such.host.invalid', '-p', '80'], 'no.such.host.invalid'],
      [[TARGET, '-p', '0'], '0'],
      [[TARGET, '-p', '65536'], '65536'],
      [[TARGET, '-p', '90-80'], '90-80'],
      [[TARGET, '-p', ''], ''],
      [[TARGET, '-p', 'nosuchservice'], 'nosuchservice'],
      [[TARGET, '-p', '80', '--options', 'mss=99999'], 'mss=99999'],
      [[TARGET, '-p', '80', '--options', 'bogus'], 'bogus'],
      [[TARGET, '-p', '80', '--options', `raw=${'01'.repeat(41)}`], '01'],
      [[TARGET, '-p', '80', '--interface', 'nosuch0'], 'nosuch0'],
      [[TARGET, '-p', '80', '--targets-file', '/nosuch/file'], '/nosuch/file'],
      [[TARGET, '-p', '80', '--ttl', '256'], '256'],
      [[TARGET, '-p', '80', '--timeout', 'soon'], 'soon'],
      [[TARGET, '-p', '80', '--shard', '3/2'], '3/2'],
      [[TARGET, '-p', '80', '--engine', 'warp'], 'warp'],
      [[TARGET, '-p', '80', '--payload', 'xyz'], 'xyz'],
      [[TARGET, '-p', '80', '--nosuchflag'], 'nosuchflag'],
    ];

    it.each(usage)('2 for %j, quoting what is wrong', async (args, quoted) => {
      const { code, stdout, stderr } = await lab.run('client', [process.execPath, BIN, ...args]);
      expect({ code, stderr }).toMatchObject({ code: 2 });
      expect(stdout).toBe('');
      expect(stderr).toContain(quoted);
      expect(stderr).not.toMatch(TRACE);
      expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
    });

    it.each([
      [['-p', '80', '--expect', 'open'], 0],
      [['-p', '80,81', '--expect', 'open'], 1],
      [['-p', '81', '--expect', 'rst'], 0],
      [['-p', '80', '--expect-mss', '1460'], 0],
      [['-p', '80', '--expect-mss', '<=1400'], 1],
      [['-p', '80', '--expect-options', 'mss,sackOK,ts,wscale'], 0],
      [['-p', '80', '--expect-options', 'mss,tfo'], 1],
      [['-p', '80', '--expect-rtt', '<=1000'], 0],
      [['-p', '80', '--expect-rtt', '<=0.000001'], 1],
    ] as const)('%j: %i', async (args, code) => {
      const result = await synscope(lab, 'client', [TARGET, ...args]);
      expect(result).toMatchObject({ code });
      const missed = result.ports.filter(({ expectation }) => expectation?.met === false);
      expect(missed.length > 0).toBe(code === 1);
      expect(result.stderr.split('\n').filter((line) => line !== '')).toHaveLength(missed.length);
      for (const { expectation } of result.ports) expect(expectation).not.toBeNull();
    });
  });
});
