import { judgeTarget } from '../../analysis/firewall/judge-target.ts';
import type { SynscopeError } from '../../errors.ts';
import { craftSyn, ETHERNET } from '../../probe/craft/syn-spec.ts';
import type { TargetEvidence } from '../../probe/firewall/firewall-plan.ts';
import { FirewallSession } from '../../probe/firewall/firewall-session.ts';
import type { PortState } from '../../probe/verdict.ts';
import { type GuardExpectations, parseGuardExpectations } from '../../records/firewall/expectations.ts';
import { guardRecord, unroutedRecord } from '../../records/firewall/build.ts';
import type { FirewallPortRecord, FirewallRecord } from '../../records/firewall/records.ts';
import { formatAddress } from '../../wire/address.ts';
import { driveRun, type Driving, oneByOne, streamRecords } from '../drive-run.ts';
import { type Machine, machineWith, randomKey } from '../machine.ts';
import {
  type CraftOptions,
  type NetworkOptions,
  type RunControl,
  type TargetOptions,
  preparePairs,
  type PreparedPairs,
} from '../options/run-options.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';

/**
 * What `firewall` accepts: the command's flags in camelCase, with the same texts, units and defaults. The tests choose
 * source ports, ISNs, flags and data themselves.
 */
export interface FirewallOptions
  extends
    TargetOptions,
    Pick<CraftOptions, 'options' | 'profile' | 'dscp' | 'window'>,
    Omit<NetworkOptions, 'sourcePort'>,
    RunControl {
  /** `443` or `22,80`; without it 22, 80 and 443. */
  readonly ports?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly retries?: number;
  /** Search for a SYN rate limit, which takes seconds and up to 4,000 SYNs to one port of each target. */
  readonly rateLimit?: boolean;
  /** Words that must hold for every port: `drop`, `reject-rst,stateful`. */
  readonly expect?: string;
}

const DEFAULT_PORTS = '22,80,443';
/** Each test of a pair has its own source port: no filter takes it for part of another's connection. */
const SOURCE_PORTS = 128;

/**
 * Tests how each (target, port) pair is guarded. Yields the run record, one record for each port once all of its target are
 * known, and the summary. Throws and ends early as `probe` does.
 */
export function firewall(
  options: FirewallOptions,
  machine: Partial<Machine> = {},
): AsyncGenerator<FirewallRecord, void, undefined> {
  return oneByOne(firewallInBatches(options, machine));
}

/** The same records, as many at a time as there are. */
export async function* firewallInBatches(
  options: FirewallOptions,
  parts: Partial<Machine> = {},
): AsyncGenerator<readonly FirewallRecord[], void, undefined> {
  const machine = machineWith(parts);
  const expected = parseGuardExpectations(options.expect);
  const run = await preparePairs('firewall', options, DEFAULT_PORTS, machine.random);
  craftSyn(run.spec, ETHERNET);
  const needs = { options, sourceIp: run.spec.sourceIp, sourcePortCount: SOURCE_PORTS, ports: 'reserved' } as const;
  const open = await machine.open(needs);
  const plan = { run, expected, searchRate: options.rateLimit === true, machine };
  yield* streamRecords<FirewallRecord>(open, options, (driving) => testAll(plan, driving));
}

interface Plan {
  readonly run: PreparedPairs;
  readonly expected: GuardExpectations | null;
  readonly searchRate: boolean;
  readonly machine: Machine;
}

async function testAll(
  { run, expected, searchRate, machine }: Plan,
  driving: Driving<FirewallRecord>,
): Promise<SynscopeError | null> {
  const { open, queue } = driving;
  const { transport } = open;
  const counter = new SummaryCounter(run);
  const session = new FirewallSession({
    ...run,
    routes: open.routes,
    sourcePorts: open.sourcePorts,
    key: randomKey(machine.random),
    searchRate,
    onTarget: (evidence) => {
      for (const record of recordsOf(evidence, run, expected)) {
        counter.count({ state: stateOf(record), attempts: record.tests.length });
        queue.push(record);
      }
    },
  });
  if (transport.clock === 'userspace')
    await (await import('../warm-up.ts')).warmUp(session, transport, open.sourcePorts[0] as number);
  queue.push(runRecordOf(run, open, machine.wallClock()));
  return driveRun(driving, {
    session,
    summary: (end) => counter.summary(session.stats, end),
    nothingRouted: () => counter.nothingRouted,
  });
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
