import { randomBytes, randomInt } from 'node:crypto';

import type { Evidence } from '../../analysis/evidence.ts';
import { findFindings } from '../../analysis/find-findings.ts';
import type { SynscopeError } from '../../errors.ts';
import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { decisiveAttempt, type ResponderOutcome, queryResponder } from '../../probe/responder/responder-query.ts';
import { type LocalView, localViewOf } from '../../probe/responder/local-view.ts';
import { ProofSyns } from '../../probe/responder/proof-syns.ts';
import { judge } from '../../records/probe/expectations.ts';
import { responderPartOf } from '../../records/responder-record.ts';
import { replyOf, singleRttOf } from '../../records/probe/build.ts';
import type { PortRecord, ProbeRecord } from '../../records/probe/records.ts';
import { errnoName } from '../../transport/errno.ts';
import { formatAddress } from '../../wire/address.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { decodePacket } from '../../wire/packet.ts';
import { runSession } from '../loop/loop.ts';
import { type OpenRun, openRun } from '../open-run.ts';
import type { PreparedRun } from './prepare.ts';
import { type ResponderRun, prepareResponder } from '../responder/prepare-responder.ts';
import { ProgressClock } from './progress-clock.ts';
import { type Driving, lostInterface, noRoute, streamRecords } from '../loop/record-stream.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';

/** Source ports in turn: no two attempts at one port within a run share one, as far as 64 go. */
const SOURCE_PORTS = 64;
/** Targets at a time. */
const AT_ONCE = 8;
const DEFAULT_RETRIES = 2;

/** The records of `probe` with `responder`: one connection a port at least, and what the responder says of it. */
export async function* probeWithResponder(run: PreparedRun): AsyncGenerator<readonly ProbeRecord[], void, undefined> {
  const responder = await prepareResponder(run);
  const { options, spec } = run;
  const sourcePortCount = options.sourcePort === undefined ? SOURCE_PORTS : 1;
  const open = await openRun({ options, sourceIp: spec.sourceIp, sourcePortCount, ports: 'resets-suppressed' });
  yield* streamRecords<ProbeRecord>(open, options, (driving) => probeAll(responder, driving));
}

async function probeAll(run: ResponderRun, { open, queue, signal }: Driving<ProbeRecord>): Promise<SynscopeError | null> {
  const { transport } = open;
  const counter = new SummaryCounter(run);
  const done = { pairsDone: 0, open: 0 };
  const emit = (record: PortRecord): void => {
    const judged = run.expectations === null ? record : { ...record, expectation: judge(record, run.expectations) };
    counter.count(judged);
    done.pairsDone++;
    if (record.state === 'open') done.open++;
    queue.push(judged);
  };
  const session = new ConnectionSession({ connectionPlans: connectionPlans(run, open, emit), atOnce: AT_ONCE });
  queue.push(runRecordOf({ ...run, command: 'probe', shard: null }, open));
  const progress = new ProgressClock(run, {
    get stats() {
      return { ...done, probesSent: session.stats.probesSent };
    },
  });
  const onTurn = (now: Nanos): void => progress.tick(now / NANOS_PER_MS);
  const fault = await runSession(session, transport, { signal, onTurn });
  const interrupted = fault === null && signal.aborted;
  const durationMs = transport.now() / NANOS_PER_MS;
  queue.push(counter.summary(session.stats, { drops: transport.drops(), durationMs, interrupted }));
  if (fault !== null) return lostInterface(fault);
  return counter.nothingRouted && !interrupted ? noRoute() : null;
}

/** The work of each target in turn. */
function* connectionPlans(run: ResponderRun, open: OpenRun, emit: (record: PortRecord) => void): Generator<ConnectionPlan> {
  const { mac, spec, timing, targets, control } = run;
  const syns = new ProofSyns({
    mac,
    wallClock: () => Date.now(),
    sourcePorts: open.sourcePorts,
    ipId: spec.ipId,
    firstId: randomInt(65_535),
    routes: open.routes,
  });
  for (let index = 0; index < targets.size; index++) {
    const target = targets.at(index);
    const ports = Array.from({ length: run.ports.size }, (_, place) => run.ports.at(place));
    const errno = open.routes.lookup(target);
    const about = { target: formatAddress(target), hostname: targets.hostname(index) };
    if (errno < 0) for (const port of ports) emit(unroutedRecord({ ...about, port }, errno));
    else {
      yield queryResponder({
        questions: ports.map((port) => ({ port, makeSyn: syns.to(target, port, run) })),
        control: control === null ? null : syns.to(control.address, control.port, run),
        mac,
        nonce: () => new Uint8Array(randomBytes(16)),
        initialRto: timing.timeoutMs * NANOS_PER_MS,
        retries: timing.retries ?? DEFAULT_RETRIES,
        now: () => open.transport.now(),
        onOutcome: (outcome) => emit(recordOf(outcome, about)),
      });
    }
  }
}

type PairName = Pick<PortRecord, 'target' | 'hostname' | 'port'>;

const NOTHING_HEARD = { from: null, ttl: null, reply: null, findings: [], expectation: null } as const;

function unroutedRecord(about: PairName, errno: number): PortRecord {
  const rttMs = singleRttOf(null);
  return {
    type: 'port',
    ...about,
    state: 'error',
    reason: `send-error:${errnoName(errno)}`,
    attempts: 0,
    rttMs,
    ...NOTHING_HEARD,
  };
}

function recordOf(outcome: ResponderOutcome, name: Omit<PairName, 'port'>): PortRecord {
  const about = { type: 'port', ...name, port: outcome.question.port } as const;
  const attempt = decisiveAttempt(outcome);
  if (attempt === null)
    return { ...about, state: 'error', reason: 'no-response', attempts: 0, rttMs: singleRttOf(null), ...NOTHING_HEARD };
  const local = localViewOf(attempt.connection);
  const { responder, findings } = responderPartOf(outcome, attempt, local);
  const isTold = responder.status === 'reported' || responder.status === 'arrived';
  const oneEnded = isTold ? [] : findFindings(evidenceOf(attempt.syn, local));
  return {
    ...about,
    state: local.state,
    reason: local.reason,
    from: local.from === null ? null : formatAddress(local.from),
    ttl: local.packet?.ip.ttl ?? null,
    attempts: outcome.attempts.reduce((count, { connection }) => count + connection.synCount, 0),
    rttMs: singleRttOf(local.rtt === null ? null : local.rtt / NANOS_PER_MS),
    reply: replyOf(local.packet),
    findings: [...findings, ...oneEnded],
    expectation: null,
    responder,
  };
}

/** What can be said without the responder. */
function evidenceOf(syn: Uint8Array, { packet, rtt }: LocalView): Evidence {
  const sent = decodePacket(syn);
  const nothing = { conflict: null, rejected: null, rejectedCount: 0, host: null };
  return { ...nothing, sent: sent.ok ? sent.value : null, reply: packet, rttMs: rtt === null ? null : rtt / NANOS_PER_MS };
}
