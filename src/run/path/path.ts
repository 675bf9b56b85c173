import type { SynscopeError } from '../../errors.ts';
import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { localViewOf } from '../../probe/responder/local-view.ts';
import { decisiveAttempt, type ResponderOutcome } from '../../probe/responder/responder-query.ts';
import { HalfOpenResets } from '../../probe/session/half-open-resets.ts';
import { JointSession } from '../../probe/session/joint-session.ts';
import type { PathResponder } from '../../records/path/build.ts';
import type { PathCommandRecord } from '../../records/path/records.ts';
import { responderPartOf } from '../../records/responder-record.ts';
import type { Address } from '../../wire/address.ts';
import { fromHex } from '../../wire/bytes.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { driveRun, type Driving, oneByOne, streamRecords } from '../drive-run.ts';
import { type Machine, machineWith, randomKey } from '../machine.ts';
import { type PairOptions, preparePairs, type PreparedPairs, whole } from '../options/run-options.ts';
import { asksResponder, type ResponderOptions } from '../options/token.ts';
import {
  readResponderAccess,
  RESPONDER_PLANS,
  RESPONDER_PORTS,
  type ResponderAccess,
  ResponderQueries,
} from '../responder-queries.ts';
import { portsIn, type RoutedTarget, routedPairs, routedTargets } from '../routed-targets.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';
import { PathTraces } from './path-traces.ts';
import { PORTS_A_TRY } from './path-tries.ts';

/** What `path` accepts: the command's flags in camelCase, with the same texts, units and defaults. */
export interface PathOptions extends Omit<PairOptions, 'ttl' | 'seq' | 'ipId' | 'badsum'>, Omit<ResponderOptions, 'proof'> {
  /** TTL of the first probe. */
  readonly firstTtl?: number;
  /** No probe has a larger TTL. */
  readonly maxTtl?: number;
  /** Answers wanted of each hop. */
  readonly count?: number;
  /** Repeat the trace with other options, to find those that make the SYN disappear. */
  readonly vary?: boolean;
  /** Look up the names of hops. */
  readonly resolve?: boolean;
}

const DEFAULT_PORT = '443';
const DEFAULT_MAX_TTL = 30;
/** As asked, bare, as asked again, and without each of the options that fit into a SYN. */
const MOST_TRIES = 12;

/** A run of `path`, its options read; nothing is open yet. */
export interface PreparedPath extends PreparedPairs {
  readonly firstTtl: number;
  readonly maxTtl: number;
  readonly resolve: boolean;
  readonly vary: boolean;
  /** How the responder is asked; null where none is. */
  readonly access: ResponderAccess | null;
}

/**
 * Traces the path of the SYN to every (target, port) pair. Yields the run record, the hops and the path of each pair as
 * soon as they are final, and the summary. Throws and ends early as `probe` does.
 */
export function path(options: PathOptions, machine: Partial<Machine> = {}): AsyncGenerator<PathCommandRecord, void, undefined> {
  return oneByOne(pathInBatches(options, machine));
}

/** The same records, as many at a time as there are. */
export async function* pathInBatches(
  options: PathOptions,
  parts: Partial<Machine> = {},
): AsyncGenerator<readonly PathCommandRecord[], void, undefined> {
  const machine = machineWith(parts);
  const run = await preparePath(options, machine);
  const open = await machine.open({
    options,
    sourceIp: run.spec.sourceIp,
    sourcePortCount: tracePorts(run) + (run.access === null ? 0 : RESPONDER_PORTS),
    // The connections to a responder are ours to close.
    ports: run.access === null ? 'reserved' : 'resets-suppressed',
  });
  yield* streamRecords<PathCommandRecord>(open, options, (driving) => tracePaths(run, driving, machine));
}

async function preparePath(options: PathOptions, machine: Machine): Promise<PreparedPath> {
  const run = await preparePairs('path', options, DEFAULT_PORT, machine.random);
  const firstTtl = whole('--first-ttl', options.firstTtl, [1, 255]) ?? 1;
  const maxTtl = whole('--max-ttl', options.maxTtl, [firstTtl, 255]) ?? Math.max(firstTtl, DEFAULT_MAX_TTL);
  const access = asksResponder(options) ? await readResponderAccess(options, machine) : null;
  return { ...run, firstTtl, maxTtl, resolve: options.resolve === true, vary: options.vary === true, access };
}

