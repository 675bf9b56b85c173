import { FORMATS, type FormatName } from '../../report/formats.ts';
import { flagSwitch, type FlagTable, flagValue } from './flag.ts';
import { anyText, oneOf } from '../parse/values.ts';

/** Where results go and what they look like. */
export interface OutputOptions {
  readonly format?: FormatName;
  readonly json?: boolean;
  readonly output?: string;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
}

/** What `probe` alone has to leave out. */
export interface ProbeOutputOptions extends OutputOptions {
  readonly open?: boolean;
}

const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];

/** The flags of every command with records that the library knows nothing of. */
export const OUTPUT_FLAGS: FlagTable<OutputOptions> = {
  format: flagValue(
    {
      group: 'Output',
      argument: 'NAME',
      description: FORMAT_NAMES.map((name) => `${name}: ${FORMATS[name].description}`).join('; '),
      defaultText: 'table',
    },
    oneOf(FORMAT_NAMES),
  ),
  json: flagSwitch({ group: 'Output', description: 'the same as --format json' }),
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

/** Those of `probe`. */
export const PROBE_OUTPUT_FLAGS: FlagTable<ProbeOutputOptions> = {
  ...OUTPUT_FLAGS,
  open: flagSwitch({ group: 'Output', description: 'only open ports' }),
};
