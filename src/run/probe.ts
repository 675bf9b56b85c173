import { randomBytes } from 'node:crypto';

import type { SendDemand } from '../engine/engine.ts';
import { enginesFor, openFirst, sendPathOf } from '../engine/engines.ts';
import { dropPrivileges } from '../engine/linux/drop-privileges.ts';
import { raiseNetRaw } from '../engine/linux/capabilities.ts';
import type { OpenRoutes } from '../engine/linux/route-options.ts';
import { openRoutes } from '../engine/linux/routes.ts';
import { reserveSourcePorts } from '../engine/linux/source-ports.ts';
import { SynscopeError } from '../errors.ts';
import { ProbeSession } from '../probe/session.ts';
import type { ProbeRecord } from '../report/records.ts';
import type { Transport, TransportFault } from '../transport/transport.ts';
import { NANOS_PER_MS } from '../wire/numbers.ts';
import { dryRunRecords } from './dry-run.ts';
import { openKeystream } from './keystream.ts';
import { runSession } from './loop.ts';
import { PortRecorder } from './port-recorder.ts';
import { craftSyn, prepareRun, type PreparedRun } from './prepare.ts';
import type { ProbeOptions } from './probe-options.ts';
import { ProgressClock } from './progress-clock.ts';
import { RecordQueue } from './record-queue.ts';
import { runRecordOf, SummaryCounter, wantsOpenOnly } from './run-records.ts';
import { warmUp } from './warm-up.ts';

/** The way to the network: sockets, ports and routes that are open for one run. */
interface OpenRun {
  readonly transport: Transport;
  readonly routes: OpenRoutes;
  readonly sourcePorts: readonly number[];
  readonly close: () => Promise<void>;
}

/**
 * Probes every (target, port) pair and yields the run record, one record for each port as soon as it is final, and the summary. Prints nothing.
 * Throws a SynscopeError: before the first record for input that cannot be accepted, missing rights or an engine that does not open; after the
 * summary when no target had a route or the interface was lost. Ends early, with `interrupted` in the summary, when `options.signal` aborts.
 */
export async function* probe(options: ProbeOptions): AsyncGenerator<ProbeRecord, void, undefined> {
  // Not `yield*`: over an array it costs three promises for each record.
  for await (const records of probeInBatches(options)) for (const record of records) yield record;
}

/** The same records, handed over as many at a time as there are: a promise for each costs more than the record. */
export async function* probeInBatches(options: ProbeOptions): AsyncGenerator<readonly ProbeRecord[], void, undefined> {
  const run = await prepareRun(options);
  if (options.dryRun === true) {
    for (const record of dryRunRecords(run)) yield [record];
    return;
  }
  const open = await openRun(run);
  const abandoned = new AbortController();
  const queue = new RecordQueue<ProbeRecord>();
  const signal = options.signal === undefined ? abandoned.signal : AbortSignal.any([options.signal, abandoned.signal]);
  const driving = drive(run, { open, queue, signal });
  try {
    for (let records = await queue.take(); records !== null; records = await queue.take()) yield records;
  } finally {
    // A reader that stops early ends the run as an abort does.
    abandoned.abort();
    await driving;
  }
}

interface Driving {
  readonly open: OpenRun;
  readonly queue: RecordQueue<ProbeRecord>;
  readonly signal: AbortSignal;
}

/** Runs to the end and closes everything; never rejects: errors reach the reader through the queue. */
async function drive(run: PreparedRun, driving: Driving): Promise<void> {
  let failure: unknown = null;
  try {
    failure = await probeAll(run, driving);
  } catch (error) {
    failure = error;
  }
  // What there is reaches its reader first: closing takes 25 ms.
  await new Promise((resolve) => setImmediate(resolve));
  try {
    await driving.open.close();
  } catch (error) {
    failure ??= error;
  }
  driving.queue.end(failure);
}

async function probeAll(run: PreparedRun, { open, queue, signal }: Driving): Promise<SynscopeError | null> {
  const { transport } = open;
  const counter = new SummaryCounter(run);
  const recorder = new PortRecorder({
    targets: run.targets,
    expectations: run.expectations,
    openOnly: wantsOpenOnly(run),
    pass: (verdict) => counter.count(verdict),
    emit: (record) => {
      counter.count(record);
      queue.push(record);
    },
  });
  const session = new ProbeSession({
    ...run,
    routes: open.routes,
    sourcePorts: open.sourcePorts,
    craft: (source) => craftSyn(run, source),
    key: new Uint32Array(randomBytes(16).buffer.slice(0, 16)),
    keystream: openKeystream(),
    seq: run.spec.seq,
    ipId: run.spec.ipId,
    payloadLength: run.spec.payload.length,
    onVerdict: (verdict) => recorder.add(verdict, transport.now()),
  });
  if (transport.clock === 'userspace') await warmUp(session, transport, open.sourcePorts[0] as number);
  const progress = new ProgressClock(run, session);
  queue.push(runRecordOf(run, transport, open));
  const fault = await runSession(session, transport, {
    signal,
    onTurn: (now) => {
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
  if (fault !== null) return new SynscopeError('interface-lost', fault.message, { hint: fault.hint });
  if (!counter.nothingRouted) return null;
  return new SynscopeError('no-route', 'no target could be reached: this host has no route to any of them', {
    hint: 'see `ip route get ADDRESS`, or `synscope doctor ADDRESS`',
  });
}

/** Opens everything that needs rights, then gives the rights up if that was asked for. Nothing stays open when it throws. */
async function openRun(run: PreparedRun): Promise<OpenRun> {
  const { options } = run;
  const warn = options.onWarning ?? (() => undefined);
  const device = options.interface ?? null;
  raiseNetRaw();
  const path = sendPathOf(options.sendPath ?? 'auto');
  const engines = enginesFor(options.engine ?? engineNameFor(path));
  const routes = openRoutes({ sourceIp: run.spec.sourceIp, interface: device });
  const closers: (() => void)[] = [() => routes.close()];
  try {
    const reservation = reserveSourcePorts(run.sourcePortCount, { first: options.sourcePort ?? null, warn });
    closers.push(() => reservation.release());
    const sourcePorts = reservation.ports;
    const sending = { path, rate: run.timing.rate, packetBytes: packetBytes(run, routes) };
    const transport = await openFirst(engines, { sourcePorts, interface: device, routes, sending, warn });
    if (options.dropPrivileges === true) warnIfStillRoot(warn);
    const close = async (): Promise<void> => {
      await transport.close();
      for (const closer of closers) closer();
    };
    return { transport, routes, sourcePorts, close };
  } catch (error) {
    for (const closer of closers) closer();
    throw error;
  }
}

/** The size of the run's SYNs; 0 when the first target has no route. Its way out is then the first of `routes`, for which a faster way of sending is opened. */
function packetBytes(run: PreparedRun, routes: OpenRoutes): number {
  const source = routes.sources[routes.lookup(run.targets.at(0))];
  return source === undefined ? 0 : craftSyn(run, source).length;
}

/** Only one engine has the ways that must be asked for. */
function engineNameFor(path: SendDemand['path']): string {
  return path === 'auto' || path === 'raw-ip' ? 'auto' : 'packet-ring';
}

function warnIfStillRoot(warn: (line: string) => void): void {
  const outcome = dropPrivileges();
  if (outcome.kind === 'refused') warn(outcome.message);
}
