import type { Network } from '../network/network.ts';
import { SimulatedRoutes } from '../network/simulated-routes.ts';
import { SimulatedTransport } from '../network/simulated-transport.ts';
import { ConnectionSession, type ConnectionPlan } from '../../src/probe/connection/connection-session.ts';
import { JointSession } from '../../src/probe/session/joint-session.ts';
import { parseOffers } from '../../src/probe/mss/offers.ts';
import { PortMeasurement } from '../../src/probe/mss/port-measurement.ts';
import { type MssExpectations, parseMssExpectations } from '../../src/records/mss/expectations.ts';
import type { MssRecord } from '../../src/records/mss/records.ts';
import { runSession } from '../../src/run/loop/loop.ts';
import { type MssAim, measurementPlan } from '../../src/run/mss/mss-plan.ts';
import { MssRecorder } from '../../src/records/mss/recorder.ts';
import { MssTraces } from '../../src/run/mss/mss-traces.ts';
import { readRequest } from '../../src/run/options/read-request.ts';
import { readSpec, readTiming } from '../../src/run/options/read-options.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { NANOS_PER_MS } from '../../src/wire/numbers.ts';

/** What is asked of a network; everything else is as `mss` does it by default. */
export interface MssAsk {
  readonly port?: number;
  readonly offer?: string;
  readonly request?: string;
  readonly options?: string;
  readonly expect?: string;
  readonly seed?: number;
  /** Milliseconds after which the run is interrupted. */
  readonly interruptAt?: number;
}

/** What came out. */
export interface MssOutcome {
  readonly record: MssRecord;
  /** `offered>advertised:effective`, `?` for what is not known. */
  readonly rows: readonly string[];
  /** `clampedTo certainty` of each direction. */
  readonly forward: string;
  readonly reverse: string;
  readonly durationMs: number;
  readonly connections: number;
}

const SERVER = '198.51.100.7';
const TRACE_PORTS = [30_000, 30_001, 30_002];
const SOURCE_PORTS = Array.from({ length: 32 }, (_, index) => 20_000 + index);

/** Measures the server of `network` as the command would, without sockets and without waiting. */
export async function measureMss(network: Network, ask: MssAsk = {}): Promise<MssOutcome> {
  const local = { ...network.local, resets: true, silentPorts: [...SOURCE_PORTS, ...TRACE_PORTS] };
  const transport = new SimulatedTransport({ ...network, local }, { seed: ask.seed ?? 1, slotSize: 2048 });
  const routes = new SimulatedRoutes(network.local);
  const run = preparedRun(ask);
  const traces = new MssTraces(run, routes, TRACE_PORTS);
  let outcome: Emitted | null = null;
  const recorder = new MssRecorder<MssAim>({
    expectations: run.expectations,
    trace: (aim, onQuote) => traces.add(aim, onQuote),
    emit: (record, connections) => {
      outcome = { record, connections };
    },
  });
  const connections = new ConnectionSession({ connectionPlans: [connectionPlan(run, routes, recorder, ask)], atOnce: 1 });
  const interrupt = new AbortController();
  if (ask.interruptAt !== undefined) transport.at(ask.interruptAt, () => interrupt.abort());
  const session = new JointSession([connections, ...traces.sessions]);
  await runSession(session, transport, { signal: interrupt.signal, onTurn: () => undefined });
  const durationMs = transport.now() / NANOS_PER_MS;
  recorder.end();
  await transport.close();
  if (outcome === null) throw new Error('no record');
  return { ...inWords(outcome), durationMs };
}

type SimulatedRun = Parameters<typeof measurementPlan>[0] & { readonly expectations: MssExpectations | null };

function preparedRun(ask: MssAsk): SimulatedRun {
  return {
    spec: { ...readSpec(ask.options === undefined ? {} : { options: ask.options }), window: 0xffff },
    timing: { ...readTiming({}), retries: 1 },
    offers: parseOffers(ask.offer),
    requestFor: readRequest('--request', ask.request),
    expectations: parseMssExpectations(ask),
  };
}

function* connectionPlan(run: SimulatedRun, routes: SimulatedRoutes, recorder: MssRecorder<MssAim>, ask: MssAsk): ConnectionPlan {
  const address = parseAddress(SERVER) as NonNullable<ReturnType<typeof parseAddress>>;
  const source = routes.sources[routes.lookup(address)] as (typeof routes.sources)[number];
  const name = { target: SERVER, hostname: null, port: ask.port ?? 80 };
  const key = Uint32Array.of(1, 2, 3, ask.seed ?? 1);
  const aim = { name, address, source, sourcePorts: SOURCE_PORTS, key };
  const measurement = new PortMeasurement(measurementPlan(run, aim));
  const end = recorder.begin(aim, measurement);
  yield* measurement.connections();
  end();
}

interface Emitted {
  readonly record: MssRecord;
  readonly connections: number;
}

function inWords({ record, connections }: Emitted): Omit<MssOutcome, 'durationMs'> {
  return {
    record,
    connections,
    rows: record.rows.map((row) => `${row.offered ?? 'none'}>${row.advertised ?? '?'}:${row.effective ?? '?'}`),
    forward: `${record.forward.clampedTo ?? '-'} ${record.forward.certainty}`,
    reverse: `${record.reverse.clampedTo ?? '-'} ${record.reverse.certainty}`,
  };
}
