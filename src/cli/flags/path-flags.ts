import type { PathOptions } from '../../run/path/path.ts';
import { wholeNumber } from '../parse/values.ts';
import { CRAFT_FLAGS } from './craft-flags.ts';
import { type FlagTable, inGroup } from './flag.ts';
import { NETWORK_FLAGS, portsFlag, retriesFlag, TARGET_FLAGS, timeoutFlag, TOKEN_FLAGS } from './shared-flags.ts';
import { PROBE_FLAGS } from './probe-flags.ts';

/** What the library's `path` takes as text; targets are operands. */
export type PathRunOptions = Omit<PathOptions, 'targets' | 'signal' | 'onWarning'>;

// What tells the probes of a trace apart is not the user's to fix.
const { ttl: _ttl, seq: _seq, ipId: _ipId, badsum: _badsum, ...CRAFTED } = CRAFT_FLAGS;

const tracing = inGroup('Tracing');

/** The flags of `path` that say what is traced and how, in the order of its help. */
export const PATH_FLAGS: FlagTable<PathRunOptions> = {
  ports: portsFlag('ports, ranges and service names', '443', 'ports such as 22,80,443,https'),
  ...TARGET_FLAGS,

  responder: inGroup('Responder').switch(
    'synscope respond listens on these ports with the same token: ask it what arrived, and what it sent back',
  ),
  control: PROBE_FLAGS.control,
  ...TOKEN_FLAGS,

  firstTtl: tracing.value('N', wholeNumber(1, 255), 'TTL of the first probe, 1-255', '1'),
  maxTtl: tracing.value('N', wholeNumber(1, 255), 'largest TTL of a probe, 1-255', '30'),
  vary: tracing.switch(
    'trace again without options, and without each of them, to find the one for which the SYN is dropped or reset, and where',
  ),
  resolve: tracing.switch('look up the names of hops; a slow resolver delays by one second at most'),
  ...CRAFTED,
  ...NETWORK_FLAGS,
  timeout: timeoutFlag('time-out of the first packet while no RTT is known, 1-60000'),
  retries: retriesFlag('packets after the first before a hop or port counts as silent, 0-20'),
  count: inGroup('Timing').value('N', wholeNumber(1, 1000), 'answers wanted of each hop, 1-1000', '1'),
};
