import type { TargetOptions } from '../../run/options/run-options.ts';
import { flagList, flagSwitch, type FlagTable, flagValue } from './flag.ts';
import { anyText } from '../parse/values.ts';

/** Which addresses; those on the command line are operands. */
export const TARGET_FLAGS: FlagTable<Omit<TargetOptions, 'targets'>> = {
  targetsFile: flagValue(
    { group: 'Targets', argument: 'FILE', description: 'read targets from FILE (- is stdin), one a line, # starts a comment' },
    anyText('the name of a file, or - for stdin'),
  ),
  exclude: flagList(
    { group: 'Targets', argument: 'LIST', description: 'leave out these addresses, networks and ranges; may be repeated' },
    anyText('addresses, networks or ranges, separated by commas'),
  ),
  excludeFile: flagValue(
    { group: 'Targets', argument: 'FILE', description: 'leave out the targets in FILE' },
    anyText('the name of a file, or - for stdin'),
  ),
  allAddresses: flagSwitch({
    group: 'Targets',
    description: 'probe every IPv4 address of a hostname',
    defaultText: 'the first',
  }),
};
