import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Verdict } from '../../../src/probe/verdict.ts';
import { type Expectations, judge, parseExpectations } from '../../../src/records/probe/expectations.ts';
import { PortJson } from '../../../src/report/probe/port-json.ts';
import { plainReplyOf, portRecordOf } from '../../../src/records/probe/build.ts';
import type { PortRecord } from '../../../src/records/probe/records.ts';
import { type Address, formatAddress } from '../../../src/wire/address.ts';
import { PacketView } from '../../../src/wire/packet-view.ts';
import { encodeTcpPacket } from '../../../src/wire/packet.ts';
import { CLAMPED, closed, open, prohibited, silent, unsent } from '../records.ts';

const TEXT = fc.oneof(
  fc.constantFrom('rst', 'no-response', 'web', '"', '\\', '\u2028', '\ud800', '\n', 'é'),
  fc.string({ unit: 'binary' }),
);
const NUMBER = fc.oneof(fc.nat(), fc.double(), fc.constantFrom(0, -0, NaN, Infinity, 1e21, 5e-324));
const ADDRESS = fc.constantFrom(0x0a000002, 0x0a000003, 0xffffffff).map((address) => address as Address);
const WORD = fc.nat(0xffffffff);
const OPEN = parseExpectations({ expect: 'open' }) as Expectations;

/** As in a run: few different ones, so that remembered text is both used and replaced. */
const madeRecord: fc.Arbitrary<PortRecord> = fc
  .record({
    target: ADDRESS,
    from: fc.option(ADDRESS),
    hostname: fc.constantFrom(null, 'web', 'a"b'),
    port: fc.integer({ min: 1, max: 65_535 }),
    state: fc.constantFrom('open', 'closed', 'filtered', 'error'),
    reason: fc.constantFrom('rst', 'no-response', 'send-error:EHOSTUNREACH', 'icmp-3-77'),
    ttl: fc.constantFrom(null, 63, 64),
    attempts: fc.constantFrom(0, 1, 2),
    rttSamples: fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { maxLength: 2 }),
    reply: fc.option(
      fc.record({
        seq: fc.constantFrom(0, 0xffffffff),
        ack: WORD,
        flags: fc.constantFrom(4, 20),
        window: fc.constantFrom(0, 512),
      }),
    ),
    isJudged: fc.boolean(),
  })
  .map(({ target, hostname, reply, isJudged, ...rest }) => {
    const verdict = { ...rest, target, targetIndex: 0, sent: null, reply: null, view: null, conflict: null } as const;
    const whole: Verdict = { ...verdict, recall: () => null, rejected: 0, rejectedReply: null, mtu: null };
    const text = formatAddress(target);
    const record = portRecordOf(whole, { address: target, text, hostname }, reply === null ? null : plainReplyOf(viewOf(reply)));
    return isJudged ? { ...record, expectation: judge(record, OPEN) } : record;
  });

/** Records of the same shape with anything in their fields. */
const anyRecord: fc.Arbitrary<PortRecord> = fc
  .record({
    target: TEXT,
    hostname: fc.option(TEXT),
    port: NUMBER,
    state: fc.constantFrom('open', 'closed', 'filtered', 'error'),
    reason: TEXT,
    from: fc.option(TEXT),
    ttl: fc.option(NUMBER),
    attempts: NUMBER,
    rtt: fc.option(NUMBER),
    samples: fc.constantFrom(0, 1, 2),
    reply: fc.option(
      fc.record({ flags: TEXT, seq: NUMBER, ack: NUMBER, window: NUMBER, optionsText: TEXT, payloadLength: NUMBER }),
    ),
  })
  .map(({ rtt, samples, reply, ...fields }) => ({
    type: 'port',
    ...fields,
    rttMs: { min: rtt, avg: rtt, max: rtt, stddev: rtt === null ? null : 0, samples },
    reply: reply === null ? null : inOrder(reply),
    findings: [],
    expectation: null,
  }));

function inOrder({
  flags,
  seq,
  ack,
  window,
  ...rest
}: Omit<NonNullable<PortRecord['reply']>, 'options' | 'optionsHex'>): PortRecord['reply'] {
  return {
    flags,
    seq,
    ack,
    window,
    options: [],
    optionsText: rest.optionsText,
    optionsHex: '',
    payloadLength: rest.payloadLength,
  };
}

function viewOf(fields: {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
}): PacketView {
  const source = 0x0a000002 as Address;
  const bytes = encodeTcpPacket({ source, destination: source, sourcePort: 80, destinationPort: 61_000, ...fields });
  const view = new PacketView();
  expect(view.load(bytes, 0, bytes.length)).toBe(true);
  return view;
}

type Tree = { readonly [name: string]: unknown };

/** The record once for each value in it, which is another there. */
function* oneValueOther(tree: Tree): Generator<Tree> {
  for (const [name, value] of Object.entries(tree)) {
    if (isLeftOut(name, value)) continue;
    if (typeof value === 'object' && value !== null)
      for (const other of oneValueOther(value as Tree)) yield { ...tree, [name]: other };
    else yield { ...tree, [name]: another(value) };
  }
}

/** A list, or an object or null: a record with them is another kind of record. */
function isLeftOut(name: string, value: unknown): boolean {
  if (Array.isArray(value) || name === 'type') return true;
  return value === null && ['reply', 'expectation'].includes(name);
}

function another(value: unknown): unknown {
  if (typeof value === 'string') return `${value}x`;
  return typeof value === 'number' ? value + 1 : 7;
}

describe('PortJson', () => {
  it('writes what JSON.stringify writes for the records of any run, one after the other', () => {
    fc.assert(
      fc.property(fc.array(madeRecord, { minLength: 1, maxLength: 12 }), (records) => {
        const json = new PortJson();
        for (const record of records) expect(json.line(record)).toBe(`${JSON.stringify(record)}\n`);
      }),
    );
  });

  it('does so for any field values', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 4 }), (records) => {
        const json = new PortJson();
        for (const record of records) expect(json.line(record)).toBe(`${JSON.stringify(record)}\n`);
      }),
    );
  });

  it('does so for every other kind of record', () => {
    const target = '10.0.0.2';
    const json = new PortJson();
    const records = [
      open(target, 80),
      closed(target, 81, { findings: [CLAMPED] }),
      closed(target, 82),
      closed(target, 83),
      prohibited(target, 84, '10.0.0.1'),
      silent(target, 85),
      silent('10.0.0.3', 85),
      unsent(target, 86, 'EHOSTUNREACH'),
      closed(target, 87, { expectation: { met: false, why: 'expected open, is closed (rst)' } }),
    ];
    for (const record of records) expect(json.line(record)).toBe(`${JSON.stringify(record)}\n`);
  });

  it.each([
    ['silent', silent('10.0.0.2', 80)],
    ['closed', closed('10.0.0.2', 80)],
  ])('repeats no value of the record before: %s', (_, record) => {
    for (const other of oneValueOther({ ...record })) {
      const json = new PortJson();
      json.line(record);
      expect(json.line(other as unknown as PortRecord)).toBe(`${JSON.stringify(other)}\n`);
    }
  });
});
