import { findFindings } from '../../analysis/find-findings.ts';
import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { localViewOf } from '../../probe/responder/local-view.ts';
import { decisiveAttempt, type ResponderOutcome } from '../../probe/responder/responder-query.ts';
import { portsIn } from '../../probe/targets/ports.ts';
import { judge } from '../../records/probe/expectations.ts';
import { portRecordOf, replyOf, type TargetName } from '../../records/probe/build.ts';
import type { PortRecord, ProbeRecord } from '../../records/probe/records.ts';
import { responderPartOf } from '../../records/responder-record.ts';
import { errnoName } from '../../transport/errno.ts';
import type { Routes } from '../../transport/transport.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { decodePacket } from '../../wire/packet.ts';
import type { Plan, Running, Started } from '../command.ts';
import type { Machine } from '../machine.ts';
import { limitPairs } from '../options/read-options.ts';
import {
  type Asking,
  readResponderAccess,
  refuseWithResponder,
  RESPONDER_PLANS,
  ResponderQueries,
  responderNeeds,
} from '../responder-queries.ts';
import { routedTargets } from '../routed-targets.ts';
import { type PreparedRun, progressTeller } from './prepare.ts';

type AskingProbe = Asking<PreparedRun>;

/** `probe` with `responder`: at least one connection for each port, and what the responder says of it. */
export async function probeWithResponder(prepared: PreparedRun, machine: Machine): Promise<Plan<ProbeRecord>> {
  const { options } = prepared;
  refuseWithResponder(options, {
    seq: ['--seq', 'the sequence number carries the proof'],
    badsum: ['--badsum', 'a SYN with a wrong checksum is answered by no responder'],
    count: ['--count', 'each port is asked once'],
    rate: ['--rate', 'ports are asked a few at a time'],
    maxInFlight: ['--max-in-flight', 'ports are asked a few at a time'],
    shard: ['--shard', 'all ports are asked'],
  });
  limitPairs('--responder for', prepared);
  const run = { ...prepared, shard: null, access: await readResponderAccess(options, machine) };
  return { run, needs: responderNeeds(options), start: (running) => askAll(run, running) };
}

function askAll(run: AskingProbe, { open, queue, machine, counter }: Running<ProbeRecord>): Started {
  const done = { pairsDone: 0, open: 0 };
  const emit = (record: PortRecord): void => {
    const judged = run.expectations === null ? record : { ...record, expectation: judge(record, run.expectations) };
    counter.count(judged);
    done.pairsDone++;
    if (record.state === 'open') done.open++;
    queue.push(judged);
  };
  const connectionPlans = connectionPlansOf(run, open.routes, new ResponderQueries(run, open, machine), emit);
  const session = new ConnectionSession({ connectionPlans, atOnce: RESPONDER_PLANS });
  const onTurn = progressTeller(run, () => ({ ...done, probesSent: session.stats.probesSent }));
  return { session, stats: () => session.stats, onTurn };
}

/** One for each target, made when its turn comes. */
function* connectionPlansOf(
  run: AskingProbe,
  routes: Routes,
  queries: ResponderQueries,
  emit: (record: PortRecord) => void,
): Generator<ConnectionPlan> {
  const ports = portsIn(run.ports);
  for (const target of routedTargets(run, routes)) {
    const { address, source, errno } = target;
    if (source === null) for (const port of ports) emit(failedRecord(target, port, `send-error:${errnoName(errno)}`));
    else {
      const questions = ports.map((port) => queries.question(address, port));
      yield queries.plan(questions, (outcome) => emit(recordOf(outcome, target)));
    }
  }
}

function failedRecord(target: TargetName, port: number, reason: string): PortRecord {
  const verdict = { port, state: 'error', reason, from: null, ttl: null, attempts: 0, rttSamples: [] } as const;
  return portRecordOf(verdict, target, null);
}

function recordOf(outcome: ResponderOutcome, target: TargetName): PortRecord {
  const { port } = outcome.question;
  const attempt = decisiveAttempt(outcome);
  if (attempt === null) return failedRecord(target, port, 'no-response');
  const local = localViewOf(attempt.connection);
  const { state, reason, from, packet } = local;
  const { responder, findings } = responderPartOf(outcome, attempt, local);
  const attempts = outcome.attempts.reduce((count, { connection }) => count + connection.synCount, 0);
  const rttMs = local.rtt === null ? null : local.rtt / NANOS_PER_MS;
  const rttSamples = rttMs === null ? [] : [rttMs];
  const verdict = { port, state, reason, from, ttl: packet?.ip.ttl ?? null, attempts, rttSamples };
  const isTold = responder.status === 'reported' || responder.status === 'arrived';
  const sent = decodePacket(attempt.syn);
  const evidence = { sent: sent.ok ? sent.value : null, reply: packet, rttMs, ...NOTHING_ELSE };
  const oneEnded = isTold ? [] : findFindings(evidence);
  return { ...portRecordOf(verdict, target, replyOf(packet)), findings: [...findings, ...oneEnded], responder };
}

/** What a connection of its own does not show. */
const NOTHING_ELSE = { conflict: null, rejected: null, rejectedCount: 0, host: null };
