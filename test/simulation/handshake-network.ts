import type { Network } from '../network/network.ts';
import { SimulatedRoutes } from '../network/simulated-routes.ts';
import { SimulatedTransport } from '../network/simulated-transport.ts';
import { ConnectionSession, type ConnectionPlan } from '../../src/probe/connection/connection-session.ts';
import { ProbeCookie } from '../../src/probe/craft/cookie.ts';
import { cookieNumbering, SynMaker } from '../../src/probe/craft/syn-maker.ts';
import { type InvestigationPlan, PortInvestigation } from '../../src/probe/handshake/investigation.ts';
import { httpRequest } from '../../src/probe/requests.ts';
import type { HandshakeRecord, SegmentRecord } from '../../src/records/handshake/records.ts';
import { HandshakeRecorder } from '../../src/records/handshake/recorder.ts';
import { runSession } from '../../src/run/loop/loop.ts';
import { craftVariation } from '../../src/run/handshake/prepare-handshake.ts';
import { readSpec } from '../../src/run/options/read-options.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { NANOS_PER_MS } from '../../src/wire/numbers.ts';

/** What is asked of a network; everything else is as `handshake` does it by default. */
export interface HandshakeAsk {
  readonly port?: number;
  readonly options?: string;
  readonly ecn?: boolean;
  readonly ack?: boolean;
  readonly observeMs?: number;
  readonly send?: 'http' | 'none';
  readonly fastOpen?: boolean;
  readonly pathMtu?: boolean;
  readonly close?: 'fin' | 'rst';
  readonly repeat?: number;
  readonly retries?: number;
  readonly seed?: number;
  /** Milliseconds after which the run is interrupted. */
  readonly interruptAt?: number;
}

/** What came out. */
export interface HandshakeOutcome {
  readonly record: HandshakeRecord;
  readonly segments: readonly SegmentRecord[];
  /** `code certainty`. */
  readonly findings: readonly string[];
  readonly durationMs: number;
}

const SERVER = '198.51.100.7';
const USUAL = {
  initialRto: 1000 * NANOS_PER_MS,
  retries: 2,
  mtu: 1500,
  ack: true,
  fastOpen: false,
  ecn: false,
  close: 'fin',
  repeat: 1,
} as const;
const SOURCE_PORTS = Array.from({ length: 128 }, (_, index) => 20_000 + index);

/** Shakes hands with the server of `network` as the command would, without sockets and without waiting. */
export async function shakeHands(network: Network, ask: HandshakeAsk = {}): Promise<HandshakeOutcome> {
  const local = { ...network.local, resets: true, silentPorts: SOURCE_PORTS };
  const transport = new SimulatedTransport({ ...network, local }, { seed: ask.seed ?? 1, slotSize: 2048 });
  const records: (HandshakeRecord | SegmentRecord)[] = [];
  const recorder = new HandshakeRecorder({
    expectations: null,
    isUnresolved: () => false,
    emit: (record) => {
      if (record.type === 'handshake' || record.type === 'segment') records.push(record);
    },
  });
  const investigation = new PortInvestigation(planOf(network, ask));
  const end = recorder.begin({ target: SERVER, hostname: null, port: ask.port ?? 80 }, investigation);
  const session = new ConnectionSession({ connectionPlans: [toTheEnd(investigation, end)], atOnce: 4 });
  const interrupt = new AbortController();
  if (ask.interruptAt !== undefined) transport.at(ask.interruptAt, () => interrupt.abort());
  await runSession(session, transport, { signal: interrupt.signal, onTurn: () => recorder.tick() });
  const durationMs = transport.now() / NANOS_PER_MS;
  recorder.end();
  await transport.close();
  const record = records.find((one): one is HandshakeRecord => one.type === 'handshake');
  if (record === undefined) throw new Error('no record');
  const segments = records.filter((one): one is SegmentRecord => one.type === 'segment');
  return { record, segments, findings: record.findings.map(({ code, certainty }) => `${code} ${certainty}`), durationMs };
}

function* toTheEnd(investigation: PortInvestigation, end: () => void): ConnectionPlan {
  yield* investigation.connections();
  end();
}

function planOf(network: Network, ask: HandshakeAsk): InvestigationPlan {
  const routes = new SimulatedRoutes(network.local);
  const destination = parseAddress(SERVER) as NonNullable<ReturnType<typeof parseAddress>>;
  const source = routes.sources[routes.lookup(destination)] as (typeof routes.sources)[number];
  const spec = readSpec({
    ...(ask.options === undefined ? {} : { options: ask.options }),
    ...(ask.ecn === undefined ? {} : { ecn: ask.ecn }),
  });
  const maker = new SynMaker(SOURCE_PORTS, cookieNumbering(new ProbeCookie(Uint32Array.of(1, 2, 3, ask.seed ?? 1)), spec));
  return {
    makeSyn: (variation) => maker.make(craftVariation(spec, source, variation), destination, ask.port ?? 80).bytes,
    ...USUAL,
    ...ask,
    observe: ask.observeMs === undefined ? null : ask.observeMs * NANOS_PER_MS,
    say: ask.send === 'http' ? httpRequest(SERVER) : null,
    pathMtu: ask.pathMtu === true ? { interfaceMtu: source.mtu, slotSize: 2048 } : null,
  };
}
