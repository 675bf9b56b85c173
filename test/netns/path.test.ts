import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { untilSays } from './child.ts';
import type { HopRecord, PathRecord } from '../../src/records/path/records.ts';
import { createLab, type Lab } from './lab.ts';
import type { MiddleboxAction } from './middlebox.ts';
import { range } from './plan.ts';
import { labSuite, tunSuite } from './suite.ts';
import { BIN, onEngine, recordsOf } from './synscope.ts';
import { behindRouters, chain, FAR, routerAddress } from './topology.ts';

/** The records of `synscope path FAR -p PORT ARGS`. */
async function trace(
  lab: Lab,
  port: number,
  ...args: readonly string[]
): Promise<{ readonly hops: readonly HopRecord[]; readonly path: PathRecord }> {
  const records = await recordsOf<HopRecord | PathRecord>(lab, 'client', ['path', FAR, '-p', String(port), ...args]);
  const own = records.filter((record) => (record.type === 'hop' || record.type === 'path') && record.variant === 'as asked');
  const [path] = own.filter((record) => record.type === 'path');
  if (path === undefined) throw new Error('no path record');
  return { path, hops: own.filter((record) => record.type === 'hop') };
}

function hopsOf(hops: readonly HopRecord[]): readonly string[] {
  return hops.map(({ ttl, address, reply }) => (address === null ? `${ttl} *` : `${ttl} ${address} ${reply}`));
}

/** `field sent>seen how after-at`. */
function changesOf({ changes }: PathRecord): readonly string[] {
  return changes.map(
    ({ field, sent, seen, how, afterTtl, atTtl }) =>
      `${field} ${JSON.stringify(sent)}>${JSON.stringify(seen)} ${how} ${afterTtl}-${atTtl}`,
  );
}

/** Makes the client alone forget a connection. */
const VANISH = fileURLToPath(new URL('programs/vanish.mjs', import.meta.url));

const ROUTERS = [1, 2, 3, 4].map((hop) => `${hop} ${routerAddress(hop)} icmp-ttl-exceeded`);
const SYNS = 'tcp flags syn / syn,ack tcp dport';

/** Port, router, its rule, and the expected change. */
const BY_NFT: readonly (readonly [number, string, string, readonly string[]])[] = [
  [5000, 'r2', 'tcp option maxseg size set 1300', ['tcp.option.mss 1460>1300 rewritten 2-3']],
  [5001, 'r2', 'reset tcp option sack-perm', ['tcp.option.sackOK true>null overwritten 2-3']],
  [5002, 'r2', 'reset tcp option window', ['tcp.option.wscale 7>null overwritten 2-3']],
  [5003, 'r3', 'reset tcp option maxseg', ['tcp.option.mss 1460>null overwritten 3-4']],
  [5004, 'r3', 'ip dscp set 46', ['ip.dscp 0>46 rewritten 3-4']],
  [5005, 'r1', 'ip ecn set ect1', ['ip.ecn 0>1 rewritten 1-2']],
];

