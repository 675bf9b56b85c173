import { randomBytes } from 'node:crypto';

import type { SendDemand } from '../../engine/engine.ts';
import { sendPathOf } from '../../engine/engines.ts';
import type { OpenRoutes } from '../../engine/linux/route-options.ts';
import type { SynscopeError } from '../../errors.ts';
import { craftSyn } from '../../probe/craft/syn-spec.ts';
import { ProbeSession } from '../../probe/scan/session.ts';
import type { ProbeRecord } from '../../records/probe/records.ts';
import type { TransportFault } from '../../transport/transport.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { dryRunRecords } from './dry-run.ts';
import { openKeystream } from './keystream.ts';
import { runSession } from '../loop/loop.ts';
import { openRun, type RunNeeds } from '../open-run.ts';
import { PortRecorder } from '../../records/probe/recorder.ts';
import { prepareRun, type PreparedRun } from './prepare.ts';
import { asksResponder, type ProbeOptions } from './probe-options.ts';
import { ProgressClock } from './progress-clock.ts';
import { type Driving, lostInterface, noRoute, oneByOne, streamRecords } from '../loop/record-stream.ts';
import { runRecordOf, SummaryCounter, wantsOpenOnly } from '../run-records.ts';
import { settleHeap } from './settle-heap.ts';
import { warmUp } from '../warm-up.ts';

/** A run of so many pairs lasts seconds. */
const LARGE_RUN = 1_000_000;

/**
 * Probes every (target, port) pair and yields the run record, one record for each port as soon as it is final, and the summary. Prints nothing.
 * Throws a SynscopeError: before the first record for input that cannot be accepted, missing rights or an engine that does not open; after the
 * summary when no target had a route or the interface was lost. Ends early, with `interrupted` in the summary, when `options.signal` aborts.
 */
export function probe(options: ProbeOptions): AsyncGenerator<ProbeRecord, void, undefined> {
  return oneByOne(probeInBatches(options));
}

/** The same records, handed over as many at a time as there are. */
export async function* probeInBatches(options: ProbeOptions): AsyncGenerator<readonly ProbeRecord[], void, undefined> {
  const run = await prepareRun(options);
  if (options.dryRun === true) {
    for (const record of dryRunRecords(run)) yield [record];
    return;
  }
  if (asksResponder(options)) {
    yield* (await import('./probe-responder.ts')).probeWithResponder(run);
    return;
  }
  const open = await openRun(needsOf(run));
  yield* streamRecords<ProbeRecord>(open, options, (driving) => probeAll(run, driving));
}

async function probeAll(run: PreparedRun, { open, queue, signal }: Driving<ProbeRecord>): Promise<SynscopeError | null> {
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
    key: new Uint32Array(randomBytes(16).buffer.slice(0, 16)),
    keystream: openKeystream(),
    seq: run.spec.seq,
    ipId: run.spec.ipId,
    payloadLength: run.spec.payload.length,
    onVerdict: (verdict) => recorder.add(verdict, turnedAt),
  });
  if (transport.clock === 'userspace') await warmUp(session, transport, open.sourcePorts[0] as number);
  if (run.order.length >= LARGE_RUN) settleHeap();
  const progress = new ProgressClock(run, session);
  queue.push(runRecordOf({ ...run, command: 'probe', shard: run.options.shard ?? null }, open));
  const fault = await runSession(session, transport, {
    signal,
    onTurn: (now) => {
      turnedAt = now;
      recorder.tick(now);
      session.hold(queue.congested);
      progress.tick(now / NANOS_PER_MS);
    },
  });
  recorder.end();
  const interrupted = fault === null && signal.aborted;
  queue.push(
    counter.summary(session.stats, { drops: transport.drops(), durationMs: transport.now() / NANOS_PER_MS, interrupted }),
  );
  return interrupted ? null : failureOf(fault, counter);
}

function failureOf(fault: TransportFault | null, counter: SummaryCounter): SynscopeError | null {
  if (fault !== null) return lostInterface(fault);
  return counter.nothingRouted ? noRoute() : null;
}

function needsOf(run: PreparedRun): RunNeeds {
  const { options, spec, timing, sourcePortCount, order } = run;
  const packets = order.length * timing.count;
  const path = sendPathOf(options.sendPath ?? 'auto');
  const sending = (routes: OpenRoutes): SendDemand => ({ path, rate: timing.rate, packetBytes: packetBytes(run, routes) });
  const engine = options.engine ?? engineNameFor(path);
  return { options: { ...options, engine }, sourceIp: spec.sourceIp, sourcePortCount, ports: 'reserved', packets, sending };
}

/** The size of the run's SYNs; 0 when the first target has no route. Its way out is then the first of `routes`, for which a faster way of sending is opened. */
function packetBytes(run: PreparedRun, routes: OpenRoutes): number {
  const source = routes.sources[routes.lookup(run.targets.at(0))];
  return source === undefined ? 0 : craftSyn(run.spec, source).length;
}

/** Only one engine has the ways that must be asked for. */
function engineNameFor(path: SendDemand['path']): string {
  return path === 'auto' || path === 'raw-ip' ? 'auto' : 'packet-ring';
}
