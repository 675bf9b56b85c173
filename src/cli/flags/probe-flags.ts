import { SEND_PATH_CHOICES } from '../../engine/engines.ts';
import type { ProbeOptions } from '../../run/probe/prepare.ts';
import { anyText, oneOf, rate, shard, wholeNumber } from '../parse/values.ts';
import { CRAFT_FLAGS } from './craft-flags.ts';
import { type FlagTable, inGroup } from './flag.ts';
import { NETWORK_FLAGS, portsFlag, retriesFlag, TARGET_FLAGS, timeoutFlag, TOKEN_FLAGS } from './shared-flags.ts';

/** What the library's `probe` takes as text; targets are operands. */
export type ProbeRunOptions = Omit<ProbeOptions, 'targets' | 'openOnly' | 'signal' | 'onWarning' | 'onProgress'>;

const responder = inGroup('Responder');
const timing = inGroup('Timing');
const expectations = inGroup('Expectations');

/** The flags of `probe` that say what is probed and how, in the order of its help. */
export const PROBE_FLAGS: FlagTable<ProbeRunOptions> = {
  ports: portsFlag(
    'ports, ranges and service names: 22,80,8000-8100,https; - is 1-65535',
    'about 100 ports that firewalls are asked about first',
    'ports such as 22,80,8000-8100,https, or - for all',
  ),
  ...TARGET_FLAGS,

  responder: responder.switch(
    'synscope respond listens on these ports with the same token: ask it what arrived, and prove what the path changed in each direction',
  ),
  control: responder.value(
    'HOST:PORT',
    anyText('a host and a port, such as 192.0.2.7:8443'),
    "the responder's port to ask about silent ports; implies --responder",
    'any that answered',
  ),
  proof: responder.value(
    'LIST',
    anyText('option, data, or both separated by a comma'),
    'carry the proof of the token in these too: option (12 bytes, experimental), data (8 bytes); for paths that rewrite both sequence numbers and timestamps',
    'only in sequence number and timestamp',
  ),
  ...TOKEN_FLAGS,

  ...CRAFT_FLAGS,
  ...NETWORK_FLAGS,

  timeout: timeoutFlag(
    'time-out of the first SYN while no RTT is known, and the least time before a silent port counts as filtered, 1-60000',
  ),
  retries: retriesFlag(
    'SYNs after the first before a silent port counts as filtered, 0-20',
    '2, more while the path loses packets',
  ),
  count: timing.value('N', wholeNumber(1, 1000), 'RTT samples of each port that answers, 1-1000', '1'),
  rate: timing.value('PPS', rate, 'limit of SYNs a second, or max', 'adaptive'),
  maxInFlight: timing.value('N', wholeNumber(1, 1_000_000), 'limit of unanswered SYNs', 'adaptive'),
  seed: timing.value(
    'N',
    wholeNumber(0, Number.MAX_SAFE_INTEGER),
    'seed of the random order: the same seed gives the same order',
    'random',
  ),
  shard: timing.value('I/N', shard, 'only part I of N; the parts are disjoint and complete, with any --seed'),
  randomize: timing.negatable('probe in random order, or in ascending order', 'random'),
  sendPath: timing.value(
    'NAME',
    oneOf(SEND_PATH_CHOICES),
    `how packets leave: ${SEND_PATH_CHOICES.join(', ')}; the last two are for rates that raw-ip cannot reach, and bypass the firewall's output rules`,
    'auto',
  ),

  expect: expectations.value(
    'WORD',
    anyText('open, closed, filtered, or a reason such as rst'),
    'every port must be open, closed or filtered, or have this reason (rst, no-response, ...)',
  ),
  expectMss: expectations.value(
    'N',
    anyText('a number from 1 to 65535, or "<=" and such a number'),
    'every SYN-ACK must advertise this MSS, or with "<=N" at most this',
  ),
  expectOptions: expectations.value(
    'LIST',
    anyText('options such as mss,sackOK'),
    'all of these must be negotiated: mss,sackOK,...',
  ),
  expectRtt: expectations.value(
    '"<=MS"',
    anyText('"<=" and milliseconds, as in "<=20"'),
    'average RTT of every port in milliseconds',
  ),

  dryRun: inGroup('Output').switch('print the first SYN of each port as JSON Lines, send nothing'),
};
