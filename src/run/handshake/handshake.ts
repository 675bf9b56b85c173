import { randomBytes } from 'node:crypto';

import { SynscopeError } from '../../errors.ts';
import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { ProbeCookie } from '../../probe/craft/cookie.ts';
import { cookieNumbering, SynMaker } from '../../probe/craft/syn-maker.ts';
import { type InvestigationPlan, PortInvestigation } from '../../probe/handshake/investigation.ts';
import type { HandshakeRunRecord } from '../../records/handshake/records.ts';
import type { Source } from '../../transport/transport.ts';
import { type Address, formatAddress, parseAddress } from '../../wire/address.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { HandshakeRecorder } from '../../records/handshake/recorder.ts';
import type { HandshakeOptions } from './handshake-options.ts';
import { runSession } from '../loop/loop.ts';
import { openRun, type OpenRun } from '../open-run.ts';
import { craftVariation, prepareHandshake, type PreparedHandshake } from './prepare-handshake.ts';
import { rehearseConnections } from './rehearsal.ts';
import { type Driving, lostInterface, oneByOne, streamRecords } from '../loop/record-stream.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';
import { warmUp } from '../warm-up.ts';

/** Connections that are opened side by side, where one port does not ask for more. */
const AT_ONCE = 64;
/** Connections of one port besides those of `--repeat`. */
const MORE_CONNECTIONS = 4;
/** RFC 791: every host takes as much. */
const SMALLEST_MTU = 576;
/** Enough that no tuple comes again while its last connection is remembered. */
const MOST_SOURCE_PORTS = 256;

/**
 * Completes a three-way handshake with every (target, port) pair and yields the run record, for each pair its segments and what they show, and the summary.
 * Prints nothing. Throws a SynscopeError: before the first record for input that cannot be accepted, missing rights or an engine that does not open; after the
 * summary when no target had a route or the interface was lost. Ends early, with `interrupted` in the summary, when `options.signal` aborts; no connection is
 * left open.
 */
export function handshake(options: HandshakeOptions): AsyncGenerator<HandshakeRunRecord, void, undefined> {
  return oneByOne(handshakeInBatches(options));
}

/** The same records, handed over as many at a time as there are. */
export async function* handshakeInBatches(
  options: HandshakeOptions,
): AsyncGenerator<readonly HandshakeRunRecord[], void, undefined> {
  const run = await prepareHandshake(options);
  const connections = run.targets.size * run.ports.size * (run.plan.repeat + MORE_CONNECTIONS);
  const open = await openRun({
    options: run.options,
    sourceIp: run.spec.sourceIp,
    sourcePortCount: Math.min(MOST_SOURCE_PORTS, connections),
    ports: 'resets-suppressed',
  });
  yield* streamRecords<HandshakeRunRecord>(open, options, (driving) => shakeHands(run, driving));
}

async function shakeHands(run: PreparedHandshake, driving: Driving<HandshakeRunRecord>): Promise<SynscopeError | null> {
  const { open, queue, signal } = driving;
  const { transport } = open;
  const counter = new SummaryCounter(run);
  const recorder = new HandshakeRecorder({
    expectations: run.expectations,
    isUnresolved: (target) => open.routes.isUnresolved(parseAddress(target) as Address),
    emit: (record) => {
      if (record.type === 'handshake') counter.count({ state: record.state, attempts: record.connections });
      queue.push(record);
    },
  });
  rehearseConnections();
  const session = new ConnectionSession({
    connectionPlans: connectionPlansOf(run, open, recorder),
    atOnce: Math.ceil(AT_ONCE / run.plan.repeat),
  });
  if (transport.clock === 'userspace') await warmUp(session, transport, open.sourcePorts[0] as number);
  queue.push(runRecordOf(run, open));
  const fault = await runSession(session, transport, { signal, onTurn: () => recorder.tick() });
  recorder.end();
  const interrupted = fault === null && signal.aborted;
  queue.push(
    counter.summary(session.stats, { drops: transport.drops(), durationMs: transport.now() / NANOS_PER_MS, interrupted }),
  );
  if (fault !== null) return lostInterface(fault);
  return interrupted || !counter.nothingRouted ? null : noRoute();
}

/** One for each pair, made when its turn comes. */
function* connectionPlansOf(run: PreparedHandshake, open: OpenRun, recorder: HandshakeRecorder): Generator<ConnectionPlan> {
  const key = new Uint32Array(randomBytes(16).buffer.slice(0, 16));
  const maker = new SynMaker(open.sourcePorts, cookieNumbering(new ProbeCookie(key), run.spec));
  for (let index = 0; index < run.targets.size; index++) {
    const address = run.targets.at(index);
    const route = open.routes.lookup(address);
    const source = route < 0 ? null : (open.routes.sources[route] ?? null);
    for (let place = 0; place < run.ports.size; place++) {
      const port = run.ports.at(place);
      const name = { target: formatAddress(address), hostname: run.targets.hostname(index), port };
      const plan = planOf(run, { open, maker, address, port, source });
      if (source === null) recorder.unreachable(name, plan, -route);
      else yield connectionPlan(new PortInvestigation(plan), (investigation) => recorder.begin(name, investigation));
    }
  }
}

/** The investigation's connections, with a word when it is over. */
function* connectionPlan(
  investigation: PortInvestigation,
  begin: (investigation: PortInvestigation) => () => void,
): ConnectionPlan {
  const end = begin(investigation);
  yield* investigation.connections();
  end();
}

interface Aim {
  readonly open: OpenRun;
  readonly maker: SynMaker;
  readonly address: Address;
  readonly port: number;
  /** Null without a route. */
  readonly source: Source | null;
}

function planOf(run: PreparedHandshake, { open, maker, address, port, source }: Aim): InvestigationPlan {
  const hostname = run.targets.hostname(run.targets.indexOf(address));
  return {
    ...run.plan,
    makeSyn: (variation) =>
      source === null ? new Uint8Array(0) : maker.make(craftVariation(run.spec, source, variation), address, port).bytes,
    say: run.say({ address: formatAddress(address), hostname, port }),
    mtu: Math.min(source?.mtu ?? SMALLEST_MTU, open.transport.batch.slotSize),
    pathMtu:
      run.measuresPathMtu && source !== null ? { interfaceMtu: source.mtu, slotSize: open.transport.batch.slotSize } : null,
  };
}

function noRoute(): SynscopeError {
  return new SynscopeError('no-route', 'no target could be reached: this host has no route to any of them', {
    hint: 'see `ip route get ADDRESS`, or `synscope doctor ADDRESS`',
  });
}
