import { followUps } from '../../analysis/mss/follow-ups.ts';
import { mssEvidence } from '../../analysis/mss/mss-evidence.ts';
import type { SynscopeError } from '../../errors.ts';
import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { mssFor } from '../../probe/craft/profiles.ts';
import { ProbeCookie } from '../../probe/craft/cookie.ts';
import { cookieNumbering, SynMaker } from '../../probe/craft/syn-maker.ts';
import { offersFor } from '../../probe/mss/offers.ts';
import { type MeasurementPlan, PortMeasurement, type Trial } from '../../probe/mss/port-measurement.ts';
import { JointSession } from '../../probe/session/joint-session.ts';
import type { MssRunRecord } from '../../records/mss/records.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { driveRun, type Driving, oneByOne, streamRecords } from '../drive-run.ts';
import { type Machine, machineWith, type RandomFill, randomKey } from '../machine.ts';
import type { OpenRun } from '../open-run.ts';
import { routedPairs } from '../routed-targets.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';
import { mssWithResponder } from './mss-responder.ts';
import { type MssAim, MssRecorder } from '../../records/mss/recorder.ts';
import { MssTraces, TRACE_PORTS } from './mss-traces.ts';
import { craftOffer, type MssOptions, type PreparedMss, prepareMss } from './prepare-mss.ts';

/** Ports that are measured side by side. */
const AT_ONCE = 8;
/** Connections to one port besides those of its offers. */
const MORE_CONNECTIONS = 3;

/**
 * Finds out for every (target, port) pair what becomes of the MSS option in each direction. Yields the run record, one
 * record for each pair as soon as it is final, and the summary. Leaves no connection open. Throws and ends early as
 * `probe` does.
 */
export function mss(options: MssOptions, machine: Partial<Machine> = {}): AsyncGenerator<MssRunRecord, void, undefined> {
  return oneByOne(mssInBatches(options, machine));
}

/** The same records, as many at a time as there are. */
export async function* mssInBatches(
  options: MssOptions,
  parts: Partial<Machine> = {},
): AsyncGenerator<readonly MssRunRecord[], void, undefined> {
  const machine = machineWith(parts);
  const run = await prepareMss(options, machine.random);
  if (options.responder === true) {
    yield* mssWithResponder(run, machine);
    return;
  }
  const open = await machine.open({
    options: run.options,
    sourceIp: run.spec.sourceIp,
    sourcePortCount: run.offers.length + MORE_CONNECTIONS + TRACE_PORTS,
    ports: 'resets-suppressed',
  });
  yield* streamRecords<MssRunRecord>(open, options, (driving) => measureAll(run, driving, machine));
}

async function measureAll(
  run: PreparedMss,
  driving: Driving<MssRunRecord>,
  { random, wallClock }: Machine,
): Promise<SynscopeError | null> {
  const { open, queue } = driving;
  const counter = new SummaryCounter(run);
  const traces = new MssTraces(run, {
    routes: open.routes,
    sourcePorts: open.sourcePorts.slice(-TRACE_PORTS),
    key: randomKey(random),
  });
  const recorder = new MssRecorder({
    expectations: run.expectations,
    trace: (aim, onQuote) => traces.add(aim, onQuote),
    emit: (record, connections) => {
      counter.count({ state: record.state, attempts: connections });
      queue.push(record);
    },
  });
  const means = { sourcePorts: open.sourcePorts.slice(0, -TRACE_PORTS), random };
  const connectionPlans = connectionPlansOf({ run, open, recorder }, means);
  const connections = new ConnectionSession({ connectionPlans, atOnce: AT_ONCE });
  queue.push(runRecordOf(run, open, wallClock()));
  return driveRun(driving, {
    session: new JointSession([connections, ...traces.sessions]),
    finish: () => recorder.end(),
    summary: (end) => {
      const { stats } = connections;
      return counter.summary({ ...stats, probesSent: stats.probesSent + traces.probesSent }, end);
    },
    nothingRouted: () => counter.nothingRouted,
  });
}

interface Measuring {
  readonly run: PreparedMss;
  readonly open: OpenRun;
  readonly recorder: MssRecorder;
}

/** What SYNs are made with. */
interface SynMeans {
  /** Their resets are suppressed; one for each connection of a port at least. */
  readonly sourcePorts: readonly number[];
  readonly random: RandomFill;
}

/** One for each pair, made when its turn comes. */
function* connectionPlansOf({ run, open, recorder }: Measuring, means: SynMeans): Generator<ConnectionPlan> {
  for (const { name, address, source, errno } of routedPairs(run, open.routes)) {
    if (source === null) recorder.unreachable(name, errno);
    else yield connectionPlan(recorder, { name, address, source }, planOf(run, { name, address, source }, means));
  }
}

/** A port's connections; the recorder learns when they are over. */
function* connectionPlan(recorder: MssRecorder, aim: MssAim, plan: MeasurementPlan): ConnectionPlan {
  const measurement = new PortMeasurement(plan);
  const end = recorder.begin(aim, measurement);
  yield* measurement.connections();
  end();
}

/** How a port is measured. Each has its own maker of SYNs, so that no two of its connections share a tuple. */
function planOf(run: PreparedMss, { name, address, source }: MssAim, { sourcePorts, random }: SynMeans): MeasurementPlan {
  const maker = new SynMaker(sourcePorts, cookieNumbering(new ProbeCookie(randomKey(random)), run.spec));
  const natural = mssFor(source);
  return {
    offers: offersFor(run.offers, source),
    makeSyn: (attempt) => maker.make(craftOffer(run, source, attempt), address, name.port).bytes,
    request: run.requestFor({ address: name.target, hostname: name.hostname, port: name.port }),
    initialRto: run.timing.timeoutMs * NANOS_PER_MS,
    retries: run.timing.retries,
    followUps: (trials) => followUps(mssEvidence(trials, natural), triedIn(trials)),
  };
}

function triedIn(trials: readonly Trial[]): Parameters<typeof followUps>[1] {
  const tried = (purpose: Trial['purpose']): boolean => trials.some((trial) => trial.purpose === purpose);
  return { again: tried('again'), twice: tried('offered-twice') };
}
