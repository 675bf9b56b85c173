import type { PairOptions } from '../../run/options/run-options.ts';
import { wholeNumber } from '../parse/values.ts';
import { type FlagTable, flagValue } from './flag.ts';

/** How long and how often, for the commands that look at few pairs. */
export const TIMEOUT_FLAGS: FlagTable<Pick<PairOptions, 'timeout' | 'retries'>> = {
  timeout: flagValue(
    {
      group: 'Timing',
      argument: 'MS',
      description: 'time-out of the first packet while no RTT is known, 1-60000',
      defaultText: '1000',
    },
    wholeNumber(1, 60_000),
  ),
  retries: flagValue(
    { group: 'Timing', argument: 'N', description: 'packets after the first before silence is believed, 0-20', defaultText: '2' },
    wholeNumber(0, 20),
  ),
};
