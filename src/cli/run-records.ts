import { usageError } from '../errors.ts';
import type { FormatName } from '../report/formats.ts';
import type { Reporter, TextStyle } from '../report/reporter.ts';
import { wantsColor } from './color.ts';
import type { Environment } from './environment.ts';
import { ExitCode } from './exit-code.ts';
import type { FlagTable } from './flags/flag.ts';
import type { GeneralOptions } from './flags/general-flags.ts';
import type { OutputOptions } from './flags/output-flags.ts';
import { type Interruption, listenForInterruption } from './interruption.ts';
import { createMessages, type Messages } from './messages.ts';
import { openResults, type Results } from './results.ts';

/** What every record has, and what only a summary has. */
interface AnyRecord {
  readonly type: string;
  readonly interrupted?: boolean;
}

/** What a run is steered by, beside its options. */
export interface RunSteering {
  readonly signal: AbortSignal;
  readonly dropPrivileges: boolean;
  readonly onWarning: (line: string) => void;
}

/** What a command that yields records is made of. */
export interface RecordRun<R extends AnyRecord> {
  /** Begins the run. May throw a SynscopeError, as may its records. */
  readonly begin: (steering: RunSteering, messages: Messages) => Promise<AsyncIterable<readonly R[]>>;
  readonly reporter: (style: TextStyle) => Reporter<R>;
  /** What a record misses of what was expected, as a line on stderr; null when nothing. */
  readonly missOf: (record: R) => string | null;
}

/** What a run has come to. */
interface Outcome {
  /** Whether the summary says so; null before it. */
  interrupted: boolean | null;
  missed: number;
}

/** Everything that a record passes on its way out. */
interface Pipeline<R extends AnyRecord> {
  readonly run: RecordRun<R>;
  readonly reporter: Reporter<R>;
  readonly results: Results;
  readonly messages: Messages;
  readonly interruption: Interruption;
  readonly outcome: Outcome;
}

/** Runs to the end and writes records as they come; resolves with the exit code. Throws what the run failed with once everything is written. */
export async function runRecords<R extends AnyRecord>(
  run: RecordRun<R>,
  options: OutputOptions & GeneralOptions,
  environment: Environment,
): Promise<number> {
  const results = openResults(options.output, environment);
  const reporter = run.reporter(styleOf(options, environment, results));
  const messages = createMessages(environment, options.quiet === true);
  const interruption = listenForInterruption(environment, messages.clear);
  results.sink.onFailure(interruption.abort);
  const outcome: Outcome = { interrupted: null, missed: 0 };
  let failure: unknown = null;
  try {
    const steering = { signal: interruption.signal, dropPrivileges: true, onWarning: messages.warning };
    const batches = await run.begin(steering, messages);
    await writeRecords(batches, { run, reporter, results, messages, interruption, outcome });
  } catch (error) {
    failure = error;
  }
  messages.clear();
  const everythingWritten = await results.finish();
  interruption.release();
  if (!everythingWritten) return ExitCode.closedPipe;
  if (failure !== null) throw failure;
  return exitCodeFor(outcome, interruption);
}

/** The format that `--format`, `--json` and `--dry-run` ask for. */
export function chooseFormat({ format, json }: OutputOptions): FormatName {
  if (json === true && format !== undefined && format !== 'json')
    throw usageError('--format', format, 'expected json, or no --json beside it');
  return json === true ? 'json' : (format ?? 'table');
}

/** Those of the options that are in `table`: what the run itself is asked. */
export function optionsIn<O>(options: object, table: FlagTable<O>): Partial<O> {
  return Object.fromEntries(Object.entries(options).filter(([key]) => Object.hasOwn(table, key))) as Partial<O>;
}

async function writeRecords<R extends AnyRecord>(batches: AsyncIterable<readonly R[]>, pipeline: Pipeline<R>): Promise<void> {
  for await (const records of batches) {
    // A dry run has no loop of its own that would see the signal.
    if (records[0]?.type === 'packet' && pipeline.interruption.signal.aborted) break;
    for (const record of records) {
      const room = writeRecord(record, pipeline);
      // oxlint-disable-next-line no-await-in-loop -- the sink says when there is room for more
      if (room !== null) await room;
    }
  }
}

/** Null while the sink has room for more, else a promise of room. */
function writeRecord<R extends AnyRecord>(record: R, pipeline: Pipeline<R>): Promise<void> | null {
  const { reporter, results, messages } = pipeline;
  note(record, pipeline);
  const text = reporter.write(record);
  if (text === '') return null;
  if (results.isStdout) messages.clear();
  return results.sink.write(text);
}

/** What a record means beyond its text: a missed expectation is said at once. */
function note<R extends AnyRecord>(record: R, { run, outcome, messages }: Pipeline<R>): void {
  if (record.type === 'summary') outcome.interrupted = record.interrupted === true;
  const missed = run.missOf(record);
  if (missed === null) return;
  outcome.missed++;
  messages.line(missed);
}

function exitCodeFor({ interrupted, missed }: Outcome, interruption: Interruption): number {
  if (interruption.byUser() && interrupted !== false) return ExitCode.interrupted;
  return missed > 0 ? ExitCode.expectationFailed : ExitCode.done;
}

function styleOf(options: OutputOptions & GeneralOptions, environment: Environment, results: Results): TextStyle {
  const onTerminal = results.isStdout && environment.stdout.isTerminal;
  return {
    color: wantsColor(options.color, environment.variables, onTerminal),
    columns: onTerminal ? environment.stdout.columns() : Infinity,
    verbose: options.verbose === true,
  };
}
