import { randomBytes, randomInt } from 'node:crypto';

import { responderEvidence } from '../../analysis/mss/responder-evidence.ts';
import { SynscopeError } from '../../errors.ts';
import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { type Offer, offersFor } from '../../probe/mss/offers.ts';
import { mssForMtu } from '../../probe/craft/profiles.ts';
import { decisiveAttempt, type ResponderOutcome, queryResponder, type MakeSyn } from '../../probe/responder/responder-query.ts';
import { localViewOf } from '../../probe/responder/local-view.ts';
import { ProofSyns } from '../../probe/responder/proof-syns.ts';
import type { Mac } from '../../probe/responder/token-mac.ts';
import { type MssPort, mssRecordOf } from '../../records/mss/build.ts';
import type { MssRecord, MssRunRecord } from '../../records/mss/records.ts';
import { errnoName } from '../../transport/errno.ts';
import type { Source } from '../../transport/transport.ts';
import { type Address, formatAddress } from '../../wire/address.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { runSession } from '../loop/loop.ts';
import { openRun, type OpenRun } from '../open-run.ts';
import type { MssOptions } from './mss-options.ts';
import { offerOptions, type PreparedMss } from './prepare-mss.ts';
import { type Driving, lostInterface, noRoute, streamRecords } from '../loop/record-stream.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';
import { openToken } from '../options/token.ts';

/** In turn, so that no two attempts at a port within a run share one. */
const SOURCE_PORTS = 64;
/** Ports at a time. */
const AT_ONCE = 8;

/** A run with a responder. */
interface ResponderRun extends PreparedMss {
  readonly mac: Mac;
}

/** The records of `mss` with `responder`: a SYN for each offer, and what the responder says arrived and left. Nothing is asked for but that. */
export async function* mssWithResponder(prepared: PreparedMss): AsyncGenerator<readonly MssRunRecord[], void, undefined> {
  const { options, spec } = prepared;
  refuse(options);
  const run = { ...prepared, mac: openToken(options, options.onWarning ?? (() => undefined)) };
  const sourcePortCount = options.sourcePort === undefined ? SOURCE_PORTS : 1;
  const open = await openRun({ options, sourceIp: spec.sourceIp, sourcePortCount, ports: 'resets-suppressed' });
  yield* streamRecords<MssRunRecord>(open, options, (driving) => askAll(run, driving));
}

/** Throws a usage error for an option that a responder leaves no use for. */
function refuse({ seq, request }: MssOptions): void {
  if (seq !== undefined) throw new SynscopeError('usage', '--seq with --responder: the sequence number carries the proof');
  if (request !== undefined)
    throw new SynscopeError('usage', '--request with --responder: it is asked what arrived, not for data');
}

async function askAll(run: ResponderRun, { open, queue, signal }: Driving<MssRunRecord>): Promise<SynscopeError | null> {
  const { transport } = open;
  const counter = new SummaryCounter(run);
  const emit = (record: MssRecord, attempts: number): void => {
    counter.count({ state: record.state, attempts });
    queue.push(record);
  };
  const session = new ConnectionSession({ connectionPlans: connectionPlansOf(run, open, emit), atOnce: AT_ONCE });
  queue.push(runRecordOf(run, open));
  const fault = await runSession(session, transport, { signal, onTurn: () => undefined });
  const interrupted = fault === null && signal.aborted;
  const end = { drops: transport.drops(), durationMs: transport.now() / NANOS_PER_MS, interrupted };
  queue.push(counter.summary(session.stats, end));
  if (fault !== null) return lostInterface(fault);
  return counter.nothingRouted && !interrupted ? noRoute() : null;
}

type Emit = (record: MssRecord, attempts: number) => void;

function* connectionPlansOf(run: ResponderRun, open: OpenRun, emit: Emit): Generator<ConnectionPlan> {
  const { mac, spec } = run;
  const { routes, sourcePorts } = open;
  const syns = new ProofSyns({ mac, wallClock: Date.now, sourcePorts, ipId: spec.ipId, firstId: randomInt(65_535), routes });
  for (let index = 0; index < run.targets.size; index++) {
    const address = run.targets.at(index);
    const route = routes.lookup(address);
    const source = route < 0 ? null : (routes.sources[route] ?? null);
    for (let place = 0; place < run.ports.size; place++) {
      const port = run.ports.at(place);
      const name = { target: formatAddress(address), hostname: run.targets.hostname(index), port };
      if (source === null) emit(unrouted(run, name, -route), 0);
      else yield connectionPlan(run, { open, syns, address, source, name }, emit);
    }
  }
}

interface ResponderAim {
  readonly open: OpenRun;
  readonly syns: ProofSyns;
  readonly address: Address;
  readonly source: Source;
  readonly name: MssPort;
}

/** One port: a question for each offer, told of together. */
function* connectionPlan(run: ResponderRun, aim: ResponderAim, emit: Emit): ConnectionPlan {
  const { timing, mac } = run;
  const offers = offersFor(run.offers, aim.source.mtu);
  const questions = offers.map((offer) => ({ port: aim.name.port, makeSyn: maker(run, aim, offer) }));
  const outcomes: ResponderOutcome[] = [];
  yield* queryResponder({
    questions,
    control: null,
    mac,
    nonce: () => new Uint8Array(randomBytes(16)),
    initialRto: timing.timeoutMs * NANOS_PER_MS,
    retries: timing.retries,
    now: () => aim.open.transport.now(),
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  const attempts = outcomes.reduce((count, outcome) => count + outcome.attempts.length, 0);
  emit(recordOf(run, aim, { offers, questions, outcomes }), attempts);
}

function maker({ spec }: ResponderRun, { syns, address, source, name }: ResponderAim, offer: Offer): MakeSyn {
  const options = offerOptions({ spec }, source, { purpose: 'offered', offer });
  return syns.to(address, name.port, { spec: { ...spec, options }, carriers: [] });
}

interface Asked {
  readonly offers: readonly Offer[];
  readonly questions: readonly ResponderOutcome['question'][];
  readonly outcomes: readonly ResponderOutcome[];
}

function recordOf(run: ResponderRun, { name, source }: ResponderAim, { offers, questions, outcomes }: Asked): MssRecord {
  const seen = offers.map((offered, index) => {
    const outcome = outcomes.find(({ question }) => question === questions[index]);
    const attempt = outcome === undefined ? null : decisiveAttempt(outcome);
    const local = attempt === null ? null : localViewOf(attempt.connection);
    return { offered, local, report: attempt?.exchange.report?.own ?? null, synSent: attempt?.syn ?? null };
  });
  const best = seen.find(({ local }) => local?.state === 'open') ?? seen.find(({ local }) => local !== null);
  const verdict = { state: best?.local?.state ?? 'filtered', reason: best?.local?.reason ?? 'no-response' } as const;
  return mssRecordOf(name, verdict, responderEvidence(seen, mssForMtu(source.mtu)), run.expectations);
}

function unrouted(run: ResponderRun, name: MssPort, errno: number): MssRecord {
  const verdict = { state: 'error', reason: `send-error:${errnoName(errno)}` } as const;
  return mssRecordOf(name, verdict, responderEvidence([], 0), run.expectations);
}