labSuite('a path of four kernel routers', () => {
  let lab: Lab;
  beforeAll(async () => {
    const rulesOf = (name: string): readonly string[] =>
      BY_NFT.filter(([, router]) => router === name).map(([port, , rule]) => `${SYNS} ${port} ${rule}`);
    const five = [
      `${SYNS} 5020 tcp option maxseg size set 1200`,
      `${SYNS} 5020 reset tcp option timestamp`,
      `${SYNS} 5020 reset tcp option window`,
      `${SYNS} 5020 reset tcp option sack-perm`,
      `${SYNS} 5020 ip dscp set 10`,
    ];
    const r3 = [
      `${SYNS} 5010 drop`,
      `${SYNS} 5011 reject with tcp reset`,
      `${SYNS} 5012 reject with icmp type admin-prohibited`,
      `${SYNS} 5013 tcp option timestamp exists drop`,
      ...rulesOf('r3'),
    ];
    // An MSS set at ingress shows in the router's own quote.
    const ingress = `table netdev lab_in {\n chain c {\n  type filter hook ingress device "to-r1" priority 0;\n  ${SYNS} 5030 tcp option maxseg size set 1280\n }\n}\n`;
    const masquerade =
      'table ip lab_nat {\n chain c {\n  type nat hook postrouting priority 100;\n  tcp dport 5040 masquerade\n }\n}\n';
    const routers = {
      r1: { nft: chain('forward', rulesOf('r1')) },
      r2: { nft: chain('forward', [...rulesOf('r2'), ...five]) + ingress + masquerade },
      r3: { nft: chain('forward', r3) },
    };
    lab = await createLab(behindRouters({ routers, target: { listen: range(5000, 50) } }));
  });
  afterAll(() => lab?.close());

  it('is shown hop by hop, without a change, and leaves no half-open connection', async () => {
    const { hops, path } = await trace(lab, 5049);
    expect(hopsOf(hops)).toEqual([...ROUTERS, `5 ${FAR} syn-ack`]);
    expect(path).toMatchObject({ reached: true, state: 'open', hops: 5, changes: [], findings: [] });
    expect(await lab.runOk('target', ['ss', '-Htn', 'state', 'syn-recv'])).toBe('');
  });

  it('to a closed port ends at the same hop', async () => {
    const { hops, path } = await trace(lab, 5060);
    expect(hopsOf(hops)).toEqual([...ROUTERS, `5 ${FAR} rst`]);
    expect(path).toMatchObject({ reached: true, state: 'closed', changes: [], findings: [] });
  });

  it.each(BY_NFT)('port %i: %s, %s', async (port, router, _, expected) => {
    const { path } = await trace(lab, port, '--ecn');
    expect(changesOf(path)).toEqual(expected);
    const hop = Number(router.slice(1));
    expect(path.changes[0]?.between).toEqual([routerAddress(hop), routerAddress(hop + 1)]);
    expect(path).toMatchObject({ reached: true, hops: 5 });
  });

  it('names five alterations of one router', async () => {
    const { path } = await trace(lab, 5020);
    expect(path.changes.map(({ field, how, atTtl }) => `${field} ${how} ${atTtl}`).toSorted()).toEqual([
      'ip.dscp rewritten 3',
      'tcp.option.mss rewritten 3',
      'tcp.option.sackOK overwritten 3',
      'tcp.option.ts overwritten 3',
      'tcp.option.wscale overwritten 3',
    ]);
    expect(path).toMatchObject({ reached: true, state: 'open', hops: 5 });
  });

  it('places a change at a router’s ingress before that router', async () => {
    expect(changesOf((await trace(lab, 5030)).path)).toEqual(['tcp.option.mss 1460>1280 rewritten 1-2']);
  });

  it('shows no change through masquerading, which restores quotes', async () => {
    const { hops, path } = await trace(lab, 5040);
    expect(hopsOf(hops)).toEqual([...ROUTERS, `5 ${FAR} syn-ack`]);
    expect(path.changes).toEqual([]);
  });

  it('shows the path up to a filter', async () => {
    const { hops, path } = await trace(lab, 5010);
    expect(hopsOf(hops)).toEqual(ROUTERS.slice(0, 3));
    expect(path).toMatchObject({ reached: false, state: 'filtered', reason: 'no-response', hops: 3 });
  });

  it('says which device sends resets with the target’s address', async () => {
    const { path } = await trace(lab, 5011);
    expect(path).toMatchObject({ reached: false, state: 'closed', reason: 'rst', hops: 4 });
    expect(path.findings.map(({ code, certainty }) => `${code} ${certainty}`)).toEqual(['rst-injected likely']);
  });

  it('says which device rejects', async () => {
    const { path } = await trace(lab, 5012);
    expect(path).toMatchObject({ reached: false, reason: 'icmp-admin-prohibited', from: routerAddress(3), hops: 4 });
  });

  it('says that the last router finds no such host, which takes the router three seconds', async () => {
    const absent = FAR.replace(/\d+$/, '77');
    const records = await recordsOf<HopRecord | PathRecord>(lab, 'client', ['path', absent, '-p', '5000']);
    const [path] = records.filter((record) => record.type === 'path');
    expect(path).toMatchObject({ reached: false, reason: 'icmp-host-unreachable', from: routerAddress(4), hops: 5 });
  });

  it('finds the option that makes SYNs vanish', async () => {
    const { path } = await trace(lab, 5013, '--vary');
    expect(path.findings.map(({ code, option }) => `${code} ${option}`)).toEqual(['option-blocked ts']);
    expect(path.findings[0]?.detail).toContain(`${routerAddress(3)} (hop 3)`);
  });

  it('goes on past a router that sends no ICMP', async () => {
    await lab.nft(
      'r2',
      'table ip lab_mute {\n chain c {\n  type filter hook output priority 0;\n  icmp type time-exceeded drop\n }\n}\n',
    );
    try {
      const { hops, path } = await trace(lab, 5000);
      expect(hopsOf(hops)).toEqual([ROUTERS[0], '2 *', ...ROUTERS.slice(2), `5 ${FAR} syn-ack`]);
      expect(path.changes[0]).toMatchObject({ field: 'tcp.option.mss', afterTtl: 1, atTtl: 3 });
    } finally {
      await lab.nft('r2', 'delete table ip lab_mute\n');
    }
  });

  it('is the path that nmap finds', async () => {
    const text = await lab.runOk('client', ['nmap', '-n', '-Pn', '--traceroute', '-p', '5049', FAR]);
    const found = [...text.matchAll(/^(\d+) +[\d.]+ ms ([\d.]+)$/gm)].map(([, ttl, address]) => `${ttl} ${address}`);
    const { hops } = await trace(lab, 5049);
    expect(found).toHaveLength(5);
    expect(hops.map(({ ttl, address }) => `${ttl} ${address}`)).toEqual(found);
  });

  // The SYN after the old connection's reset used to be taken for the first to reach the host: one hop too
  // many.
  it('is found on a requested port that an older connection holds', async () => {
    const client = lab.start('client', [process.execPath, VANISH, FAR, '5049', '45678']);
    await untilSays(client, 'ready');
    await lab.nft('client', chain('output', ['tcp sport 45678 drop']));
    client.process.stdin.write('\n');
    await client.finished;
    await lab.nft('client', 'delete table ip lab_output');
    const { hops, path } = await trace(lab, 5049, '--source-port', '45678');
    expect(hopsOf(hops)).toEqual([...ROUTERS, `5 ${FAR} syn-ack`]);
    expect(path).toMatchObject({ reached: true, state: 'open', hops: 5, changes: [], findings: [] });
  });

  it('is written for people, in 80 columns', async () => {
    const text = await lab.runOk('client', [process.execPath, BIN, ...onEngine(['path', FAR, '-p', '5000'])]);
    expect(text).toContain(`${FAR} port 5000: open (syn-ack from 5 hops away); 1 change on the forward path\n`);
    expect(text).toContain(`--(2)--[a]--(3)--(4)--(5)--> ${FAR}:5000\n`);
  });
});

