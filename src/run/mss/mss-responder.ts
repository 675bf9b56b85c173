import { responderEvidence } from '../../analysis/mss/responder-evidence.ts';
import type { SynscopeError } from '../../errors.ts';
import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { mssFor } from '../../probe/craft/profiles.ts';
import { type Offer, offersFor } from '../../probe/mss/offers.ts';
import { localViewOf } from '../../probe/responder/local-view.ts';
import { decisiveAttempt, type ResponderOutcome } from '../../probe/responder/responder-query.ts';
import { mssRecordOf } from '../../records/mss/build.ts';
import type { MssRecord, MssRunRecord } from '../../records/mss/records.ts';
import type { PairName } from '../../records/records.ts';
import { errnoName } from '../../transport/errno.ts';
import { driveRun, type Driving, streamRecords } from '../drive-run.ts';
import type { Machine } from '../machine.ts';
import type { OpenRun } from '../open-run.ts';
import {
  readResponderAccess,
  refuseWithResponder,
  RESPONDER_PLANS,
  RESPONDER_PORTS,
  type ResponderAccess,
  ResponderQueries,
} from '../responder-queries.ts';
import { routedPairs } from '../routed-targets.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';
import type { MssAim } from '../../records/mss/recorder.ts';
import { offerOptions, type PreparedMss } from './prepare-mss.ts';

/** A measurement that asks a responder. */
interface AskingMss extends PreparedMss {
  readonly access: ResponderAccess;
}

/** The records of `mss` with `responder`: a SYN for each offer, and what arrived and left there. No data is asked for. */
export async function* mssWithResponder(
  prepared: PreparedMss,
  machine: Machine,
): AsyncGenerator<readonly MssRunRecord[], void, undefined> {
  const { options, spec } = prepared;
  refuseWithResponder(options, {
    seq: ['--seq', 'the sequence number carries the proof'],
    request: ['--request', 'it is asked what arrived, not for data'],
  });
  const run = { ...prepared, access: await readResponderAccess(options, machine) };
  const sourcePortCount = options.sourcePort === undefined ? RESPONDER_PORTS : 1;
  const open = await machine.open({ options, sourceIp: spec.sourceIp, sourcePortCount, ports: 'resets-suppressed' });
  yield* streamRecords<MssRunRecord>(open, options, (driving) => askAll(run, driving, machine));
}

async function askAll(run: AskingMss, driving: Driving<MssRunRecord>, machine: Machine): Promise<SynscopeError | null> {
  const { open, queue } = driving;
  const counter = new SummaryCounter(run);
  const emit = (record: MssRecord, attempts: number): void => {
    counter.count({ state: record.state, attempts });
    queue.push(record);
  };
  const connectionPlans = connectionPlansOf(run, { open, machine, emit });
  const session = new ConnectionSession({ connectionPlans, atOnce: RESPONDER_PLANS });
  queue.push(runRecordOf(run, open, machine.wallClock()));
  return driveRun(driving, {
    session,
    summary: (end) => counter.summary(session.stats, end),
    nothingRouted: () => counter.nothingRouted,
  });
}

/** Takes a record, and how many connections it took. */
type Emit = (record: MssRecord, attempts: number) => void;

interface Asking {
  readonly open: OpenRun;
  readonly machine: Machine;
  readonly emit: Emit;
}

/** One for each pair, made when its turn comes. */
function* connectionPlansOf(run: AskingMss, { open, machine, emit }: Asking): Generator<ConnectionPlan> {
  const queries = new ResponderQueries(run, open, machine);
  for (const { name, address, source, errno } of routedPairs(run, open.routes)) {
    if (source === null) emit(unrouted(run, name, errno), 0);
    else yield connectionPlan(run, { name, address, source }, { queries, emit });
  }
}

/** One port: a question for each offer, one record for all. */
function* connectionPlan(
  run: AskingMss,
  aim: MssAim,
  { queries, emit }: { readonly queries: ResponderQueries; readonly emit: Emit },
): ConnectionPlan {
  const { address, source, name } = aim;
  const offers = offersFor(run.offers, source);
  const questions = offers.map((offer) => {
    const options = offerOptions(run, source, { purpose: 'offered', offer });
    return queries.question(address, name.port, { ...run.spec, options });
  });
  const outcomes: ResponderOutcome[] = [];
  yield* queries.plan(questions, (outcome) => outcomes.push(outcome));
  const attempts = outcomes.reduce((count, outcome) => count + outcome.attempts.length, 0);
  emit(recordOf(run, aim, { offers, questions, outcomes }), attempts);
}

interface Asked {
  readonly offers: readonly Offer[];
  readonly questions: readonly ResponderOutcome['question'][];
  readonly outcomes: readonly ResponderOutcome[];
}

function recordOf(run: AskingMss, { name, source }: MssAim, { offers, questions, outcomes }: Asked): MssRecord {
  const seen = offers.map((offered, index) => {
    const outcome = outcomes.find(({ question }) => question === questions[index]);
    const attempt = outcome === undefined ? null : decisiveAttempt(outcome);
    const local = attempt === null ? null : localViewOf(attempt.connection);
    return { offered, local, report: attempt?.report?.own ?? null, synSent: attempt?.syn ?? null };
  });
  const best = seen.find(({ local }) => local?.state === 'open') ?? seen.find(({ local }) => local !== null);
  const verdict = { state: best?.local?.state ?? 'filtered', reason: best?.local?.reason ?? 'no-response' } as const;
  return mssRecordOf(name, verdict, responderEvidence(seen, mssFor(source)), run.expectations);
}

function unrouted(run: AskingMss, name: PairName, errno: number): MssRecord {
  const verdict = { state: 'error', reason: `send-error:${errnoName(errno)}` } as const;
  return mssRecordOf(name, verdict, responderEvidence([], 0), run.expectations);
}
