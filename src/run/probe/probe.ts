import type { SendDemand } from '../../engine/engine.ts';
import { sendPathOf } from '../../engine/engines.ts';
import { craftSyn } from '../../probe/craft/syn-spec.ts';
import { ProbeSession } from '../../probe/scan/session.ts';
import { PortRecorder } from '../../records/probe/recorder.ts';
import type { ProbeRecord } from '../../records/probe/records.ts';
import type { Routes } from '../../transport/transport.ts';
import {
  type BatchCommand,
  type Command,
  inBatches,
  oneByOne,
  onMachine,
  type Plan,
  type Running,
  type Started,
} from '../command.ts';
import { openKeystream, randomKey } from '../machine.ts';
import { dryRunRecords } from './dry-run.ts';
import { asksResponder } from '../options/token.ts';
import { prepareRun, type PreparedRun, type ProbeOptions, progressTeller, wantsOpenOnly } from './prepare.ts';

/** Pairs of a run that lasts seconds. */
const LARGE_RUN = 1_000_000;

/** The records of `probe`, as many at a time as there are. */
export const probeInBatches: BatchCommand<ProbeOptions, ProbeRecord> = onMachine(async function* batches(options, machine) {
  if (options.dryRun !== true) yield* probeInEarnest(options, machine);
  else for (const record of dryRunRecords(await prepareRun(options, machine.random), machine.random)) yield [record];
});

/**
 * Probes every (target, port) pair. Yields the run record, one record for each port as soon as it is final,
 * and the summary. Prints nothing. Ends early, with `interrupted` in the summary, when `options.signal`
 * aborts.
 *
 * Throws a SynscopeError: before the first record for options that are not valid, missing rights or an
 * engine that does not open; after the summary when no target had a route or the interface was lost.
 */
export const probe: Command<ProbeOptions, ProbeRecord> = oneByOne(probeInBatches);

const probeInEarnest = inBatches<ProbeOptions, ProbeRecord>(async (options, machine) => {
  const run = await prepareRun(options, machine.random);
  if (asksResponder(options)) return (await import('./probe-responder.ts')).probeWithResponder(run, machine);
  return { run, needs: needsOf(run), start: (running) => probeAll(run, running) };
});

async function probeAll(run: PreparedRun, { open, queue, machine, counter }: Running<ProbeRecord>): Promise<Started> {
  const { spec, order } = run;
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
  let turnedAt = open.transport.now();
  const session = new ProbeSession({
    ...run,
    routes: open.routes,
    sourcePorts: open.sourcePorts,
    craft: (source) => craftSyn(spec, source),
    key: randomKey(machine.random),
    keystream: openKeystream(machine.random),
    seq: spec.seq,
    ipId: spec.ipId,
    payloadLength: spec.payload.length,
    onVerdict: (verdict) => recorder.add(verdict, turnedAt),
  });
  // Otherwise the heap would be collected when that disturbs the capture.
  if (order.length >= LARGE_RUN) (await import('../warm-up.ts')).settleHeap();
  const tellProgress = progressTeller(run, () => session.stats);
  return {
    session,
    stats: () => session.stats,
    warmsUp: true,
    onTurn: (now) => {
      turnedAt = now;
      recorder.tick(now);
      session.hold(queue.congested);
      tellProgress(now);
    },
    finish: () => recorder.end(),
  };
}

function needsOf(run: PreparedRun): Plan<ProbeRecord>['needs'] {
  const { options, timing, sourcePortCount, order } = run;
  const path = sendPathOf(options.sendPath ?? 'auto');
  // Only packet-ring has the send paths that must be asked for.
  const engine = options.engine ?? (path === 'auto' || path === 'raw-ip' ? 'auto' : 'packet-ring');
  const packets = order.length * timing.count;
  const sending = (routes: Routes): SendDemand => ({ path, rate: timing.rate, packetBytes: packetBytes(run, routes) });
  return { options: { ...options, engine }, sourcePortCount, ports: 'reserved', packets, sending };
}

/**
 * Bytes of one SYN; 0 when the first target has no route. The lookup makes its source the first of
 * `routes`.
 */
function packetBytes(run: PreparedRun, routes: Routes): number {
  const source = routes.sources[routes.lookup(run.targets.at(0))];
  return source === undefined ? 0 : craftSyn(run.spec, source).length;
}
