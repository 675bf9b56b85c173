import { SynscopeError } from '../errors.ts';
import { NANOS_PER_MS } from '../wire/numbers.ts';
import { runSession, type Turns } from './loop.ts';
import type { OpenRun } from './open-run.ts';
import type { RunControl } from './options/run-options.ts';
import type { RunEnd } from './run-records.ts';

/** Records that may wait for a slow reader before the run sends no new probes. */
const HIGH_WATER = 4096;

/**
 * Records between the run and its reader, handed over in batches: a promise for each costs more than the
 * record.
 */
export class RecordQueue<T> {
  #items: T[] = [];
  #wake: (() => void) | null = null;
  #ended = false;
  #error: unknown = null;

  /** True while the reader lags so far behind that the run should pause. */
  get congested(): boolean {
    return this.#items.length > HIGH_WATER;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#signal();
  }

  /** No more records; a non-null `error` is thrown to the reader after the last one. */
  end(error: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#signal();
  }

  /**
   * The waiting records, at least one; null after the last. Throws the error of `end` instead. One reader
   * at a time.
   */
  async take(): Promise<readonly T[] | null> {
    while (this.#items.length === 0) {
      if (this.#ended && this.#error !== null) throw this.#error;
      if (this.#ended) return null;
      // oxlint-disable-next-line no-await-in-loop -- one wait for each signal
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #signal(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

/** What a run works with. */
export interface Driving<R> {
  readonly open: OpenRun;
  readonly queue: RecordQueue<R>;
  /** Aborts when the caller's signal does, or when the reader of the records stops. */
  readonly signal: AbortSignal;
}

/**
 * Runs `job` over `open`, which it closes at the end, and yields its records in batches as they come.
 * Throws what the job threw or resolved with, unless null, after the last record. A reader that stops early
 * ends the run as an abort does.
 */
export async function* streamRecords<R>(
  open: OpenRun,
  control: RunControl,
  job: (driving: Driving<R>) => Promise<SynscopeError | null>,
): AsyncGenerator<readonly R[], void, undefined> {
  const abandoned = new AbortController();
  const queue = new RecordQueue<R>();
  const signal = control.signal === undefined ? abandoned.signal : AbortSignal.any([control.signal, abandoned.signal]);
  const ended = endOf(job({ open, queue, signal }), open).then((failure) => queue.end(failure));
  try {
    for (let records = await queue.take(); records !== null; records = await queue.take()) yield records;
  } finally {
    abandoned.abort();
    await ended;
  }
}

/** Closes the network when the work is over. Resolves with what failed, or null; never rejects. */
async function endOf(work: Promise<SynscopeError | null>, open: OpenRun): Promise<unknown> {
  const failure = await work.catch((error: unknown) => error);
  // Closing takes 25 ms: the reader gets its records first.
  await new Promise((resolve) => setImmediate(resolve));
  try {
    await open.close();
    return failure;
  } catch (error) {
    return failure ?? error;
  }
}

/** How a run ends. */
export interface Ending {
  /** Emits the records that are still due when the session is over. */
  readonly finish?: () => void | Promise<void>;
  /** Whether there were results and no target had a route; absent: not asked. */
  readonly nothingRouted?: () => boolean;
}

/** Drives a session to its end and emits the last record. Resolves with what failed, or null. */
export async function driveRun<R>(
  { open, queue, signal }: Driving<R>,
  { finish, nothingRouted, ...turns }: Turns & Ending,
  summary: (end: RunEnd) => R,
): Promise<SynscopeError | null> {
  const { transport } = open;
  const fault = await runSession(turns, transport, signal);
  await finish?.();
  const interrupted = fault === null && signal.aborted;
  queue.push(summary({ drops: transport.drops(), durationMs: transport.now() / NANOS_PER_MS, interrupted }));
  if (fault !== null) return new SynscopeError('interface-lost', fault.message, { hint: fault.hint });
  if (interrupted || nothingRouted?.() !== true) return null;
  return new SynscopeError('no-route', 'no target could be reached: this host has no route to any of them', {
    hint: 'see `ip route get ADDRESS`, or `synscope doctor ADDRESS`',
  });
}
