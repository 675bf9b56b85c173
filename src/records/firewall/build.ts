import { type Guard, judgeTarget } from '../../analysis/firewall/judge-target.ts';
import type { Position } from '../../analysis/firewall/position.ts';
import type { TargetEvidence } from '../../probe/firewall/firewall-plan.ts';
import type { TestResult } from '../../probe/firewall/firewall-test.ts';
import { type PortSet, portsIn } from '../../probe/targets/ports.ts';
import { errnoName } from '../../transport/errno.ts';
import { formatAddress } from '../../wire/address.ts';
import { type GuardExpectations, judgeGuard } from './expectations.ts';
import { guardWords } from './guard-words.ts';
import type { FirewallPortRecord, PlaceRecord, TestRecord } from './records.ts';

/** The records of a target's ports; `ports` are those that were asked for. */
export function guardRecords(
  evidence: TargetEvidence,
  ports: PortSet,
  expected: GuardExpectations | null,
): readonly FirewallPortRecord[] {
  const { target, hostname, errno } = evidence;
  const reason = `send-error:${errnoName(errno)}`;
  const guards = errno === 0 ? judgeTarget(evidence) : portsIn(ports).map((port) => ({ ...UNTESTED, port, reason }));
  const about = { target: formatAddress(target), hostname };
  return guards.map((guard) => guardRecord(guard, about, expected));
}

function guardRecord(
  guard: Guard,
  { target, hostname }: Pick<FirewallPortRecord, 'target' | 'hostname'>,
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

/** A port to whose target this host has no way. */
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
