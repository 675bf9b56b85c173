import { usageError } from '../errors.ts';
import type { MssRecord } from '../records/mss/records.ts';
import type { PortRecord } from '../records/probe/records.ts';
import { type FormatName, loadReporter } from '../report/formats.ts';
import type { Reporter, ReportStyle } from '../report/reporter.ts';
import type { AnyRecord, Command, CommandName, RunSteering } from './command.ts';
import type { Environment } from './environment.ts';
import { ExitCode } from './exit.ts';
import type { AnyFlagTable } from './flags/flag.ts';
import type { GeneralOptions, OutputOptions } from './flags/output-flags.ts';
import { type Interruption, listenForInterruption } from './interruption.ts';
import { createMessages, type Messages } from './messages.ts';
import { openResults, type Results } from './results.ts';
import { wantsColor } from './terminal.ts';

/** Where the secret is looked for when no flag names it. */
const TOKEN_VARIABLE = 'SYNSCOPE_TOKEN';

/** A command as it was asked for. */
export interface AskedCommand {
  readonly name: CommandName;
  readonly command: Command;
  readonly operands: readonly string[];
  readonly options: CommandOptions;
}

/** Options that matter here, of whatever command. */
interface CommandOptions extends OutputOptions, GeneralOptions {
  readonly open?: boolean;
  readonly dryRun?: boolean;
  readonly token?: string;
  readonly tokenFile?: string;
}

/** What a record may say of what was expected; `pass` and `why` are those of `mss`. */
type Judged = Pick<PortRecord, 'target' | 'port'> & Partial<Pick<PortRecord, 'expectation'> & Pick<MssRecord, 'pass' | 'why'>>;

/** Everything that a record passes on its way out. */
interface Pipeline {
  readonly command: Command;
  readonly reporter: Reporter<AnyRecord>;
  readonly results: Results;
  readonly messages: Messages;
  readonly interruption: Interruption;
  /** Whether the summary says so, null before it; and the exit code that the records call for. */
  readonly outcome: { interrupted: boolean | null; code: number };
}

/**
 * Runs to the end and writes records as they come: the exit code. Throws the run's error once all is
 * written.
 */
export async function runCommand(asked: AskedCommand, environment: Environment): Promise<number> {
  const { name, command, options } = asked;
  const createReporter = await loadReporter(name, chooseFormat(options));
  const results = openResults(options.output, environment);
  const reporter = createReporter(styleOf(options, environment, results)) as Reporter<AnyRecord>;
  const messages = createMessages(environment, options.quiet === true);
  const interruption = listenForInterruption(environment, messages.clear);
  results.sink.onFailure(interruption.abort);
  const pipeline: Pipeline = {
    command,
    reporter,
    results,
    messages,
    interruption,
    outcome: { interrupted: null, code: ExitCode.done },
  };
  let failure: unknown = null;
  try {
    await writeRecords(await begin(asked, pipeline, environment), pipeline);
  } catch (error) {
    failure = error;
  }
  messages.clear();
  const everythingWritten = await results.finish();
  interruption.release();
  if (!everythingWritten) return ExitCode.closedPipe;
  if (failure !== null) throw failure;
  const { interrupted, code } = pipeline.outcome;
  return interruption.byUser() && interrupted !== false ? ExitCode.interrupted : code;
}

/** The format that `--format` and `--json` ask for; the packets of a dry run are JSON Lines in any case. */
function chooseFormat({ format, json, dryRun }: CommandOptions): FormatName {
  if (json === true && format !== undefined && format !== 'json')
    throw usageError('--format', format, 'expected json, or no --json beside it');
  return json === true || dryRun === true ? 'json' : (format ?? 'table');
}

function begin(
  { command, operands, options }: AskedCommand,
  { interruption, messages, reporter }: Pipeline,
  { jobs, variables }: Environment,
): Promise<AsyncIterable<readonly AnyRecord[]>> {
  const { signal } = interruption;
  const steering: RunSteering = { targets: operands, signal, dropPrivileges: true, onWarning: messages.warning };
  const asked = { ...steering, ...tokenIn(variables, command, options), ...optionsIn(options, command.runFlags) };
  const openOnly = options.open === true ? (reporter.needsOpenAlone ?? (() => true)) : null;
  return command.begin(asked, { jobs, onProgress: messages.progress, openOnly });
}

/** Those of the options that are in `table`: what the run itself is told. */
function optionsIn(options: object, table: AnyFlagTable): object {
  return Object.fromEntries(Object.entries(options).filter(([key]) => Object.hasOwn(table, key)));
}

/** The environment's token, for a command that takes one and was given none. */
function tokenIn(variables: Environment['variables'], { runFlags }: Command, { token, tokenFile }: CommandOptions): object {
  const found = variables[TOKEN_VARIABLE] ?? '';
  const isWanted = 'token' in runFlags && token === undefined && tokenFile === undefined;
  return isWanted && found !== '' ? { token: found } : {};
}

async function writeRecords(batches: AsyncIterable<readonly AnyRecord[]>, pipeline: Pipeline): Promise<void> {
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
function writeRecord(record: AnyRecord, pipeline: Pipeline): Promise<void> | null {
  const { reporter, results, messages } = pipeline;
  note(record, pipeline);
  const text = reporter.write(record);
  if (text === '') return null;
  if (results.isStdout) messages.clear();
  return results.sink.write(text);
}

/** What a record means beyond its text: a missed expectation is said at once. */
function note(record: AnyRecord, { command, outcome, messages }: Pipeline): void {
  if (record.type === 'summary') outcome.interrupted = 'interrupted' in record && record.interrupted === true;
  outcome.code = command.exitCodeOf(record) ?? outcome.code;
  const { target, port, expectation, pass, why } = record as AnyRecord & Judged;
  if (expectation?.met !== false && pass !== false) return;
  outcome.code = ExitCode.expectationFailed;
  messages.line(`${target}:${port}: ${expectation?.why ?? why ?? 'not as expected'}`);
}

function styleOf(options: CommandOptions, environment: Environment, results: Results): ReportStyle {
  const onTerminal = results.isStdout && environment.stdout.isTerminal;
  return {
    color: wantsColor(options.color, environment.variables, onTerminal),
    columns: onTerminal ? environment.stdout.columns() : Infinity,
    verbose: options.verbose === true,
    openOnly: options.open === true,
  };
}
