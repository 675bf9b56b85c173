import { type CommandRecords, FORMATS, type FormatName, formatsOf } from '../../report/formats.ts';
import { anyText, oneOf } from '../parse/values.ts';
import { type Flag, flagSwitch, type FlagTable, flagValue } from './flag.ts';

/** What every command understands. */
export interface GeneralOptions {
  readonly color?: boolean;
  readonly help?: boolean;
  readonly version?: boolean;
}

/** What the results look like. */
export interface FormatOptions {
  readonly format?: FormatName;
  readonly json?: boolean;
}

/** Where the results of a run go, and how much is said. */
export interface OutputOptions extends FormatOptions {
  readonly output?: string;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
}

/** The flags of every command. */
export const GENERAL_FLAGS: FlagTable<GeneralOptions> = {
  color: flagSwitch({
    group: 'Output',
    negatable: true,
    description: 'colors, or none; NO_COLOR and FORCE_COLOR are respected',
    defaultText: 'on a terminal',
  }),
  help: flagSwitch({ group: 'General', short: 'h', description: 'show this help' }),
  version: flagSwitch({ group: 'General', description: 'show the version' }),
};

/** The formats that a command has. */
export function formatFlags(command: keyof CommandRecords): FlagTable<FormatOptions> {
  return { format: formatFlag(command), json: flagSwitch({ group: 'Output', description: 'the same as --format json' }) };
}

/** The flags of a run's output, which the library knows nothing of. */
export function outputFlags(command: keyof CommandRecords): FlagTable<OutputOptions> {
  return {
    ...formatFlags(command),
    output: flagValue(
      { group: 'Output', argument: 'FILE', description: 'write results to FILE', defaultText: 'stdout' },
      anyText('the name of a file'),
    ),
    verbose: flagSwitch({
      group: 'Output',
      short: 'v',
      description: 'a line for every port or packet, options with their values',
    }),
    quiet: flagSwitch({
      group: 'Output',
      short: 'q',
      description: 'no progress and no warnings; errors and missed expectations remain',
    }),
  };
}

/** The flag that reports only open ports. */
export const OPEN_FLAG: FlagTable<{ readonly open?: boolean }> = {
  open: flagSwitch({ group: 'Output', description: 'only open ports' }),
};

function formatFlag(command: keyof CommandRecords): Flag<FormatName> {
  const names = formatsOf(command);
  return flagValue(
    {
      group: 'Output',
      argument: 'NAME',
      description: names.map((name) => `${name}: ${FORMATS[name].description}`).join('; '),
      defaultText: 'table',
    },
    oneOf(names),
  );
}
