import { flagSwitch, type FlagTable } from './flag.ts';

/** What every command understands. */
export interface GeneralOptions {
  readonly color?: boolean;
  readonly help?: boolean;
  readonly version?: boolean;
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
