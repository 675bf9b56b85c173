import { followUps } from '../../analysis/mss/follow-ups.ts';
import { mssEvidence } from '../../analysis/mss/mss-evidence.ts';
import { ConnectionSession } from '../../probe/connection/connection-session.ts';
import { mssFor } from '../../probe/craft/profiles.ts';
import { ProbeCookie } from '../../probe/craft/cookie.ts';
import { cookieNumbering, SynMaker } from '../../probe/craft/syn-maker.ts';
import { offersFor } from '../../probe/mss/offers.ts';
import { type MeasurementPlan, PortMeasurement, type Trial } from '../../probe/mss/port-measurement.ts';
import { JointSession } from '../../probe/session/joint-session.ts';
import { type MssAim, MssRecorder } from '../../records/mss/recorder.ts';
import type { MssRunRecord } from '../../records/mss/records.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { type BatchCommand, type Command, inBatches, oneByOne, type Running, type Started } from '../command.ts';
import { randomKey } from '../machine.ts';
import { pairPlans } from '../routed-targets.ts';
import { mssWithResponder } from './mss-responder.ts';
import { openMssTraces, TRACE_PORTS } from './mss-traces.ts';
import { craftOffer, type MssOptions, type PreparedMss, prepareMss } from './prepare-mss.ts';

/** Ports that are measured side by side. */
const AT_ONCE = 8;
/** Connections to one port besides those of its offers. */
const MORE_CONNECTIONS = 3;

/** The records of `mss`, as many at a time as there are. */
export const mssInBatches: BatchCommand<MssOptions, MssRunRecord> = inBatches(async (options, machine) => {
  const run = await prepareMss(options, machine.random);
  if (options.responder === true) return mssWithResponder(run, machine);
  return {
    run,
    needs: { sourcePortCount: run.offers.length + MORE_CONNECTIONS + TRACE_PORTS, ports: 'resets-suppressed' },
    start: (running) => measureAll(run, running),
  };
});

/**
 * Finds out for every (target, port) pair what becomes of the MSS option in each direction. Yields the run
 * record, one for each pair once it is final, and the summary. Leaves no connection open. Throws and ends
 * early as `probe` does.
 */
export const mss: Command<MssOptions, MssRunRecord> = oneByOne(mssInBatches);

function measureAll(run: PreparedMss, { open, queue, machine, counter }: Running<MssRunRecord>): Started {
  const { routes, sourcePorts } = open;
  const { random } = machine;
  const traces = openMssTraces(run.spec, routes, sourcePorts.slice(-TRACE_PORTS), randomKey(random));
  const recorder = new MssRecorder({
    expectations: run.expectations,
    trace: traces.add,
    emit: (record, connections) => {
      counter.count({ state: record.state, attempts: connections });
      queue.push(record);
    },
  });
  const newMaker = (): SynMaker =>
    new SynMaker(sourcePorts.slice(0, -TRACE_PORTS), cookieNumbering(new ProbeCookie(randomKey(random)), run.spec));
  const connectionPlans = pairPlans(run, routes, {
    // Each port has its own maker of SYNs, so that no two of its connections share a tuple.
    plan: (pair) => recorder.follow(pair, new PortMeasurement(planOf(run, pair, newMaker()))),
    unrouted: ({ name, errno }) => recorder.unreachable(name, errno),
  });
  const connections = new ConnectionSession({ connectionPlans, atOnce: AT_ONCE });
  return {
    session: new JointSession([connections, ...traces.sessions]),
    stats: () => {
      const { stats } = connections;
      return { ...stats, probesSent: stats.probesSent + traces.probesSent() };
    },
    finish: () => recorder.end(),
  };
}

function planOf(run: PreparedMss, { name, address, source }: MssAim, maker: SynMaker): MeasurementPlan {
  const natural = mssFor(source);
  return {
    offers: offersFor(run.offers, source),
    makeSyn: (attempt) => maker.make(craftOffer(run, source, attempt), address, name.port).bytes,
    request: run.requestFor(name),
    initialRto: run.timing.timeoutMs * NANOS_PER_MS,
    retries: run.timing.retries,
    followUps: (trials) => followUps(mssEvidence(trials, natural), triedIn(trials)),
  };
}

function triedIn(trials: readonly Trial[]): Parameters<typeof followUps>[1] {
  const tried = (purpose: Trial['purpose']): boolean => trials.some((trial) => trial.purpose === purpose);
  return { again: tried('again'), twice: tried('offered-twice') };
}
