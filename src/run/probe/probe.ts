import type { SendDemand } from '../../engine/engine.ts';
import { sendPathOf } from '../../engine/engines.ts';
import type { SynscopeError } from '../../errors.ts';
import { craftSyn } from '../../probe/craft/syn-spec.ts';
import { ProbeSession } from '../../probe/scan/session.ts';
import { PortRecorder } from '../../records/probe/recorder.ts';
import type { ProbeRecord } from '../../records/probe/records.ts';
import type { Routes } from '../../transport/transport.ts';
import { driveRun, type Driving, oneByOne, streamRecords } from '../drive-run.ts';
import { type Machine, machineWith, openKeystream, randomKey } from '../machine.ts';
import type { OpenRun, RunNeeds } from '../open-run.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';
import { dryRunRecords } from './dry-run.ts';
import { asksResponder } from '../options/token.ts';
import { prepareRun, type PreparedRun, type ProbeOptions, progressTeller, wantsOpenOnly } from './prepare.ts';

/** Pairs of a run that lasts seconds. */
const LARGE_RUN = 1_000_000;

/**
 * Probes every (target, port) pair. Yields the run record, one record for each port as soon as it is final, and the
 * summary. Prints nothing. Ends early, with `interrupted` in the summary, when `options.signal` aborts.
 *
 * Throws a SynscopeError: before the first record for options that are not valid, missing rights or an engine that does
 * not open; after the summary when no target had a route or the interface was lost.
 *
 * `machine` replaces parts of this machine, such as its network.
 */
export function probe(options: ProbeOptions, machine: Partial<Machine> = {}): AsyncGenerator<ProbeRecord, void, undefined> {
  return oneByOne(probeInBatches(options, machine));
}

/** The same records, as many at a time as there are. */
export async function* probeInBatches(
  options: ProbeOptions,
  parts: Partial<Machine> = {},
): AsyncGenerator<readonly ProbeRecord[], void, undefined> {
  const machine = machineWith(parts);
  const run = await prepareRun(options, machine.random);
  if (options.dryRun === true) {
    for (const record of dryRunRecords(run, machine.random)) yield [record];
  } else if (asksResponder(options)) {
    yield* (await import('./probe-responder.ts')).probeWithResponder(run, machine);
  } else {
    const open = await machine.open(needsOf(run));
    yield* streamRecords<ProbeRecord>(open, options, (driving) => probeAll(run, driving, machine));
  }
}

async function probeAll(
  run: PreparedRun,
  driving: Driving<ProbeRecord>,
  { random, wallClock }: Machine,
): Promise<SynscopeError | null> {
  const { open, queue } = driving;
  const { transport } = open;
  const counter = new SummaryCounter(run);
  const recorder = new PortRecorder({
    ...run,
    ports: run.ports.size,
    openOnly: wantsOpenOnly(run),
    pass: (verdict) => counter.count(verdict),
    emit: (record) => {
      counter.count(record);
      queue.push(record);
    },
  });
  // Reading the clock for each verdict costs more than counting it.
  let turnedAt = transport.now();
  const session = new ProbeSession({
    ...run,
    routes: open.routes,
    sourcePorts: open.sourcePorts,
    craft: (source) => craftSyn(run.spec, source),
    key: randomKey(random),
    keystream: openKeystream(random),
    seq: run.spec.seq,
    ipId: run.spec.ipId,
    payloadLength: run.spec.payload.length,
    onVerdict: (verdict) => recorder.add(verdict, turnedAt),
  });
  await prepareProcess(run, session, open);
  queue.push(runRecordOf(run, open, wallClock()));
  const tellProgress = progressTeller(run, () => session.stats);
  return driveRun(driving, {
    session,
    onTurn: (now) => {
      turnedAt = now;
      recorder.tick(now);
      session.hold(queue.congested);
      tellProgress(now);
    },
    finish: () => recorder.end(),
    summary: (end) => counter.summary(session.stats, end),
    nothingRouted: () => counter.nothingRouted,
  });
}

/** Compiles code and collects the heap now, where that would disturb round trips or the capture later. */
async function prepareProcess({ order }: PreparedRun, session: ProbeSession, { transport, sourcePorts }: OpenRun): Promise<void> {
  if (transport.clock === 'userspace') await (await import('../warm-up.ts')).warmUp(session, transport, sourcePorts[0] as number);
  if (order.length >= LARGE_RUN) (await import('../warm-up.ts')).settleHeap();
}

function needsOf(run: PreparedRun): RunNeeds {
  const { options, spec, timing, sourcePortCount, order } = run;
  const packets = order.length * timing.count;
  const path = sendPathOf(options.sendPath ?? 'auto');
  const sending = (routes: Routes): SendDemand => ({ path, rate: timing.rate, packetBytes: packetBytes(run, routes) });
  const engine = options.engine ?? engineNameFor(path);
  return { options: { ...options, engine }, sourceIp: spec.sourceIp, sourcePortCount, ports: 'reserved', packets, sending };
}

/** Bytes of one SYN; 0 when the first target has no route. The lookup makes its source the first of `routes`. */
function packetBytes(run: PreparedRun, routes: Routes): number {
  const source = routes.sources[routes.lookup(run.targets.at(0))];
  return source === undefined ? 0 : craftSyn(run.spec, source).length;
}

/** Only packet-ring has the send paths that must be asked for. */
function engineNameFor(path: SendDemand['path']): string {
  return path === 'auto' || path === 'raw-ip' ? 'auto' : 'packet-ring';
}
