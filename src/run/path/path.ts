import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { localViewOf } from '../../probe/responder/local-view.ts';
import { decisiveAttempt, type ResponderOutcome } from '../../probe/responder/responder-query.ts';
import { HalfOpenResets } from '../../probe/session/half-open-resets.ts';
import { JointSession } from '../../probe/session/joint-session.ts';
import type { PathResponder } from '../../records/path/build.ts';
import type { PathCommandRecord } from '../../records/path/records.ts';
import { responderPartOf } from '../../records/responder-record.ts';
import type { Routes } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { type BatchCommand, type Command, inBatches, oneByOne, type Running, type Started } from '../command.ts';
import type { Machine } from '../machine.ts';
import { preparePairs, type PreparedPairs, whole } from '../options/read-options.ts';
import type { PairOptions } from '../options/run-options.ts';
import { asksResponder, type ResponderOptions } from '../options/token.ts';
import {
  readResponderAccess,
  RESPONDER_PLANS,
  RESPONDER_PORTS,
  type ResponderAccess,
  ResponderQueries,
} from '../responder-queries.ts';
import { pairsOf, type RoutedPair, type RoutedTarget, routedTargets } from '../routed-targets.ts';
import { PathTraces, type TracePlan } from './path-traces.ts';
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

/** `access`: how the responder is asked; null where none is. */
type PreparedPath = PreparedPairs & TracePlan & { readonly access: ResponderAccess | null };

/** The records of `path`, as many at a time as there are. */
export const pathInBatches: BatchCommand<PathOptions, PathCommandRecord> = inBatches(async (options, machine) => {
  const run = await preparePath(options, machine);
  const { access } = run;
  return {
    run,
    needs: {
      sourcePortCount: tracePorts(run) + (access === null ? 0 : RESPONDER_PORTS),
      // The connections to a responder are ours to close.
      ports: access === null ? 'reserved' : 'resets-suppressed',
    },
    start: (running) => tracePaths(run, running),
  };
});

/**
 * Traces the path of the SYN to every (target, port) pair. Yields the run record, the hops and the path of
 * each pair as soon as they are final, and the summary. Throws and ends early as `probe` does.
 */
export const path: Command<PathOptions, PathCommandRecord> = oneByOne(pathInBatches);

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

function tracePaths(run: PreparedPath, running: Running<PathCommandRecord>): Started {
  const { access } = run;
  const { open, machine } = running;
  const sourcePorts = open.sourcePorts.slice(0, tracePorts(run));
  const traces = new PathTraces(run, running, sourcePorts);
  const others = { ...open, sourcePorts: open.sourcePorts.slice(tracePorts(run)) };
  const queries = access === null ? null : new ResponderQueries({ ...run, access }, others, machine);
  const connectionPlans = connectionPlansOf(run, open.routes, traces, queries);
  const connections = new ConnectionSession({ connectionPlans, atOnce: RESPONDER_PLANS });
  // Nothing else resets what is half open where the kernel's resets are suppressed.
  const resets = access === null ? [] : [new HalfOpenResets(sourcePorts)];
  return {
    session: new JointSession([connections, traces.session, ...resets]),
    stats: () => {
      const [asking, tracing] = [connections.stats, traces.session.stats];
      return {
        probesSent: asking.probesSent + tracing.probesSent,
        repliesReceived: asking.repliesReceived + tracing.repliesReceived,
        repliesRejected: asking.repliesRejected + tracing.repliesRejected,
      };
    },
    finish: () => traces.finish(),
  };
}

/** For each target: asks a responder, if there is one, about its ports, and then lets their traces begin. */
function* connectionPlansOf(
  run: PreparedPath,
  routes: Routes,
  traces: PathTraces,
  queries: ResponderQueries | null,
): Generator<ConnectionPlan> {
  for (const target of routedTargets(run, routes)) yield connectionPlan(target, pairsOf(target, run.ports), traces, queries);
}

function* connectionPlan(
  target: RoutedTarget,
  pairs: readonly RoutedPair[],
  traces: PathTraces,
  queries: ResponderQueries | null,
): ConnectionPlan {
  const views = new Map<number, PathResponder | null>();
  if (queries !== null && target.source !== null) {
    const questions = pairs.map(({ name }) => queries.question(target.address, name.port));
    yield* queries.plan(questions, (outcome) => views.set(outcome.question.port, responderViewOf(outcome, target.address)));
  }
  for (const pair of pairs) traces.begin(pair, views.get(pair.name.port) ?? null);
}

/**
 * What a responder says of the SYNs to a port, as a path's record takes it; null where no attempt was made.
 */
function responderViewOf(outcome: ResponderOutcome, address: Address): PathResponder | null {
  const attempt = decisiveAttempt(outcome);
  if (attempt === null) return null;
  const local = localViewOf(attempt.connection);
  const part = responderPartOf(outcome, attempt, local);
  const { synSent, synArrived } = part;
  const rttMs = local.rtt === null ? null : local.rtt / NANOS_PER_MS;
  const reply = local.reply === null ? null : local.reason;
  const seen = synArrived === null || synSent === null ? null : { address, synSent, synArrived, reply, rttMs };
  return { ...part, verdict: local, seen };
}
