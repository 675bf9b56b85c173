import type { Guard } from '../../analysis/firewall/judge-target.ts';
import type { Position } from '../../analysis/firewall/position.ts';
import type { TestResult } from '../../probe/firewall/firewall-test.ts';
import { errnoName } from '../../transport/errno.ts';
import { formatAddress } from '../../wire/address.ts';
import type { PairName } from '../records.ts';
import { type GuardExpectations, judgeGuard } from './expectations.ts';
import { guardWords } from './guard-words.ts';
import type { FirewallPortRecord, PlaceRecord, TestRecord } from './records.ts';

/** The record of one port. */
export function guardRecord(
  guard: Guard,
  { target, hostname }: Omit<PairName, 'port'>,
  expected: GuardExpectations | null,
): FirewallPortRecord {
  const { port, policy, reason, stateful, proxy, rateLimit, findings } = guard;
  return {
    type: 'firewall',
    target,
    hostname,
    port,
    tests: guard.tests.map(testRecord),
    policy,
    reason,
    stateful,
    proxy,
    answeredBy: guard.answeredBy,
    answeredAt: placeRecord(guard.position),
    droppedAfter: placeRecord(guard.droppedAfter),
    rateLimit,
    verdict: guardWords(guard),
    findings,
    expectation: expected === null ? null : judgeGuard(guard, expected),
  };
}

/** The record of a port to whose target this host has no way. */
export function unroutedRecord(
  { port, errno, ...about }: PairName & { readonly errno: number },
  expected: GuardExpectations | null,
): FirewallPortRecord {
  return guardRecord({ ...UNTESTED, port, reason: `send-error:${errnoName(errno)}` }, about, expected);
}

const UNTESTED: Omit<Guard, 'port' | 'reason'> = {
  tests: [],
  policy: 'error',
  stateful: null,
  proxy: null,
  answeredBy: null,
  position: null,
  droppedAfter: null,
  isMute: true,
  rejectedLike: null,
  isLonely: false,
  rateLimit: null,
  findings: [],
};

function testRecord({ kind, reason, reply, rttMs, ttl, option, round, attempts }: TestResult): TestRecord {
  return {
    probe: kind,
    reply: reason === 'no-response' ? null : reason,
    from: reply === null ? null : formatAddress(reply.ip.source),
    ttl: reply?.ip.ttl ?? null,
    rttMs,
    sentTtl: ttl,
    option,
    round,
    attempts,
  };
}

function placeRecord(place: Position | null): PlaceRecord | null {
  if (place === null) return null;
  const { hop, address, hopsBefore } = place;
  return { ttl: hop, address: address === null ? null : formatAddress(address), hopsBeforeTarget: hopsBefore };
}
