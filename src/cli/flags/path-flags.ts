import type { PathOptions } from '../../run/path/path.ts';
import { anyText, wholeNumber } from '../parse/values.ts';
import { CRAFT_FLAGS } from './craft-flags.ts';
import { flagSwitch, type FlagTable, flagValue } from './flag.ts';
import { RUN_FLAGS } from './probe-flags.ts';
import { TARGET_FLAGS } from './target-flags.ts';
import { TIMEOUT_FLAGS } from './timeout-flags.ts';
import { TOKEN_FLAGS } from './token-flags.ts';
import { NETWORK_FLAGS } from './network-flags.ts';

/** What the library's `path` takes as text; targets are operands. */
export type PathRunOptions = Omit<PathOptions, 'targets' | 'signal' | 'onWarning'>;

// What tells the probes of a trace apart is not the user's to fix.
const { ttl: _ttl, seq: _seq, ipId: _ipId, badsum: _badsum, ...CRAFTED } = CRAFT_FLAGS;

/** The flags of `path` that say what is traced and how, in the order of its help. */
export const PATH_FLAGS: FlagTable<PathRunOptions> = {
  ports: flagValue(
    { group: 'Targets', short: 'p', argument: 'LIST', description: 'ports, ranges and service names', defaultText: '443' },
    anyText('ports such as 22,80,443,https'),
  ),
  ...TARGET_FLAGS,

  responder: flagSwitch({
    group: 'Responder',
    description: 'synscope respond listens on these ports with the same token: ask it what arrived, and what left for here',
  }),
  control: RUN_FLAGS.control,
  ...TOKEN_FLAGS,

  firstTtl: flagValue(
    { group: 'Tracing', argument: 'N', description: 'TTL of the first probe, 1-255', defaultText: '1' },
    wholeNumber(1, 255),
  ),
  maxTtl: flagValue(
    { group: 'Tracing', argument: 'N', description: 'no probe has a larger TTL, 1-255', defaultText: '30' },
    wholeNumber(1, 255),
  ),
  vary: flagSwitch({
    group: 'Tracing',
    description:
      'trace again without options, and without each of them, to find one that makes the SYN disappear or be reset, and where',
  }),
  resolve: flagSwitch({
    group: 'Tracing',
    description: 'look up the names of hops; a resolver that is slow costs a second at most',
  }),
  ...CRAFTED,
  ...NETWORK_FLAGS,
  ...TIMEOUT_FLAGS,
  count: flagValue(
    { group: 'Timing', argument: 'N', description: 'answers wanted of each hop, 1-1000', defaultText: '1' },
    wholeNumber(1, 1000),
  ),
};
