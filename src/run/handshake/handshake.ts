import type { SynscopeError } from '../../errors.ts';
import { ConnectionSession, type ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { ProbeCookie } from '../../probe/craft/cookie.ts';
import { cookieNumbering, SynMaker } from '../../probe/craft/syn-maker.ts';
import { type InvestigationPlan, PortInvestigation } from '../../probe/handshake/investigation.ts';
import type { HandshakeRunRecord } from '../../records/handshake/records.ts';
import { type Address, parseAddress } from '../../wire/address.ts';
import { HandshakeRecorder } from '../../records/handshake/recorder.ts';
import { type HandshakeOptions, craftVariation, prepareHandshake, type PreparedHandshake } from './prepare-handshake.ts';
import { driveRun, type Driving, oneByOne, streamRecords } from '../drive-run.ts';
import { type Machine, machineWith, randomKey } from '../machine.ts';
import type { OpenRun } from '../open-run.ts';
import { type RoutedPair, routedPairs } from '../routed-targets.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';
import { rehearseConnections, warmUp } from '../warm-up.ts';

/** Connections side by side, unless one port asks for more. */
const AT_ONCE = 64;
/** Connections of one port besides those of `--repeat`. */
const MORE_CONNECTIONS = 4;
/** RFC 791: every host takes as much. */
const SMALLEST_MTU = 576;
/** Enough that no tuple is used again while its last connection is remembered. */
const MOST_SOURCE_PORTS = 256;

/**
 * Completes a three-way handshake with every (target, port) pair. Yields the run record, the segments of each pair and
 * what they show, and the summary. Leaves no connection open. Throws and ends early as `probe` does.
 */
export function handshake(
  options: HandshakeOptions,
  machine: Partial<Machine> = {},
): AsyncGenerator<HandshakeRunRecord, void, undefined> {
  return oneByOne(handshakeInBatches(options, machine));
}

/** The same records, as many at a time as there are. */
export async function* handshakeInBatches(
  options: HandshakeOptions,
  parts: Partial<Machine> = {},
): AsyncGenerator<readonly HandshakeRunRecord[], void, undefined> {
  const machine = machineWith(parts);
  const run = await prepareHandshake(options, machine.random);
  const connections = run.targets.size * run.ports.size * (run.plan.repeat + MORE_CONNECTIONS);
  const open = await machine.open({
    options: run.options,
    sourceIp: run.spec.sourceIp,
    sourcePortCount: Math.min(MOST_SOURCE_PORTS, connections),
    ports: 'resets-suppressed',
  });
  yield* streamRecords<HandshakeRunRecord>(open, options, (driving) => shakeHands(run, driving, machine));
}

async function shakeHands(
  run: PreparedHandshake,
  driving: Driving<HandshakeRunRecord>,
  { random, wallClock }: Machine,
): Promise<SynscopeError | null> {
  const { open, queue } = driving;
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
    connectionPlans: connectionPlansOf({ run, open, recorder, key: randomKey(random) }),
    atOnce: Math.ceil(AT_ONCE / run.plan.repeat),
  });
  if (transport.clock === 'userspace') await warmUp(session, transport, open.sourcePorts[0] as number);
  queue.push(runRecordOf(run, open, wallClock()));
  return driveRun(driving, {
    session,
    onTurn: () => recorder.tick(),
    finish: () => recorder.end(),
    summary: (end) => counter.summary(session.stats, end),
    nothingRouted: () => counter.nothingRouted,
  });
}

interface Connecting {
  readonly run: PreparedHandshake;
  readonly open: OpenRun;
  readonly recorder: HandshakeRecorder;
  readonly key: Uint32Array;
}

/** One for each pair, made when its turn comes. */
function* connectionPlansOf({ run, open, recorder, key }: Connecting): Generator<ConnectionPlan> {
  const maker = new SynMaker(open.sourcePorts, cookieNumbering(new ProbeCookie(key), run.spec));
  for (const pair of routedPairs(run, open.routes)) {
    const { name, source, errno } = pair;
    const plan = planOf(run, pair, { slotSize: open.transport.batch.slotSize, maker });
    if (source === null) recorder.unreachable(name, plan, errno);
    else yield connectionPlan(new PortInvestigation(plan), (investigation) => recorder.begin(name, investigation));
  }
}

/** The investigation's connections; the recorder learns when they are over. */
function* connectionPlan(
  investigation: PortInvestigation,
  begin: (investigation: PortInvestigation) => () => void,
): ConnectionPlan {
  const end = begin(investigation);
  yield* investigation.connections();
  end();
}

function planOf(
  run: PreparedHandshake,
  { name: { target, hostname, port }, address, source }: RoutedPair,
  { slotSize, maker }: { readonly slotSize: number; readonly maker: SynMaker },
): InvestigationPlan {
  return {
    ...run.plan,
    makeSyn: (variation) =>
      source === null ? new Uint8Array(0) : maker.make(craftVariation(run.spec, source, variation), address, port).bytes,
    say: run.say({ address: target, hostname, port }),
    mtu: Math.min(source?.mtu ?? SMALLEST_MTU, slotSize),
    pathMtu: run.measuresPathMtu && source !== null ? { interfaceMtu: source.mtu, slotSize } : null,
  };
}
