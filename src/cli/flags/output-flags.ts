import { type CommandRecords, FORMATS, type FormatName, formatsOf } from '../../report/formats.ts';
import { anyText, oneOf } from '../parse/values.ts';
import { type FlagTable, inGroup } from './flag.ts';

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

const outputs = inGroup('Output');
const general = inGroup('General');

/** The flags of every command. */
export const GENERAL_FLAGS: FlagTable<GeneralOptions> = {
  color: outputs.negatable('colors, or none; NO_COLOR and FORCE_COLOR are respected', 'on a terminal'),
  help: { ...general.switch('show this help'), short: 'h' },
  version: general.switch('show the version'),
};

/** The formats that a command has. */
export function formatFlags(command: keyof CommandRecords): FlagTable<FormatOptions> {
  const names = formatsOf(command);
  const description = names.map((name) => `${name}: ${FORMATS[name]().description}`).join('; ');
  return {
    format: outputs.value('NAME', oneOf(names), description, 'table'),
    json: outputs.switch('the same as --format json'),
  };
}

/** The flags of a run's output, which the library knows nothing of. */
export function outputFlags(command: keyof CommandRecords): FlagTable<OutputOptions> {
  return {
    ...formatFlags(command),
    output: outputs.value('FILE', anyText('the name of a file'), 'write results to FILE', 'stdout'),
    verbose: { ...outputs.switch('a line for every port or packet, options with their values'), short: 'v' },
    quiet: { ...outputs.switch('no progress and no warnings; errors and missed expectations remain'), short: 'q' },
  };
}

/** The flag that reports only open ports. */
export const OPEN_FLAG: FlagTable<{ readonly open?: boolean }> = { open: outputs.switch('only open ports') };
