import { usageError } from '../../errors.ts';
import { FORMATS, type FormatName } from '../../report/formats.ts';
import type { ProbeRecord, SummaryRecord } from '../../report/records.ts';
import type { Reporter, ReportStyle } from '../../report/reporter.ts';
import type { ProbeOptions } from '../../run/probe-options.ts';
import { wantsColor } from '../color.ts';
import type { CommandRun, ProbeCommandOptions } from '../commands.ts';
import type { Environment } from '../environment.ts';
import { ExitCode } from '../exit-code.ts';
import { type Interruption, listenForInterruption } from '../interruption.ts';
import { createMessages, type Messages } from '../messages.ts';
import { openResults, type Results } from '../results.ts';
import { RUN_FLAGS } from '../run-flags.ts';

/** What a run has come to. */
interface Outcome {
  summary: SummaryRecord | null;
  missed: number;
}

/** `synscope probe`: runs the probe and writes its records as they come. */
export const runProbe: CommandRun<ProbeCommandOptions> = async ({ operands, options }, environment) => {
  const format = chooseFormat(options);
  const results = openResults(options.output, environment);
  const reporter = FORMATS[format].create(chooseStyle(options, environment, results));
  const messages = createMessages(environment, options.quiet === true);
  const interruption = listenForInterruption(environment, messages.clear);
  results.sink.onFailure(interruption.abort);
  const outcome: Outcome = { summary: null, missed: 0 };
  let failure: unknown = null;
  try {
    const probe = await environment.loadProbe();
    const records = probe({ ...probeOptions(operands, options, { messages, interruption }), ...openAlone(options, format) });
    await writeRecords(records, { reporter, results, messages, interruption, outcome });
  } catch (error) {
    failure = error;
  }
  messages.clear();
  const everythingWritten = await results.finish();
  interruption.release();
  if (!everythingWritten) return ExitCode.closedPipe;
  if (failure !== null) throw failure;
  return exitCodeFor(outcome, interruption);
};

/** Everything that a record passes on its way out. */
interface Pipeline {
  readonly reporter: Reporter;
  readonly results: Results;
  readonly messages: Messages;
  readonly interruption: Interruption;
  readonly outcome: Outcome;
}

async function writeRecords(batches: AsyncIterable<readonly ProbeRecord[]>, pipeline: Pipeline): Promise<void> {
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
function writeRecord(record: ProbeRecord, pipeline: Pipeline): Promise<void> | null {
  const { reporter, results, messages } = pipeline;
  note(record, pipeline);
  const text = reporter.write(record);
  if (text === '') return null;
  if (results.isStdout) messages.clear();
  return results.sink.write(text);
}

/** What a record means beyond its text: a missed expectation is said at once. */
function note(record: ProbeRecord, { outcome, messages }: Pipeline): void {
  if (record.type === 'summary') outcome.summary = record;
  if (record.type !== 'port' || record.expectation === null || record.expectation.met) return;
  outcome.missed++;
  messages.line(`${record.target}:${record.port}: ${record.expectation.why ?? 'not as expected'}`);
}

function exitCodeFor({ summary, missed }: Outcome, interruption: Interruption): number {
  if (interruption.byUser() && summary?.interrupted !== false) return ExitCode.interrupted;
  return missed > 0 ? ExitCode.expectationFailed : ExitCode.done;
}

function chooseFormat({ format, json, dryRun }: Partial<ProbeCommandOptions>): FormatName {
  if (json === true && format !== undefined && format !== 'json')
    throw usageError('--format', format, 'expected json, or no --json beside it');
  return json === true || dryRun === true ? 'json' : (format ?? 'table');
}

function chooseStyle(options: Partial<ProbeCommandOptions>, environment: Environment, results: Results): ReportStyle {
  const onTerminal = results.isStdout && environment.stdout.isTerminal;
  return {
    color: wantsColor(options.color, environment.variables, onTerminal),
    columns: onTerminal ? environment.stdout.columns() : Infinity,
    verbose: options.verbose === true,
    openOnly: options.open === true,
  };
}

/** What is not to be reported need not come here. */
function openAlone({ open }: Partial<ProbeCommandOptions>, format: FormatName): Pick<ProbeOptions, 'openOnly'> {
  return open === true ? { openOnly: FORMATS[format].needsOpenAlone } : {};
}

function probeOptions(
  targets: readonly string[],
  options: Partial<ProbeCommandOptions>,
  { messages, interruption }: Pick<Pipeline, 'messages' | 'interruption'>,
): ProbeOptions {
  const forRun = Object.fromEntries(Object.entries(options).filter(([key]) => Object.hasOwn(RUN_FLAGS, key)));
  return {
    dropPrivileges: true,
    ...forRun,
    targets,
    signal: interruption.signal,
    onWarning: messages.warning,
    ...(messages.progress === null ? {} : { onProgress: messages.progress }),
  };
}
