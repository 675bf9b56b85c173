import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until, untilSays } from './child.ts';
import { createLab, device, type Lab } from './lab.ts';
import { labSuite } from './suite.ts';
import { command, synscope, tally, verdict } from './synscope.ts';
import { chain, CLIENT, routed, TARGET } from './topology.ts';

const VANISH = fileURLToPath(new URL('programs/vanish.mjs', import.meta.url));
const SOURCE_PORT = 20_123;
const ABSENT = '10.81.1.77';

labSuite('what goes wrong on this side', () => {
  let lab: Lab;
  beforeAll(async () => {
    const plan = routed({ target: { listen: [80, 90] } });
    const types = (['unreachable', 'prohibit', 'blackhole', 'throw'] as const).map((type, index) => ({
      host: 'client',
      to: `10.90.${index}.0/24`,
      type,
    }));
    lab = await createLab({ ...plan, routes: [...(plan.routes ?? []), ...types] });
  });
  afterAll(() => lab?.close());

  function setLink(...words: readonly string[]): Promise<string> {
    return lab.runOk('client', ['ip', 'link', 'set', device('router'), ...words]);
  }

  it('no route to any target: exit 4, and the port says why', async () => {
    const result = await synscope(lab, 'client', ['10.99.0.1', '-p', '80,81']);
    expect(result.code).toBe(4);
    expect(tally(result)).toEqual({ 'error send-error:ENETUNREACH': 2 });
    expect(result.summary.error).toBe(2);
    expect(result.stderr).toContain('no route');
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it('no route to one of two targets: the run goes on', async () => {
    const result = await synscope(lab, 'client', ['10.99.0.1', TARGET, '-p', '80,81']);
    expect(result.code).toBe(0);
    expect(verdict(result.port(80, '10.99.0.1'))).toBe('error send-error:ENETUNREACH');
    expect(verdict(result.port(80, TARGET))).toBe('open syn-ack');
    expect(verdict(result.port(81, TARGET))).toBe('closed rst');
  });

  it.each([
    ['unreachable', '10.90.0.1', 'EHOSTUNREACH'],
    ['prohibit', '10.90.1.1', 'EACCES'],
    ['blackhole', '10.90.2.1', 'EINVAL'],
    ['throw', '10.90.3.1', 'ENETUNREACH'],
  ])('a route of type %s', async (_, target, errno) => {
    const result = await synscope(lab, 'client', [target, TARGET, '-p', '80']);
    expect(result.port(80, target)).toMatchObject({
      state: 'error',
      reason: `send-error:${errno}`,
      from: null,
      ttl: null,
      reply: null,
    });
    expect(verdict(result.port(80, TARGET))).toBe('open syn-ack');
  });

  it('an interface that carries packets but is not operational (yet) is not lost', async () => {
    await setLink('mode', 'dormant');
    await setLink('state', 'dormant');
    try {
      const result = await synscope(lab, 'client', [TARGET, '-p', '80,81,100-109', '--rate', '10']);
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(tally(result)).toEqual({ 'open syn-ack': 1, 'closed rst': 11 });
    } finally {
      await setLink('mode', 'default');
      await setLink('state', 'up');
    }
  });

  it('many addresses without a neighbour: each is an error, the others are right', async () => {
    const result = await synscope(lab, 'client', ['10.81.1.100-163', TARGET, '-p', '80-179']);
    expect(tally(result)).toMatchObject({ 'open syn-ack': 2, 'closed rst': 98 });
    expect(result.summary).toMatchObject({ error: 6400, filtered: 0 });
  });

  it('no neighbour of that address: error, not filtered', async () => {
    await lab.sysctl('client', { [`net.ipv4.neigh.${device('router')}.retrans_time_ms`]: 100 });
    const result = await synscope(lab, 'client', [ABSENT, TARGET, '-p', '80,81']);
    for (const port of [80, 81]) {
      expect(result.port(port, ABSENT).state).toBe('error');
      expect(['send-error:EHOSTUNREACH', 'icmp-host-unreachable']).toContain(result.port(port, ABSENT).reason);
      expect(result.port(port, ABSENT).from).not.toBe(ABSENT);
    }
    expect(verdict(result.port(80, TARGET))).toBe('open syn-ack');
    expect(verdict(result.port(81, TARGET))).toBe('closed rst');
  });

  it('no neighbour, and the run over before the kernel gives up: still not filtered', async () => {
    await lab.sysctl('client', { [`net.ipv4.neigh.${device('router')}.retrans_time_ms`]: 1000 });
    await lab.runOk('client', ['ip', 'neigh', 'flush', 'all']);
    const result = await synscope(lab, 'client', [ABSENT, '-p', '80', '--timeout', '100', '--retries', '1']);
    expect(result.port(80).state).toBe('error');
  });
});

labSuite('this host’s own firewall', () => {
  let lab: Lab;
  beforeAll(async () => {
    const rules = [
      `tcp dport 82 drop`,
      'tcp dport 83 reject',
      'tcp dport 84 reject with tcp reset',
      'tcp dport 85 reject with icmp type admin-prohibited',
    ];
    lab = await createLab(routed({ target: { listen: [80, 82, 83, 84, 85] }, client: { nft: chain('output', rules) } }));
  });
  afterAll(() => lab?.close());

  it('drops, rejects and resets outgoing SYNs: errors, not attributed to the target', async () => {
    const result = await synscope(lab, 'client', [TARGET, '-p', '80-85', '--timeout', '200', '--retries', '1']);
    expect(verdict(result.port(80))).toBe('open syn-ack');
    expect(verdict(result.port(81))).toBe('closed rst');
    for (const port of [82, 83, 84, 85]) {
      expect(result.port(port), `port ${port}`).toMatchObject({ state: 'error', reason: 'send-error:EPERM' });
    }
    expect(result.code).toBe(0);
  });

  it('drops everything', async () => {
    await lab.nft('client', 'add rule ip lab_output c ip daddr 10.81.2.0/24 drop');
    const result = await synscope(lab, 'client', [TARGET, '-p', '80,81']);
    expect(tally(result)).toEqual({ 'error send-error:EPERM': 2 });
    expect(result.summary).toMatchObject({ error: 2, interrupted: false });
  });
});

labSuite('a stale connection on the target', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(routed({ target: { listen: [80] } }));
  });
  afterAll(() => lab?.close());

  /** A connection that the target still has and the client has forgotten. */
  async function leaveStale(): Promise<void> {
    const client = lab.start('client', [process.execPath, VANISH, TARGET, '80', `${SOURCE_PORT}`]);
    await untilSays(client, 'ready');
    await lab.nft('client', chain('output', [`tcp sport ${SOURCE_PORT} drop`]));
    client.process.stdin.write('\n');
    expect((await client.finished).code).toBe(0);
    await lab.nft('client', 'delete table ip lab_output');
    expect(await established()).toContain(`${CLIENT}:${SOURCE_PORT}`);
  }

  function established(): Promise<string> {
    return lab.runOk('target', ['ss', '-Htn', 'state', 'established']);
  }

  it('answers with a challenge ACK: on another try the port is open', async () => {
    await leaveStale();
    const result = await synscope(lab, 'client', [TARGET, '-p', '80', '--source-port', `${SOURCE_PORT}`, '--timeout', '300']);
    const record = result.port(80);
    expect(verdict(record)).toBe('open syn-ack');
    expect(record.attempts).toBeGreaterThan(1);
    expect(record.rttMs.max).toBeLessThan(200);
    expect(record.findings.map(({ code }) => code)).toEqual(['unexpected-ack']);
    expect(result.summary.repliesRejected).toBeGreaterThan(0);
  });

  it('is not disturbed by a run with other source ports', async () => {
    await leaveStale();
    const result = await synscope(lab, 'client', [TARGET, '-p', '80']);
    expect(verdict(result.port(80))).toBe('open syn-ack');
    expect(result.port(80).attempts).toBe(1);
    await until('the stale connection to be where it was', async () =>
      (await established()).includes(`${CLIENT}:${SOURCE_PORT}`),
    );
  });

  it('a live connection’s port cannot be requested', async () => {
    const client = lab.start('client', [process.execPath, VANISH, TARGET, '80', '20999']);
    await untilSays(client, 'ready');
    const finished = await lab.run('client', command([TARGET, '-p', '80', '--source-port', '20999']));
    expect(finished.code).not.toBe(0);
    expect(finished.stderr).toContain('20999');
    expect(await established()).toContain(`${CLIENT}:20999`);
  });
});
