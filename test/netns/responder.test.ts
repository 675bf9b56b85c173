import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptRecord, RespondRecord, RespondSummaryRecord } from '../../src/records/respond/records.ts';
import { untilSays, type Running } from './child.ts';
import { jsonLines } from './json-lines.ts';
import { createLab, device, type Lab } from './lab.ts';
import { asOrdinaryUser, withinReach } from './ordinary-user.ts';
import { readSegments } from './pcap.ts';
import { labSuite } from './suite.ts';
import { BIN, findings, onEngine, parsed, type Result, startSynscope, synscope } from './synscope.ts';
import { chain, CLIENT, routed, TARGET } from './topology.ts';

const TOKEN = ['--token', 'a token of twenty or so'];
const STRANGERS = fileURLToPath(new URL('programs/strangers.mjs', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const RST = 0x04;

const FORWARD = 'tcp flags syn / syn,ack tcp dport';
const REVERSE = 'tcp flags & (syn | ack) == syn | ack tcp sport';

/** Port, the router's rule for it, and the expected finding. */
const ALTERED: readonly (readonly [number, string, readonly string[]])[] = [
  [4000, `${FORWARD} 4000 reset tcp option sack-perm`, ['option-padded sackOK forward proven']],
  [4001, `${FORWARD} 4001 reset tcp option timestamp`, ['option-padded ts forward proven']],
  [4002, `${FORWARD} 4002 reset tcp option window`, ['option-padded wscale forward proven']],
  [4003, `${FORWARD} 4003 reset tcp option maxseg`, ['option-padded mss forward proven']],
  [4004, `${REVERSE} 4004 reset tcp option sack-perm`, ['option-padded sackOK reverse proven']],
  [4005, `${REVERSE} 4005 reset tcp option timestamp`, ['option-padded ts reverse proven']],
  [4006, `${REVERSE} 4006 reset tcp option window`, ['option-padded wscale reverse proven']],
  [4007, `${FORWARD} 4007 tcp option maxseg size set 1300`, ['mss-clamped mss forward proven']],
  [4008, `${REVERSE} 4008 tcp option maxseg size set 1300`, ['mss-clamped mss reverse proven']],
  [4009, `tcp flags syn tcp dport 4009 tcp option maxseg size set 1200`, ['mss-clamped mss forward proven']],
  [4010, `${FORWARD} 4010 ip dscp set cs1`, ['dscp-changed forward proven']],
];

/** Both directions at once, to different values. */
const BOTH = [`${FORWARD} 4011 tcp option maxseg size set 1300`, `${REVERSE} 4011 tcp option maxseg size set 1200`];

/** Port, the router's rule for it, the responder's status, and the expected finding. */
const BLOCKED: readonly (readonly [number, string, string, readonly string[]])[] = [
  [4012, `${FORWARD} 4012 drop`, 'never-arrived', ['syn-dropped forward proven']],
  [4013, `${REVERSE} 4013 drop`, 'arrived', ['reply-dropped reverse proven']],
  [4014, `${FORWARD} 4014 reject with tcp reset`, 'never-arrived', ['rst-injected forward proven']],
  [4015, `${FORWARD} 4015 reject with icmp type admin-prohibited`, 'never-arrived', ['syn-dropped forward proven']],
];

const CLEAN = [4018, 4019];
const PORTS = '4000-4015,4018,4019';

/** A responder on the target, with its output. */
class Responder {
  readonly #running: Running;

  private constructor(running: Running) {
    this.#running = running;
  }

  static async start(lab: Lab, ports: string, ...more: readonly string[]): Promise<Responder> {
    const running = startSynscope(lab, 'target', ['respond', '--listen-ports', ports, ...TOKEN, ...more]);
    return Responder.ready(running);
  }

  static async ready(running: Running): Promise<Responder> {
    await untilSays(running, '"type":"run"');
    return new Responder(running);
  }

  async end(signal: 'SIGINT' | null = 'SIGINT'): Promise<Ended> {
    if (signal !== null) this.#running.process.kill(signal);
    const { code, stdout, stderr } = await this.#running.finished;
    const records = jsonLines(stdout) as readonly RespondRecord[];
    const attempts = records.filter((record): record is AttemptRecord => record.type === 'attempt');
    return { code, stderr, attempts, summary: records.at(-1) as RespondSummaryRecord };
  }
}

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
  readonly attempts: readonly AttemptRecord[];
  readonly summary: RespondSummaryRecord;
}

/** One second, for machines that are busy with other tests: an attempt that is given up is reset. */
function ask(lab: Lab, ports: string, ...more: readonly string[]): Promise<Result> {
  return synscope(lab, 'client', [TARGET, '-p', ports, '--responder', ...TOKEN, '--retries', '1', ...more]);
}

labSuite('a responder', () => {
  let lab: Lab;
  beforeAll(async () => {
    const rules = [...ALTERED.map(([, rule]) => rule), ...BOTH, ...BLOCKED.map(([, rule]) => rule)];
    lab = await createLab(routed({ router: { nft: chain('forward', rules) } }));
  });
  afterAll(() => lab?.close());

  describe('across a router that alters and blocks', () => {
    let result: Result;
    let ended: Ended;
    let resets: readonly string[];

    beforeAll(async () => {
      const captures = await Promise.all([lab.capture('client', device('router')), lab.capture('target', device('router'))]);
      const responder = await Responder.start(lab, PORTS);
      result = await ask(lab, PORTS);
      ended = await responder.end();
      await Promise.all(captures.map((capture) => capture.sync()));
      resets = captures.flatMap(({ path }) =>
        readSegments(path)
          .filter(({ flags }) => (flags & RST) !== 0)
          .map(({ source, sourcePort, destinationPort }) => `${source}:${sourcePort}>${destinationPort}`),
      );
    });

    it.each(ALTERED)('port %i: %s', (port, _, expected) => {
      expect(findings(result.port(port))).toEqual(expected);
      expect(result.port(port)).toMatchObject({ state: 'open', responder: { status: 'reported' } });
    });

    it('clamped in both directions, to different values', () => {
      const { findings: found } = result.port(4011);
      expect(found).toMatchObject([
        { code: 'mss-clamped', direction: 'forward', sent: 1460, received: 1300, certainty: 'proven' },
        { code: 'mss-clamped', direction: 'reverse', sent: 1460, received: 1200, certainty: 'proven' },
      ]);
    });

    it.each(BLOCKED)('port %i: %s', (port, _, status, expected) => {
      expect(findings(result.port(port))).toEqual(expected);
      expect(result.port(port).responder?.status).toBe(status);
    });

    it.each(CLEAN)('port %i, untouched', (port) => {
      const record = result.port(port);
      expect(findings(record)).toEqual([]);
      expect(record.responder).toMatchObject({ status: 'reported', forward: [], reverse: [], translation: null, ttl: 63 });
      expect(record.responder?.proof).toEqual(['isn', 'ts']);
    });

    it('no kernel resets: only silent and refused attempts are reset, by us', () => {
      const ours = BLOCKED.map(([port]) => port);
      const foreign = resets.filter((text) => !ours.some((port) => text.endsWith(`>${port}`) || text.includes(`:${port}>`)));
      expect(foreign).toEqual([]);
    });

    it('the responder recorded each attempt, and ended cleanly', () => {
      expect(ended).toMatchObject({ code: 130, stderr: '' });
      expect(ended.summary).toMatchObject({ interrupted: true, strangers: 0, rateLimited: 0 });
      const [one] = ended.attempts.filter(({ port }) => port === 4018);
      expect(one).toMatchObject({ from: CLIENT, to: TARGET, fate: 'reported', proof: ['isn', 'ts'], synCopies: 1 });
      expect(one?.synHex).toBe(result.port(4018).responder?.syn);
      expect(ended.attempts.filter(({ port, fate }) => port === 4013 && fate !== 'reported')).toHaveLength(2);
    });
  });

  it('a flood of SYNs without the token is ignored, and does not keep it from answering', async () => {
    const capture = await lab.capture('target', device('router'));
    const responder = await Responder.start(lab, '4018,4019');
    const flood = lab.start('client', [process.execPath, STRANGERS, DIST, CLIENT, TARGET, '4019', '30000']);
    await untilSays(flood, 'begins');
    const result = await ask(lab, '4018');
    await flood.finished;
    await capture.sync();
    const { summary } = await responder.end();
    expect(result.port(4018)).toMatchObject({ state: 'open', responder: { status: 'reported' } });
    expect(summary.strangers).toBeGreaterThan(10_000);
    const said = readSegments(capture.path).filter(({ source, sourcePort }) => source === TARGET && sourcePort === 4019);
    expect(said).toEqual([]);
  });

  it('--count and --for end it', async () => {
    const [counted, timed] = await Promise.all([
      Responder.start(lab, '4018', '--count', '1'),
      Responder.start(lab, '4019', '--for', '1'),
    ]);
    await ask(lab, '4018');
    expect(await counted.end(null)).toMatchObject({ code: 0, summary: { interrupted: false, reported: 1 } });
    expect(await timed.end(null)).toMatchObject({ code: 0, summary: { interrupted: false, attempts: 0 } });
  });

  it('a port in use is refused, with its number', async () => {
    await lab.serve('target', [4555]);
    const { code, stderr, stdout } = await lab.run('target', [
      process.execPath,
      BIN,
      'respond',
      '--listen-ports',
      '4554-4556',
      ...TOKEN,
    ]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('listening port "4555"');
  });

  it('uid 1000 with CAP_NET_RAW alone is enough, at both ends', async (context) => {
    context.skip(!lab.realRoot);
    const asUser = (args: readonly string[]): readonly string[] =>
      asOrdinaryUser('-all,+net_raw', [withinReach(BIN), ...onEngine(args), '--json']);
    const responder = await Responder.ready(lab.start('target', asUser(['respond', '--listen-ports', '4007,4018', ...TOKEN])));
    const result = parsed(await lab.run('client', asUser([TARGET, '-p', '4007,4018', '--responder', ...TOKEN])));
    await responder.end();
    expect(findings(result.port(4007))).toEqual(['mss-clamped mss forward proven']);
    expect(findings(result.port(4018))).toEqual([]);
  });

  describe('one that keeps listening', () => {
    let responder: Responder;
    beforeAll(async () => {
      responder = await Responder.start(lab, '4012,4013,4018,4019');
    });
    afterAll(() => responder?.end());

    it('ignores SYNs without a token, or with another', async () => {
      const once = ['-p', '4018', '--retries', '0', '--timeout', '200'];
      const [without, wrong] = await Promise.all([
        synscope(lab, 'client', [TARGET, ...once]),
        synscope(lab, 'client', [TARGET, ...once, '--responder', '--token', 'not that one at all']),
      ]);
      expect(without.port(4018)).toMatchObject({ state: 'filtered', reason: 'no-response' });
      expect(wrong.port(4018)).toMatchObject({ state: 'filtered', responder: { status: 'unknown' } });
    });

    it('is asked on another port, which --control names', async () => {
      const result = await ask(lab, '4012', '--control', `${TARGET}:4018`, '--timeout', '300');
      expect(findings(result.port(4012))).toEqual(['syn-dropped forward proven']);
    });

    it('names translated addresses and ports, without findings', async () => {
      const nat = `table ip lab_nat {
        chain post { type nat hook postrouting priority 100; masquerade fully-random; }
        chain pre { type nat hook prerouting priority -100; ip daddr ${TARGET} tcp dport 5000 dnat to :4019; }
      }`;
      await lab.nft('router', nat);
      const result = await ask(lab, '4012,4013,4018,5000', '--timeout', '300');
      await lab.runOk('router', ['nft', 'delete', 'table', 'ip', 'lab_nat']);
      const translation = result.port(5000).responder?.translation;
      expect(translation?.source).toMatch(/^10\.81\.1\.1:\d+ > 10\.81\.2\.1:\d+$/);
      expect(translation?.destination).toBe(`${TARGET}:5000 > ${TARGET}:4019`);
      for (const port of [4018, 5000]) expect(findings(result.port(port))).toEqual([]);
      expect(findings(result.port(4012))).toEqual(['syn-dropped forward proven']);
      expect(findings(result.port(4013))).toEqual(['reply-dropped reverse proven']);
    });

    it.each([
      ['data in the SYN', ['--payload', '474554', '--proof', 'option,data']],
      ['no options', ['--options', 'none']],
    ])('also reports with %s', async (_, more) => {
      const result = await ask(lab, '4018', ...more);
      expect(findings(result.port(4018))).toEqual([]);
      expect(result.port(4018).responder?.status).toBe('reported');
    });
  });
});
