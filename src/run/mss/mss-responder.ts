import { responderEvidence } from '../../analysis/mss/responder-evidence.ts';
import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { mssFor } from '../../probe/craft/profiles.ts';
import { offersFor } from '../../probe/mss/offers.ts';
import { localViewOf } from '../../probe/responder/local-view.ts';
import { decisiveAttempt, type ResponderOutcome } from '../../probe/responder/responder-query.ts';
import { mssRecordOf } from '../../records/mss/build.ts';
import type { MssAim } from '../../records/mss/recorder.ts';
import type { MssRecord, MssRunRecord } from '../../records/mss/records.ts';
import { errnoName } from '../../transport/errno.ts';
import type { Plan, Running, Started } from '../command.ts';
import type { Machine } from '../machine.ts';
import {
  type Asking,
  readResponderAccess,
  refuseWithResponder,
  RESPONDER_PLANS,
  ResponderQueries,
  responderNeeds,
} from '../responder-queries.ts';
import { pairPlans } from '../routed-targets.ts';
import { offerOptions, type PreparedMss } from './prepare-mss.ts';

type AskingMss = Asking<PreparedMss>;

/** `mss` with `responder`: a SYN for each offer, and what arrived and left there. No data is asked for. */
export async function mssWithResponder(prepared: PreparedMss, machine: Machine): Promise<Plan<MssRunRecord>> {
  const { options } = prepared;
  refuseWithResponder(options, {
    seq: ['--seq', 'the sequence number carries the proof'],
    request: ['--request', 'it is asked what arrived, not for data'],
  });
  const run = { ...prepared, access: await readResponderAccess(options, machine) };
  return { run, needs: responderNeeds(options), start: (running) => askAll(run, running) };
}

function askAll(run: AskingMss, { open, queue, machine, counter }: Running<MssRunRecord>): Started {
  const emit: Emit = (record, attempts) => {
    counter.count({ state: record.state, attempts });
    queue.push(record);
  };
  const queries = new ResponderQueries(run, open, machine);
  const connectionPlans = pairPlans(run, open.routes, {
    plan: (pair) => connectionPlan(run, pair, queries, emit),
    unrouted: ({ name, errno }) => {
      const verdict = { state: 'error', reason: `send-error:${errnoName(errno)}` } as const;
      emit(mssRecordOf(name, verdict, responderEvidence([], 0), run.expectations), 0);
    },
  });
  const session = new ConnectionSession({ connectionPlans, atOnce: RESPONDER_PLANS });
  return { session, stats: () => session.stats };
}

/** Takes a record, and how many connections it took. */
type Emit = (record: MssRecord, attempts: number) => void;

/** One port: a question for each offer, one record for all. */
function* connectionPlan(
  run: AskingMss,
  { address, source, name }: MssAim,
  queries: ResponderQueries,
  emit: Emit,
): ConnectionPlan {
  const questions = offersFor(run.offers, source).map((offer) => {
    const options = offerOptions(run, source, { purpose: 'offered', offer });
    return { offer, ...queries.question(address, name.port, { ...run.spec, options }) };
  });
  const outcomes = new Map<ResponderOutcome['question'], ResponderOutcome>();
  yield* queries.plan(questions, (outcome) => outcomes.set(outcome.question, outcome));
  const attempts = [...outcomes.values()].reduce((count, outcome) => count + outcome.attempts.length, 0);
  const seen = questions.map((question) => {
    const outcome = outcomes.get(question);
    const attempt = outcome === undefined ? null : decisiveAttempt(outcome);
    const local = attempt === null ? null : localViewOf(attempt.connection);
    return { offered: question.offer, local, report: attempt?.report?.own ?? null, synSent: attempt?.syn ?? null };
  });
  const best = seen.find(({ local }) => local?.state === 'open') ?? seen.find(({ local }) => local !== null);
  const { state, reason } = best?.local ?? { state: 'filtered', reason: 'no-response' };
  emit(mssRecordOf(name, { state, reason }, responderEvidence(seen, mssFor(source)), run.expectations), attempts);
}
