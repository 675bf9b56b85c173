import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLab, type Lab } from './lab.ts';
import type { IcmpAnswer, MiddleboxAction, MiddleboxRule } from './middlebox.ts';
import { tunSuite } from './suite.ts';
import { synscope, verdict, type Result } from './synscope.ts';
import { chain, routed, TARGET } from './topology.ts';

const DROP: MiddleboxAction = { do: 'drop' };
const FORGER = '10.99.9.9';

/** A middlebox's action on a SYN to one port, and the expected verdict. */
interface Case {
  readonly name: string;
  readonly actions: readonly MiddleboxAction[];
  readonly expected: string;
  readonly from?: string | null;
  /** True when the answer must be counted as rejected. */
  readonly rejected?: boolean;
}

function icmp(type: number, code: number, more: Partial<IcmpAnswer> = {}): MiddleboxAction {
  return { do: 'icmp', type, code, from: FORGER, ...more };
}

const ICMP_CODES: readonly (readonly [number, number, string])[] = [
  [3, 4, 'icmp-frag-needed'],
  [3, 5, 'icmp-3-5'],
  [3, 6, 'icmp-3-6'],
  [3, 7, 'icmp-3-7'],
  [3, 8, 'icmp-3-8'],
  [3, 11, 'icmp-3-11'],
  [3, 12, 'icmp-3-12'],
  [3, 14, 'icmp-3-14'],
  [3, 15, 'icmp-3-15'],
  [4, 0, 'icmp-4-0'],
  [11, 0, 'icmp-ttl-exceeded'],
  [11, 1, 'icmp-11-1'],
  [12, 0, 'icmp-12-0'],
];

// RFC 4884: the length in 32-bit words is the second of the four bytes, and the quote is padded to it; an
// extension header and an MPLS object (RFC 4950) follow.
const EXTENDED: Partial<IcmpAnswer> = { quoted: 20, rest: '00200000', extension: `${'00'.repeat(88)}2000dfc100080101000011ff` };

