import type { CommandRecords } from '../report/formats.ts';
import type { Progress } from '../run/probe/prepare.ts';
import type { RunSize } from '../report/reporter.ts';
import type { Jobs } from './environment.ts';
import type { AnyFlagTable, FlagTable } from './flags/flag.ts';

/** What `synscope` can be asked to do. */
export type CommandName = keyof CommandRecords;

/** What every record may have that matters beyond its text. */
export interface AnyRecord {
  readonly type: string;
}

/** What a run is steered by, beside the options that the user gave. */
export interface RunSteering {
  readonly targets: readonly string[];
  readonly signal: AbortSignal;
  readonly dropPrivileges: boolean;
  readonly onWarning: (line: string) => void;
}

/** What surrounds a run. */
export interface RunContext {
  readonly jobs: Jobs;
  /** Null where progress is not shown. */
  readonly onProgress: ((values: Progress) => void) | null;
  /** With `--open`: whether the report can do without other ports in a run of that size; else null. */
  readonly openOnly: ((run: RunSize) => boolean) | null;
}

/** All that is known of a command. */
export interface CommandDefinition<C extends CommandName, O> {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Its operands, as the usage line shows them. */
  readonly operands: string;
  /** What there is to know beyond flags. */
  readonly about: string;
  /** What the run is told. */
  readonly runFlags: FlagTable<O>;
  /** What is said of its output. */
  readonly outputFlags: AnyFlagTable;
  /** Words behind `synscope`, and what they do. */
  readonly examples: readonly (readonly [words: string, does: string])[];
  /** Begins the run with what the user asked for. May throw a SynscopeError, as may its records. */
  readonly begin: (asked: RunSteering & Partial<O>, context: RunContext) => Promise<AsyncIterable<readonly CommandRecords[C][]>>;
  /** The exit code that a record calls for; null when none. Missed expectations need no word here. */
  readonly exitCodeOf?: (record: CommandRecords[C]) => number | null;
}

/** A command whose options and records do not matter to the reader: help, documentation and the runner. */
export interface Command extends Omit<CommandDefinition<CommandName, never>, 'runFlags' | 'begin' | 'exitCodeOf'> {
  readonly runFlags: AnyFlagTable;
  /** All its flags, in the order of the help. */
  readonly flags: AnyFlagTable;
  readonly begin: (asked: RunSteering, context: RunContext) => Promise<AsyncIterable<readonly AnyRecord[]>>;
  readonly exitCodeOf: (record: AnyRecord) => number | null;
}
