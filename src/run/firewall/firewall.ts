import { randomBytes } from 'node:crypto';

import { judgeTarget } from '../../analysis/firewall/judge-target.ts';
import { SynscopeError } from '../../errors.ts';
import { craftSyn } from '../../probe/craft/syn-spec.ts';
import type { TargetEvidence } from '../../probe/firewall/firewall-plan.ts';
import { FirewallSession } from '../../probe/firewall/firewall-session.ts';
import type { PortState } from '../../probe/verdict.ts';
import { type GuardExpectations, parseGuardExpectations } from '../../records/firewall/expectations.ts';
import { guardRecord, unroutedRecord } from '../../records/firewall/build.ts';
import type { FirewallPortRecord, FirewallRecord } from '../../records/firewall/records.ts';
import { formatAddress } from '../../wire/address.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import type { FirewallOptions } from './firewall-options.ts';
import { runSession } from '../loop/loop.ts';
import { openRun } from '../open-run.ts';
import { preparePairs, type PreparedPairs } from '../options/prepare-pairs.ts';
import { type Driving, lostInterface, oneByOne, streamRecords } from '../loop/record-stream.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';
import { warmUp } from '../warm-up.ts';

const DEFAULT_PORTS = '22,80,443';
/** Each test of a pair has a source port of its own, so that no filter on the way takes it for part of another's connection. */
const SOURCE_PORTS = 128;
const ETHERNET = { interface: '', mtu: 1500 };

/**
 * Tests how each (target, port) pair is guarded and yields the run record, one record for each port once all of its target are known, and the summary.
 * Throws and ends early as `probe` does.
 */
export function firewall(options: FirewallOptions): AsyncGenerator<FirewallRecord, void, undefined> {
  return oneByOne(firewallInBatches(options));
}

/** The same records, handed over as many at a time as there are. */
export async function* firewallInBatches(options: FirewallOptions): AsyncGenerator<readonly FirewallRecord[], void, undefined> {
  const expected = parseGuardExpectations(options.expect);
  const run = await preparePairs('firewall', options, DEFAULT_PORTS);
  craftSyn(run.spec, { ...ETHERNET, address: run.targets.at(0) });
  const needs = { options, sourceIp: run.spec.sourceIp, sourcePortCount: SOURCE_PORTS, ports: 'reserved' } as const;
  const open = await openRun(needs);
  const plan = { run, expected, searchRate: options.rateLimit === true };
  yield* streamRecords<FirewallRecord>(open, options, (driving) => testAll(plan, driving));
}

interface Plan {
  readonly run: PreparedPairs;
  readonly expected: GuardExpectations | null;
  readonly searchRate: boolean;
}

async function testAll(
  { run, expected, searchRate }: Plan,
  { open, queue, signal }: Driving<FirewallRecord>,
): Promise<SynscopeError | null> {
  const { transport } = open;
  const counter = new SummaryCounter(run);
  const session = new FirewallSession({
    ...run,
    routes: open.routes,
    sourcePorts: open.sourcePorts,
    key: new Uint32Array(randomBytes(16).buffer.slice(0, 16)),
    searchRate,
    onTarget: (evidence) => {
      for (const record of recordsOf(evidence, run, expected)) {
        counter.count({ state: stateOf(record), attempts: record.tests.length });
        queue.push(record);
      }
    },
  });
  if (transport.clock === 'userspace') await warmUp(session, transport, open.sourcePorts[0] as number);
  queue.push(runRecordOf(run, open));
  const fault = await runSession(session, transport, { signal, onTurn: () => undefined });
  const interrupted = fault === null && signal.aborted;
  const end = { drops: transport.drops(), durationMs: transport.now() / NANOS_PER_MS, interrupted };
  queue.push(counter.summary(session.stats, end));
  if (fault !== null) return lostInterface(fault);
  return !interrupted && counter.nothingRouted ? noRoute() : null;
}

function recordsOf(
  evidence: TargetEvidence,
  run: PreparedPairs,
  expected: GuardExpectations | null,
): readonly FirewallPortRecord[] {
  const about = { target: formatAddress(evidence.target), hostname: evidence.hostname };
  if (evidence.errno === 0) return judgeTarget(evidence).map((guard) => guardRecord(guard, about, expected));
  return Array.from({ length: run.ports.size }, (_, index) =>
    unroutedRecord({ ...about, port: run.ports.at(index), errno: evidence.errno }, expected),
  );
}

/** What a policy amounts to in the words of `probe`: the summary counts these. */
function stateOf({ policy }: FirewallPortRecord): PortState {
  if (policy === 'open' || policy === 'error') return policy;
  return policy === 'closed' || policy === 'reject-rst' ? 'closed' : 'filtered';
}

function noRoute(): SynscopeError {
  return new SynscopeError('no-route', 'no target could be reached: this host has no route to any of them', {
    hint: 'see `ip route get ADDRESS`, or `synscope doctor ADDRESS`',
  });
}