/** Port, the action of a box after r2 on SYNs, and the field. */
const BY_TUN: readonly (readonly [number, MiddleboxAction, string])[] = [
  [5000, { do: 'set-window', value: 777 }, 'tcp.window'],
  [5001, { do: 'strip-option', kind: 4 }, 'tcp.option.sackOK'],
  [5002, { do: 'set-option', kind: 8, hex: '080a0000000700000000' }, 'tcp.option.ts'],
  [5003, { do: 'append-option', hex: '1e0400010101' }, 'tcp.option.mptcp'],
  [5004, { do: 'set-ip-id', value: 0 }, 'ip.id'],
  [5005, { do: 'clear-flags', flags: 'EW' }, 'tcp.flags'],
  [5006, { do: 'strip-option', kind: 8 }, 'tcp.option.ts'],
];

tunSuite('a box between two routers', () => {
  let lab: Lab;
  beforeAll(async () => {
    const rules = [
      ...BY_TUN.map(([port, action]) => ({
        direction: 'forward' as const,
        ports: [port, port] as const,
        flags: 'S',
        actions: [action],
      })),
      {
        direction: 'forward' as const,
        ports: [5010, 5010] as const,
        actions: [{ do: 'add-sequence' as const, value: 1_000_000 }],
      },
      {
        direction: 'reverse' as const,
        ports: [5010, 5010] as const,
        actions: [{ do: 'add-acknowledgement' as const, value: -1_000_000 }],
      },
    ];
    lab = await createLab(behindRouters({ target: { listen: range(5000, 20) }, wires: { 2: { rules } } }));
  });
  afterAll(() => lab?.close());

  it.each(BY_TUN)('port %i: %o', async (port, _, field) => {
    const { hops, path } = await trace(lab, port, '--ecn');
    expect(hopsOf(hops)).toEqual([...ROUTERS, `5 ${FAR} syn-ack`]);
    expect(path.changes.map((change) => `${change.field} ${change.afterTtl}-${change.atTtl}`)).toEqual([`${field} 2-3`]);
  });

  it('that translates sequence numbers is found by the other fields of quotes', async () => {
    const { path } = await trace(lab, 5010);
    expect(path.changes.map((change) => `${change.field} ${change.afterTtl}-${change.atTtl}`)).toEqual(['tcp.seq 2-3']);
    expect(path).toMatchObject({ reached: true, state: 'open', hops: 5 });
  });
});
