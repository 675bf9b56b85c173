import { randomBytes } from 'node:crypto';

import type { SynscopeError } from '../../errors.ts';
import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { JointSession } from '../../probe/session/joint-session.ts';
import { PortMeasurement } from '../../probe/mss/port-measurement.ts';
import type { MssRunRecord } from '../../records/mss/records.ts';
import { formatAddress } from '../../wire/address.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { runSession } from '../loop/loop.ts';
import type { MssOptions } from './mss-options.ts';
import { mssWithResponder } from './mss-responder.ts';
import { type MssAim, measurementPlan } from './mss-plan.ts';
import { MssRecorder } from '../../records/mss/recorder.ts';
import { MssTraces, TRACE_PORTS } from './mss-traces.ts';
import { openRun, type OpenRun } from '../open-run.ts';
import { type PreparedMss, prepareMss } from './prepare-mss.ts';
import { type Driving, lostInterface, noRoute, oneByOne, streamRecords } from '../loop/record-stream.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';

/** Ports that are measured side by side. */
const AT_ONCE = 8;
/** Connections of one port besides those that offer. */
const MORE_CONNECTIONS = 3;

/**
 * Finds out for every (target, port) pair what becomes of the MSS option in each direction, and yields the run record, one record for each pair as soon as it
 * is final, and the summary. Prints nothing. Throws a SynscopeError: before the first record for input that cannot be accepted, missing rights or an engine
 * that does not open; after the summary when no target had a route or the interface was lost. Ends early, with `interrupted` in the summary, when
 * `options.signal` aborts; no connection is left open.
 */
export function mss(options: MssOptions): AsyncGenerator<MssRunRecord, void, undefined> {
  return oneByOne(mssInBatches(options));
}

/** The same records, handed over as many at a time as there are. */
export async function* mssInBatches(options: MssOptions): AsyncGenerator<readonly MssRunRecord[], void, undefined> {
  const run = await prepareMss(options);
  if (options.responder === true) {
    yield* mssWithResponder(run);
    return;
  }
  const open = await openRun({
    options: run.options,
    sourceIp: run.spec.sourceIp,
    sourcePortCount: run.offers.length + MORE_CONNECTIONS + TRACE_PORTS,
    ports: 'resets-suppressed',
  });
  yield* streamRecords<MssRunRecord>(open, options, (driving) => measureAll(run, driving));
}

async function measureAll(run: PreparedMss, { open, queue, signal }: Driving<MssRunRecord>): Promise<SynscopeError | null> {
  const { transport, sourcePorts } = open;
  const counter = new SummaryCounter(run);
  const traces = new MssTraces(run, open.routes, sourcePorts.slice(-TRACE_PORTS));
  const recorder = new MssRecorder<MssAim>({
    expectations: run.expectations,
    trace: (aim, onQuote) => traces.add(aim, onQuote),
    emit: (record, connections) => {
      counter.count({ state: record.state, attempts: connections });
      queue.push(record);
    },
  });
  const connections = new ConnectionSession({ connectionPlans: connectionPlansOf(run, open, recorder), atOnce: AT_ONCE });
  queue.push(runRecordOf(run, open));
  const session = new JointSession([connections, ...traces.sessions]);
  const fault = await runSession(session, transport, { signal, onTurn: () => undefined });
  recorder.end();
  const interrupted = fault === null && signal.aborted;
  const { stats } = connections;
  const end = { drops: transport.drops(), durationMs: transport.now() / NANOS_PER_MS, interrupted };
  queue.push(counter.summary({ ...stats, probesSent: stats.probesSent + traces.probesSent }, end));
  if (fault !== null) return lostInterface(fault);
  return interrupted || !counter.nothingRouted ? null : noRoute();
}

/** One for each pair, made when its turn comes. */
function* connectionPlansOf(
  run: PreparedMss,
  { routes, ...open }: OpenRun,
  recorder: MssRecorder<MssAim>,
): Generator<ConnectionPlan> {
  const sourcePorts = open.sourcePorts.slice(0, -TRACE_PORTS);
  for (let index = 0; index < run.targets.size; index++) {
    const address = run.targets.at(index);
    const route = routes.lookup(address);
    const source = route < 0 ? null : (routes.sources[route] ?? null);
    for (let place = 0; place < run.ports.size; place++) {
      const port = run.ports.at(place);
      const name = { target: formatAddress(address), hostname: run.targets.hostname(index), port };
      const key = new Uint32Array(randomBytes(16).buffer.slice(0, 16));
      if (source === null) recorder.unreachable(name, -route);
      else yield connectionPlan(run, { name, address, source, sourcePorts, key }, recorder);
    }
  }
}

/** A port's connections, with a word to the recorder when they are over. */
function* connectionPlan(run: PreparedMss, aim: MssAim, recorder: MssRecorder<MssAim>): ConnectionPlan {
  const measurement = new PortMeasurement(measurementPlan(run, aim));
  const end = recorder.begin(aim, measurement);
  yield* measurement.connections();
  end();
}
