import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, type Lab } from './lab.ts';
import type { MiddleboxAction } from './middlebox.ts';
import { range, type LabPlan } from './plan.ts';
import { labSuite, tunSuite } from './suite.ts';
import { findings, synscope, tally } from './synscope.ts';
import { chain, direct, routed, TARGET } from './topology.ts';

const FORWARD = 'tcp flags syn / syn,ack tcp dport';
const REVERSE = 'tcp flags & (syn | ack) == syn | ack tcp sport';

/** Port, the router's rule for it, and the expected finding. */
const BY_NFT: readonly (readonly [number, string, readonly string[]])[] = [
  [4000, `${FORWARD} 4000 reset tcp option sack-perm`, ['option-missing sackOK unknown possible']],
  [4001, `${FORWARD} 4001 reset tcp option timestamp`, ['option-missing ts unknown possible']],
  [4002, `${FORWARD} 4002 reset tcp option window`, ['option-missing wscale unknown possible']],
  // Linux itself sends two NOPs before the timestamps without SACK.
  [4003, `${REVERSE} 4003 reset tcp option sack-perm`, ['option-missing sackOK unknown possible']],
  [4004, `${REVERSE} 4004 reset tcp option timestamp`, ['option-padded ts reverse likely']],
  [4005, `${REVERSE} 4005 reset tcp option window`, ['option-padded wscale reverse likely']],
  [4006, `${REVERSE} 4006 tcp option maxseg size set 1300`, ['mss-clamped mss reverse possible']],
  // Clamped on the forward path, the SYN-ACK carries the target's own MSS: one SYN-ACK cannot show it.
  [4007, `${FORWARD} 4007 tcp option maxseg size set 1300`, []],
];

labSuite('options changed by a router', () => {
  let lab: Lab;
  beforeAll(async () => {
    const nft = chain(
      'forward',
      BY_NFT.map(([, rule]) => rule),
    );
    lab = await createLab(routed({ target: { listen: range(4000, 20) }, router: { nft } }));
  });
  afterAll(() => lab?.close());

  it.each(BY_NFT)('port %i: %s', async (port, _, expected) => {
    const result = await synscope(lab, 'client', [TARGET, '-p', `${port},4018,4019`]);
    expect(findings(result.port(port))).toEqual(expected);
    for (const clean of [4018, 4019]) expect(findings(result.port(clean))).toEqual([]);
  });

  it('says what was sent and what was received', async () => {
    const result = await synscope(lab, 'client', [TARGET, '-p', '4006']);
    expect(result.port(4006).findings[0]).toMatchObject({ code: 'mss-clamped', option: 'mss', received: 1300 });
    expect(result.port(4006).reply?.options[0]).toEqual({ kind: 2, name: 'mss', value: 1300 });
  });

  it('no finding is stronger than the evidence', async () => {
    const result = await synscope(lab, 'client', [TARGET, '-p', '4000-4007']);
    for (const { findings: found } of result.ports) for (const { certainty } of found) expect(certainty).not.toBe('proven');
  });
});

/** Port, the middlebox's action on its SYN-ACK, and the only finding expected. */
const BY_TUN: readonly (readonly [number, MiddleboxAction, string])[] = [
  [4000, { do: 'payload', hex: '48656c6c6f' }, 'payload-in-syn-ack'],
  [4001, { do: 'set-option', kind: 8, hex: '080a0000000100000002' }, 'timestamp-echo-wrong'],
  [4002, { do: 'set-option', kind: 3, hex: '0300' }, 'option-malformed'],
  // Linux itself sends two NOPs before the timestamps without SACK.
  [4003, { do: 'append-option', hex: '22080011223344550101' }, 'option-added'],
  [4004, { do: 'set-ttl', value: 120 }, 'ttl-mismatch'],
  [4005, { do: 'strip-option', kind: 4 }, 'option-missing'],
];

tunSuite('options changed by a middlebox', () => {
  let lab: Lab;
  beforeAll(async () => {
    const rules = BY_TUN.map(([port, action]) => ({
      direction: 'reverse' as const,
      ports: [port, port] as const,
      flags: 'S.',
      actions: [action],
    }));
    lab = await createLab(routed({ target: { listen: range(4000, 20) }, middlebox: { rules } }));
  });
  afterAll(() => lab?.close());

  it.each(BY_TUN)('port %i: %o', async (port, _, code) => {
    const result = await synscope(lab, 'client', [TARGET, '-p', `${port},4010-4019`]);
    expect(result.port(port).state).toBe('open');
    expect(result.port(port).findings.map((finding) => finding.code)).toContain(code);
    for (const clean of range(4010, 10)) expect(findings(result.port(clean))).toEqual([]);
  });
});

/** Networks that change nothing, and the findings that are right for every open port all the same. */
const CLEAN: readonly (readonly [string, LabPlan, readonly string[]])[] = [
  ...[1500, 1400, 9000].flatMap((mtu) =>
    [true, false].map((offloads) => {
      const name = `one router, MTU ${mtu}, offloads ${offloads ? 'on' : 'off'}`;
      return [name, routed({ mtu, offloads, target: { listen: range(4000, 4) } }), []] as const;
    }),
  ),
  ['no router', direct({ target: { listen: range(4000, 4) } }), []],
  [
    'no timestamps',
    routed({ target: { listen: range(4000, 4), sysctl: { 'net.ipv4.tcp_timestamps': 0 } } }),
    ['option-missing ts unknown possible'],
  ],
  [
    'no SACK',
    routed({ target: { listen: range(4000, 4), sysctl: { 'net.ipv4.tcp_sack': 0 } } }),
    ['option-missing sackOK unknown possible'],
  ],
  [
    'no window scaling',
    routed({ target: { listen: range(4000, 4), sysctl: { 'net.ipv4.tcp_window_scaling': 0 } } }),
    ['option-missing wscale unknown possible'],
  ],
  ['two routers', twoRouters(), []],
];

function twoRouters(): LabPlan {
  return {
    hosts: { client: {}, first: { router: true }, second: { router: true }, target: { listen: range(4000, 4) } },
    links: [
      { between: ['client', 'first'], addresses: ['10.81.1.1/24', '10.81.1.2/24'] },
      { between: ['first', 'second'], addresses: ['10.81.3.1/24', '10.81.3.2/24'] },
      { between: ['second', 'target'], addresses: ['10.81.2.1/24', `${TARGET}/24`] },
    ],
    routes: [
      { host: 'client', to: '10.81.0.0/16', via: '10.81.1.2' },
      { host: 'first', to: '10.81.2.0/24', via: '10.81.3.2' },
      { host: 'second', to: '10.81.1.0/24', via: '10.81.3.1' },
      { host: 'target', to: '10.81.0.0/16', via: '10.81.2.1' },
    ],
  };
}

labSuite('nothing is found on a clean path', () => {
  describe.each(CLEAN)('%s', (_, plan, expected) => {
    it('open, closed, and no more', async () => {
      const lab = await createLab(plan);
      try {
        const result = await synscope(lab, 'client', [TARGET, '-p', '4000-4009']);
        expect(tally(result)).toEqual({ 'open syn-ack': 4, 'closed rst': 6 });
        for (const record of result.ports) expect(findings(record)).toEqual(record.state === 'open' ? expected : []);
        expect(result.summary.repliesRejected).toBe(0);
      } finally {
        await lab.close();
      }
    });
  });
});
