import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HopRecord, PathRecord } from '../../src/records/path/records.ts';
import { untilSays } from './child.ts';
import { createLab, type Lab } from './lab.ts';
import { kernelResets } from './measuring.ts';
import { labSuite } from './suite.ts';
import { recordsOf, startSynscope } from './synscope.ts';
import { behindRouters, chain, FAR, routerAddress } from './topology.ts';

const TOKEN = ['--token', 'a token of twenty or so'];
const SYNS = 'tcp flags syn / syn,ack tcp dport';
const SYN_ACKS = 'tcp flags & (syn | ack) == syn | ack tcp sport';

/** Port, router, what it does, changes as `field after-at`, findings with their direction. */
const ALTERED: readonly (readonly [number, string, string, readonly string[], readonly string[]])[] = [
  [5000, 'r4', `${SYNS} 5000 reset tcp option sack-perm`, ['tcp.option.sackOK 4-5'], ['option-padded sackOK forward']],
  [5001, 'r2', `${SYNS} 5001 tcp option maxseg size set 1300`, ['tcp.option.mss 2-3'], ['mss-clamped mss forward']],
  [5002, 'r3', `${SYN_ACKS} 5002 reset tcp option timestamp`, [], ['option-padded ts reverse']],
];

labSuite('a path with a responder at its end', () => {
  let lab: Lab;
  beforeAll(async () => {
    const rulesOf = (name: string): string =>
      chain('forward', [
        ...ALTERED.filter(([, router]) => router === name).map(([, , rule]) => rule),
        ...(name === 'r4' ? [`${SYNS} 5003 drop`, `${SYN_ACKS} 5004 drop`] : []),
      ]);
    const routers = Object.fromEntries(['r2', 'r3', 'r4'].map((name) => [name, { nft: rulesOf(name) }]));
    const masquerade =
      'table ip lab_nat {\n chain c {\n  type nat hook postrouting priority 100;\n  tcp dport 5005 masquerade\n }\n}\n';
    routers['r2'] = { nft: rulesOf('r2') + masquerade };
    lab = await createLab(behindRouters({ routers }));
    await untilSays(startSynscope(lab, 'target', ['respond', '--listen-ports', '5000-5010', ...TOKEN]), '"type":"run"');
  });
  afterAll(() => lab?.close());

  async function trace(
    port: number,
    ...args: readonly string[]
  ): Promise<{ readonly hops: readonly HopRecord[]; readonly path: PathRecord }> {
    const all = ['path', FAR, '-p', String(port), '--responder', ...TOKEN, ...args];
    const records = await recordsOf<HopRecord | PathRecord>(lab, 'client', all);
    const hops = records.filter((record) => record.type === 'hop');
    const [path] = records.filter((record) => record.type === 'path');
    if (path === undefined) throw new Error('no path record');
    return { hops, path };
  }

  function found({ findings }: PathRecord): readonly string[] {
    return findings.map(({ code, option, direction }) => [code, option, direction].filter(Boolean).join(' '));
  }

  // Quotes are translated on the reverse path: r2's masquerading used to be placed between the last router
  // and the target.
  it('names NAT without placing it', async () => {
    const { path } = await trace(5005);
    expect(path).toMatchObject({ reached: true, state: 'open', changes: [], findings: [] });
    expect(path.responder?.translation?.source).toContain('10.84.2.1');
  });

  it('that is clean: the responder is its last hop, no findings, no kernel resets', async () => {
    const before = await kernelResets(lab, 'client');
    const { hops, path } = await trace(5010);
    expect(hops.map(({ ttl, address }) => `${ttl} ${address}`)).toEqual([
      ...[1, 2, 3, 4].map((hop) => `${hop} ${routerAddress(hop)}`),
      `5 ${FAR}`,
    ]);
    expect(path).toMatchObject({ reached: true, state: 'open', reason: 'syn-ack', hops: 5, changes: [], findings: [] });
    expect(path.responder?.status).toBe('reported');
    expect(await kernelResets(lab, 'client')).toBe(before);
  });

  it.each(ALTERED)('port %i, %s: %s', async (...[port, , , changes, findings]) => {
    const { path } = await trace(port);
    expect(path.changes.map(({ field, afterTtl, atTtl }) => `${field} ${afterTtl}-${atTtl}`)).toEqual(changes);
    expect(found(path)).toEqual(findings);
    expect(path.findings.every(({ certainty }) => certainty === 'proven')).toBe(true);
    expect(path).toMatchObject({ reached: true, state: 'open', hops: 5 });
  });

  it('whose SYNs are dropped: they never arrived, the last router that answered is named', async () => {
    const { path } = await trace(5003, '--control', `${FAR}:5010`, '--timeout', '200', '--retries', '1');
    expect(path).toMatchObject({ reached: false, state: 'filtered', reason: 'no-response', hops: 4, changes: [] });
    expect(found(path)).toEqual(['syn-dropped forward']);
  });

  it('whose SYN-ACKs are dropped: the SYNs arrived unchanged', async () => {
    const { path } = await trace(5004, '--control', `${FAR}:5010`, '--timeout', '200', '--retries', '1');
    expect(path).toMatchObject({ reached: false, state: 'filtered', reason: 'no-response', hops: 5, changes: [] });
    expect(found(path)).toEqual(['reply-dropped reverse']);
  });
});