/** Source ports of traces; the last of them is for the control flows. */
function tracePorts({ options, vary }: PreparedPath): number {
  return options.sourcePort === undefined ? PORTS_A_TRY * (vary ? MOST_TRIES : 1) + 1 : 2;
}

async function tracePaths(
  run: PreparedPath,
  driving: Driving<PathCommandRecord>,
  machine: Machine,
): Promise<SynscopeError | null> {
  const { open, queue } = driving;
  const counter = new SummaryCounter(run);
  queue.push(runRecordOf(run, open, machine.wallClock()));
  const sourcePorts = open.sourcePorts.slice(0, tracePorts(run));
  const traces = new PathTraces(run, {
    routes: open.routes,
    sourcePorts,
    key: randomKey(machine.random),
    emit: (record) => queue.push(record),
    count: (outcome) => counter.count(outcome),
  });
  const connections = askFirst(run, driving, { machine, traces });
  // Nothing else resets what is half open where the kernel's resets are suppressed.
  const resets = run.access === null ? [] : [new HalfOpenResets(sourcePorts)];
  return driveRun(driving, {
    session: new JointSession([connections, traces.session, ...resets]),
    finish: () => traces.finish(),
    summary: (end) => counter.summary(sumOf(connections.stats, traces.session.stats), end),
    nothingRouted: () => counter.nothingRouted,
  });
}

interface Tracing {
  readonly machine: Machine;
  readonly traces: PathTraces;
}

/** The connections to the responder; those of a target precede its traces. Without a responder all traces begin. */
function askFirst(run: PreparedPath, { open }: Driving<PathCommandRecord>, { machine, traces }: Tracing): ConnectionSession {
  const { access } = run;
  if (access === null) {
    for (const pair of routedPairs(run, open.routes)) traces.begin(pair, null);
    return new ConnectionSession({ connectionPlans: [], atOnce: 1 });
  }
  const queries = new ResponderQueries({ ...run, access }, open, machine, open.sourcePorts.slice(tracePorts(run)));
  const connectionPlans = connectionPlansOf(routedTargets(run, open.routes), { run, queries, traces });
  return new ConnectionSession({ connectionPlans, atOnce: RESPONDER_PLANS });
}

interface Asking {
  readonly run: PreparedPath;
  readonly queries: ResponderQueries;
  readonly traces: PathTraces;
}

function* connectionPlansOf(targets: Iterable<RoutedTarget>, asking: Asking): Generator<ConnectionPlan> {
  for (const target of targets) yield connectionPlan(target, asking);
}

/** Asks about the ports of a target, and then lets their traces begin. */
function* connectionPlan(target: RoutedTarget, { run, queries, traces }: Asking): ConnectionPlan {
  const ports = portsIn(run.ports);
  const views = new Map<number, ReturnType<typeof responderViewOf>>();
  if (target.source !== null) {
    const questions = ports.map((port) => queries.question(target.address, port));
    yield* queries.plan(questions, (outcome) => views.set(outcome.question.port, responderViewOf(outcome, target.address)));
  }
  const { target: text, hostname, ...route } = target;
  for (const port of ports) traces.begin({ name: { target: text, hostname, port }, ...route }, views.get(port) ?? null);
}

type Stats = ConnectionSession['stats'];

function sumOf(a: Stats, b: Stats): Stats {
  return {
    probesSent: a.probesSent + b.probesSent,
    repliesReceived: a.repliesReceived + b.repliesReceived,
    repliesRejected: a.repliesRejected + b.repliesRejected,
  };
}

/** What a responder says of the SYNs to a port, as a path's record takes it; null where no attempt was made. */
function responderViewOf(outcome: ResponderOutcome, address: Address): PathResponder | null {
  const attempt = decisiveAttempt(outcome);
  if (attempt === null) return null;
  const local = localViewOf(attempt.connection);
  const part = responderPartOf(outcome, attempt, local);
  const { responder, synSent } = part;
  const synArrived = responder.syn === null ? null : fromHex(responder.syn);
  const rttMs = local.rtt === null ? null : local.rtt / NANOS_PER_MS;
  const reply = local.reply === null ? null : local.reason;
  const { state, reason, from } = local;
  const seen = synArrived === null || synSent === null ? null : { address, synSent, synArrived, reply, rttMs };
  return { ...part, verdict: { state, reason, from }, seen };
}
