import type { Evidence } from '../../analysis/evidence.ts';
import { findFindings } from '../../analysis/find-findings.ts';
import { SynscopeError } from '../../errors.ts';
import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { type LocalView, localViewOf } from '../../probe/responder/local-view.ts';
import { decisiveAttempt, type ResponderOutcome } from '../../probe/responder/responder-query.ts';
import { judge } from '../../records/probe/expectations.ts';
import { portRecordWith, replyOf, rttOf } from '../../records/probe/build.ts';
import type { PortRecord, ProbeRecord } from '../../records/probe/records.ts';
import { responderPartOf } from '../../records/responder-record.ts';
import { errnoName } from '../../transport/errno.ts';
import { formatAddress } from '../../wire/address.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { decodePacket } from '../../wire/packet.ts';
import { driveRun, type Driving, streamRecords } from '../drive-run.ts';
import type { Machine } from '../machine.ts';
import type { OpenRun } from '../open-run.ts';
import { MOST_PAIRS } from '../options/run-options.ts';
import {
  readResponderAccess,
  refuseWithResponder,
  RESPONDER_PLANS,
  RESPONDER_PORTS,
  type ResponderAccess,
  ResponderQueries,
} from '../responder-queries.ts';
import { portsIn, routedTargets } from '../routed-targets.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';
import { type PreparedRun, progressTeller } from './prepare.ts';

/** A probe that asks a responder. */
interface AskingProbe extends PreparedRun {
  readonly access: ResponderAccess;
}

/** The records of `probe` with `responder`: at least one connection for each port, and what the responder says of it. */
export async function* probeWithResponder(
  prepared: PreparedRun,
  machine: Machine,
): AsyncGenerator<readonly ProbeRecord[], void, undefined> {
  const { options, spec, targets, ports } = prepared;
  refuseWithResponder(options, {
    seq: ['--seq', 'the sequence number carries the proof'],
    badsum: ['--badsum', 'a SYN with a wrong checksum is answered by no responder'],
    count: ['--count', 'each port is asked once'],
    rate: ['--rate', 'ports are asked a few at a time'],
    maxInFlight: ['--max-in-flight', 'ports are asked a few at a time'],
    shard: ['--shard', 'all ports are asked'],
  });
  if (targets.size * ports.size > MOST_PAIRS) {
    const size = `${targets.size} targets and ${ports.size} ports`;
    throw new SynscopeError('usage', `--responder for ${size}: at most ${MOST_PAIRS} pairs`);
  }
  const run = { ...prepared, shard: null, access: await readResponderAccess(options, machine) };
  const sourcePortCount = options.sourcePort === undefined ? RESPONDER_PORTS : 1;
  const open = await machine.open({ options, sourceIp: spec.sourceIp, sourcePortCount, ports: 'resets-suppressed' });
  yield* streamRecords<ProbeRecord>(open, options, (driving) => askAll(run, driving, machine));
}

async function askAll(run: AskingProbe, driving: Driving<ProbeRecord>, machine: Machine): Promise<SynscopeError | null> {
  const { open, queue } = driving;
  const counter = new SummaryCounter(run);
  const done = { pairsDone: 0, open: 0 };
  const emit = (record: PortRecord): void => {
    const judged = run.expectations === null ? record : { ...record, expectation: judge(record, run.expectations) };
    counter.count(judged);
    done.pairsDone++;
    if (record.state === 'open') done.open++;
    queue.push(judged);
  };
  const connectionPlans = connectionPlansOf(run, { open, machine, emit });
  const session = new ConnectionSession({ connectionPlans, atOnce: RESPONDER_PLANS });
  queue.push(runRecordOf(run, open, machine.wallClock()));
  return driveRun(driving, {
    session,
    onTurn: progressTeller(run, () => ({ ...done, probesSent: session.stats.probesSent })),
    summary: (end) => counter.summary(session.stats, end),
    nothingRouted: () => counter.nothingRouted,
  });
}

interface Asking {
  readonly open: OpenRun;
  readonly machine: Machine;
  readonly emit: (record: PortRecord) => void;
}

/** One for each target, made when its turn comes. */
function* connectionPlansOf(run: AskingProbe, { open, machine, emit }: Asking): Generator<ConnectionPlan> {
  const queries = new ResponderQueries(run, open, machine);
  const ports = portsIn(run.ports);
  for (const { target, hostname, address, source, errno } of routedTargets(run, open.routes)) {
    const about = { target, hostname };
    if (source === null) for (const port of ports) emit(unroutedRecord({ ...about, port }, errno));
    else {
      const questions = ports.map((port) => queries.question(address, port));
      yield queries.plan(questions, (outcome) => emit(recordOf(outcome, about)));
    }
  }
}

type PairName = Pick<PortRecord, 'target' | 'hostname' | 'port'>;

function unroutedRecord(about: PairName, errno: number): PortRecord {
  return portRecordWith({ ...about, state: 'error', reason: `send-error:${errnoName(errno)}`, attempts: 0 });
}

function recordOf(outcome: ResponderOutcome, name: Omit<PairName, 'port'>): PortRecord {
  const about = { ...name, port: outcome.question.port };
  const attempt = decisiveAttempt(outcome);
  if (attempt === null) return portRecordWith({ ...about, state: 'error', reason: 'no-response', attempts: 0 });
  const local = localViewOf(attempt.connection);
  const { responder, findings } = responderPartOf(outcome, attempt, local);
  const isTold = responder.status === 'reported' || responder.status === 'arrived';
  const oneEnded = isTold ? [] : findFindings(evidenceOf(attempt.syn, local));
  return portRecordWith({
    ...about,
    state: local.state,
    reason: local.reason,
    from: local.from === null ? null : formatAddress(local.from),
    ttl: local.packet?.ip.ttl ?? null,
    attempts: outcome.attempts.reduce((count, { connection }) => count + connection.synCount, 0),
    rttMs: rttOf(local.rtt === null ? [] : [local.rtt / NANOS_PER_MS]),
    reply: replyOf(local.packet),
    findings: [...findings, ...oneEnded],
    responder,
  });
}

/** What can be said without the responder. */
function evidenceOf(syn: Uint8Array, { packet, rtt }: LocalView): Evidence {
  const sent = decodePacket(syn);
  const nothing = { conflict: null, rejected: null, rejectedCount: 0, host: null };
  return { ...nothing, sent: sent.ok ? sent.value : null, reply: packet, rttMs: rtt === null ? null : rtt / NANOS_PER_MS };
}
