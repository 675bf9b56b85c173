import { SEND_PATH_CHOICES } from '../../engine/engines.ts';
import type { ProbeOptions } from '../../run/probe/prepare.ts';
import { anyText, oneOf, rate, shard, wholeNumber } from '../parse/values.ts';
import { CRAFT_FLAGS } from './craft-flags.ts';
import { flagSwitch, type FlagTable, flagValue } from './flag.ts';
import { TOKEN_FLAGS } from './token-flags.ts';
import { TARGET_FLAGS } from './target-flags.ts';
import { NETWORK_FLAGS } from './network-flags.ts';

/** What the library's `probe` takes as text; targets are operands. */
export type RunOptions = Omit<ProbeOptions, 'targets' | 'openOnly' | 'signal' | 'onWarning' | 'onProgress'>;

/** The flags of `probe` that say what is probed and how, in the order of its help. */
export const RUN_FLAGS: FlagTable<RunOptions> = {
  ports: flagValue(
    {
      group: 'Targets',
      short: 'p',
      argument: 'LIST',
      description: 'ports, ranges and service names: 22,80,8000-8100,https; - is 1-65535',
      defaultText: 'about 100 ports that firewalls are asked about first',
    },
    anyText('ports such as 22,80,8000-8100,https, or - for all'),
  ),
  ...TARGET_FLAGS,

  responder: flagSwitch({
    group: 'Responder',
    description:
      'synscope respond listens on these ports with the same token: ask it what arrived, and prove what the path changed, each way',
  }),
  control: flagValue(
    {
      group: 'Responder',
      argument: 'HOST:PORT',
      description: 'as --responder, and another port that it listens on, to be asked about ports that are silent',
      defaultText: 'one that answered',
    },
    anyText('a host and a port, such as 192.0.2.7:8443'),
  ),
  proof: flagValue(
    {
      group: 'Responder',
      argument: 'LIST',
      description:
        'carry the proof of the token in these too: option (12 bytes, experimental), data (8 bytes); for paths that rewrite sequence numbers and timestamps alike',
      defaultText: 'sequence number and timestamp alone',
    },
    anyText('option, data, or both separated by a comma'),
  ),
  ...TOKEN_FLAGS,

  ...CRAFT_FLAGS,
  ...NETWORK_FLAGS,

  timeout: flagValue(
    {
      group: 'Timing',
      argument: 'MS',
      description:
        'time-out of the first SYN while no RTT is known, and at least the time before a silent port is filtered, 1-60000',
      defaultText: '1000',
    },
    wholeNumber(1, 60_000),
  ),
  retries: flagValue(
    {
      group: 'Timing',
      argument: 'N',
      description: 'SYNs after the first before a silent port is filtered, 0-20',
      defaultText: '2, more while the path loses packets',
    },
    wholeNumber(0, 20),
  ),
  count: flagValue(
    { group: 'Timing', argument: 'N', description: 'RTT samples of each port that answers, 1-1000', defaultText: '1' },
    wholeNumber(1, 1000),
  ),
  rate: flagValue(
    { group: 'Timing', argument: 'PPS', description: 'at most so many SYNs a second, or max', defaultText: 'adaptive' },
    rate,
  ),
  maxInFlight: flagValue(
    { group: 'Timing', argument: 'N', description: 'at most so many SYNs without an answer', defaultText: 'adaptive' },
    wholeNumber(1, 1_000_000),
  ),
  seed: flagValue(
    { group: 'Timing', argument: 'N', description: 'order of the probes: one seed, one order', defaultText: 'random' },
    wholeNumber(0, Number.MAX_SAFE_INTEGER),
  ),
  shard: flagValue(
    { group: 'Timing', argument: 'I/N', description: 'only part I of N; the parts are disjoint and complete, whatever --seed' },
    shard,
  ),
  randomize: flagSwitch({
    group: 'Timing',
    description: 'probe in random order, or in ascending order',
    negatable: true,
    defaultText: 'random',
  }),
  sendPath: flagValue(
    {
      group: 'Timing',
      argument: 'NAME',
      description: `the way packets leave by: ${SEND_PATH_CHOICES.join(', ')}; the last two are for rates that raw-ip cannot carry, and pass by the firewall's output rules`,
      defaultText: 'auto',
    },
    oneOf(SEND_PATH_CHOICES),
  ),

  expect: flagValue(
    {
      group: 'Expectations',
      argument: 'WORD',
      description: 'every port must be open, closed or filtered, or have this reason (rst, no-response, ...)',
    },
    anyText('open, closed, filtered, or a reason such as rst'),
  ),
  expectMss: flagValue(
    { group: 'Expectations', argument: 'N', description: 'every SYN-ACK must advertise this MSS, or with "<=N" at most this' },
    anyText('a number from 1 to 65535, or "<=" and such a number'),
  ),
  expectOptions: flagValue(
    { group: 'Expectations', argument: 'LIST', description: 'all of these must be negotiated: mss,sackOK,...' },
    anyText('options such as mss,sackOK'),
  ),
  expectRtt: flagValue(
    { group: 'Expectations', argument: '"<=MS"', description: 'average RTT of every port in milliseconds' },
    anyText('"<=" and milliseconds, as in "<=20"'),
  ),

  dryRun: flagSwitch({ group: 'Output', description: 'print the first SYN of each port as JSON Lines, send nothing' }),
};