const CASES: readonly Case[] = [
  ...ICMP_CODES.map(([type, code, reason]) => ({
    name: `ICMP ${type}/${code}`,
    actions: [icmp(type, code, type === 3 && code === 4 ? { rest: '000005dc' } : {}), DROP],
    expected: `filtered ${reason}`,
    from: FORGER,
  })),
  {
    name: 'ICMP quoting 8 bytes of TCP',
    actions: [icmp(3, 13, { quoted: 8 }), DROP],
    expected: 'filtered icmp-admin-prohibited',
    from: FORGER,
  },
  {
    name: 'ICMP quoting everything',
    actions: [icmp(3, 13, { quoted: 60 }), DROP],
    expected: 'filtered icmp-admin-prohibited',
    from: FORGER,
  },
  {
    name: 'ICMP with extensions',
    actions: [icmp(3, 13, EXTENDED), DROP],
    expected: 'filtered icmp-admin-prohibited',
    from: FORGER,
  },
  {
    name: 'ICMP quoting 4 bytes of TCP',
    actions: [icmp(3, 13, { quoted: 4 }), DROP],
    expected: 'filtered no-response',
    from: null,
  },
  {
    name: 'ICMP quoting another sequence number',
    actions: [icmp(3, 13, { quoteEdits: { sequence: 1 } }), DROP],
    expected: 'filtered no-response',
  },
  {
    name: 'ICMP quoting another source port',
    actions: [icmp(3, 13, { quoteEdits: { sourcePort: 1 } }), DROP],
    expected: 'filtered no-response',
  },
  {
    name: 'ICMP quoting another port',
    actions: [icmp(3, 13, { quoteEdits: { destinationPort: 3000 } }), DROP],
    expected: 'filtered no-response',
  },
  {
    name: 'ICMP quoting another host',
    actions: [icmp(3, 13, { quoteEdits: { destination: '10.81.2.9' } }), DROP],
    expected: 'filtered no-response',
  },
  { name: 'ICMP, yet the SYN-ACK comes', actions: [icmp(3, 1)], expected: 'open syn-ack', from: TARGET },
  {
    name: 'SYN-ACK that acknowledges too much',
    actions: [{ do: 'tcp-answer', flags: 'S.', acknowledgement: 1 }, DROP],
    expected: 'filtered no-response',
    rejected: true,
  },
  {
    name: 'SYN-ACK that acknowledges nothing of ours',
    actions: [{ do: 'tcp-answer', flags: 'S.', acknowledgement: 99_999 }, DROP],
    expected: 'filtered no-response',
    rejected: true,
  },
  {
    name: 'SYN-ACK that acknowledges too little',
    actions: [{ do: 'tcp-answer', flags: 'S.', acknowledgement: -1 }, DROP],
    expected: 'filtered no-response',
    rejected: true,
  },
  {
    name: 'SYN-ACK from another port',
    actions: [{ do: 'tcp-answer', flags: 'S.', sourcePort: 3000 }, DROP],
    expected: 'filtered no-response',
  },
  {
    name: 'SYN-ACK to another port',
    actions: [{ do: 'tcp-answer', flags: 'S.', destinationPort: 1 }, DROP],
    expected: 'filtered no-response',
  },
  {
    name: 'SYN-ACK from another host',
    actions: [{ do: 'tcp-answer', flags: 'S.', from: FORGER }, DROP],
    expected: 'filtered no-response',
  },
  {
    name: 'RST with a wrong acknowledgement',
    actions: [{ do: 'tcp-answer', flags: 'R.', acknowledgement: 7 }, DROP],
    expected: 'filtered no-response',
    rejected: true,
  },
  {
    name: 'RST without ACK',
    actions: [{ do: 'tcp-answer', flags: 'R' }, DROP],
    expected: 'filtered no-response',
    rejected: true,
  },
  {
    name: 'RST that acknowledges the SYN not',
    actions: [{ do: 'tcp-answer', flags: 'R.', acknowledgement: -1 }, DROP],
    expected: 'closed rst',
    from: TARGET,
  },
  {
    name: 'a lie, then the truth',
    actions: [{ do: 'tcp-answer', flags: 'R.', acknowledgement: 7 }],
    expected: 'open syn-ack',
    from: TARGET,
    rejected: true,
  },
  {
    name: 'ACK without SYN',
    actions: [{ do: 'tcp-answer', flags: '.', acknowledgement: 5000 }, DROP],
    expected: 'filtered no-response',
    rejected: true,
  },
  {
    name: 'SYN for SYN (split handshake)',
    actions: [{ do: 'tcp-answer', flags: 'S' }, DROP],
    expected: 'open syn',
    from: TARGET,
  },
  { name: 'SYN, then the SYN-ACK', actions: [{ do: 'tcp-answer', flags: 'S' }], expected: 'open syn-ack', from: TARGET },
  { name: 'RST first, SYN-ACK later', actions: [{ do: 'tcp-answer', flags: 'R.' }], expected: 'closed rst', from: TARGET },
];

const FIRST = 2000;

tunSuite('forged answers', () => {
  let lab: Lab;
  let result: Result;
  beforeAll(async () => {
    const rules = CASES.map(({ actions }, index): MiddleboxRule => ({
      direction: 'forward',
      ports: [FIRST + index, FIRST + index],
      flags: 'S',
      actions,
    }));
    const listen = CASES.map((_, index) => FIRST + index);
    // The client's kernel would reset unknown segments; its resets are dropped here.
    lab = await createLab(
      routed({
        target: { listen },
        middlebox: { rules },
        router: { nft: chain('forward', ['tcp flags rst ip saddr 10.81.1.1 drop']) },
      }),
    );
    result = await synscope(lab, 'client', [
      TARGET,
      '-p',
      `${FIRST}-${FIRST + CASES.length - 1}`,
      '--timeout',
      '200',
      '--retries',
      '1',
    ]);
  });
  afterAll(() => lab?.close());

  it.each(CASES.map((one, index) => [one.name, one, FIRST + index] as const))('%s', async (_, { expected, from }, port) => {
    const record = result.port(port);
    expect(verdict(record)).toBe(expected);
    expect(record.from).toBe(from ?? null);
  });

  it.each(CASES.flatMap((one, index) => (one.rejected === true ? [[one.name, FIRST + index] as const] : [])))(
    '%s: counted',
    async (_, port) => {
      const alone = await synscope(lab, 'client', [TARGET, '-p', `${port}`, '--timeout', '100', '--retries', '0']);
      expect(alone.summary.repliesRejected).toBeGreaterThan(0);
    },
  );

  it('none of it changes how the run ends', () => {
    expect(result.code).toBe(0);
    expect(result.summary.error).toBe(0);
  });
});
