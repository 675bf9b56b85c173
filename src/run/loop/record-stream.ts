import { SynscopeError } from '../../errors.ts';
import type { TransportFault } from '../../transport/transport.ts';
import type { OpenRun } from '../open-run.ts';
import { RecordQueue } from './record-queue.ts';
import type { RunControl } from '../options/run-options.ts';

/** What a job works with while it runs. */
export interface Driving<R> {
  readonly open: OpenRun;
  /** Where its records go. */
  readonly queue: RecordQueue<R>;
  /** Aborts when the caller's signal does, or when nobody reads the records any more. */
  readonly signal: AbortSignal;
}

/** Does a run's work and resolves with what failed, or null; may throw it instead. */
export type RunJob<R> = (driving: Driving<R>) => Promise<SynscopeError | null>;

/**
 * Runs `job` over `open`, which is closed at its end, and yields its records as they come, as many at a time as there are: a promise for each costs more than the
 * record. Throws the job's failure after the last record. A reader that stops early ends the run as an abort does.
 */
export async function* streamRecords<R>(
  open: OpenRun,
  control: RunControl,
  job: RunJob<R>,
): AsyncGenerator<readonly R[], void, undefined> {
  const abandoned = new AbortController();
  const queue = new RecordQueue<R>();
  const signal = control.signal === undefined ? abandoned.signal : AbortSignal.any([control.signal, abandoned.signal]);
  const driving = drive({ open, queue, signal }, job);
  try {
    for (let records = await queue.take(); records !== null; records = await queue.take()) yield records;
  } finally {
    abandoned.abort();
    await driving;
  }
}

/** One record at a time. Not `yield*`: over an array it costs three promises for each record. */
export async function* oneByOne<R>(batches: AsyncIterable<readonly R[]>): AsyncGenerator<R, void, undefined> {
  for await (const records of batches) for (const record of records) yield record;
}

/** The error that a fault of the transport ends a run with. */
export function lostInterface(fault: TransportFault): SynscopeError {
  return new SynscopeError('interface-lost', fault.message, { hint: fault.hint });
}

/** The error of a run in which no target had a route. */
export function noRoute(): SynscopeError {
  return new SynscopeError('no-route', 'no target could be reached: this host has no route to any of them', {
    hint: 'see `ip route get ADDRESS`, or `synscope doctor ADDRESS`',
  });
}

/** Runs to the end and closes everything; never rejects: errors reach the reader through the queue. */
async function drive<R>(driving: Driving<R>, job: RunJob<R>): Promise<void> {
  let failure: unknown = null;
  try {
    failure = await job(driving);
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
