import { ENGINE_CHOICES, SEND_PATH_CHOICES } from '../engine/engines.ts';
import { PROFILES } from '../probe/profiles.ts';
import type { ProbeOptions } from '../run/probe-options.ts';
import { flagList, flagSwitch, type FlagTable, flagValue } from './flag.ts';
import { address, anyText, headerField, hexBytes, oneOf, rate, shard, wholeNumber } from './parse/values.ts';

/** What the library's `probe` takes as text; targets are operands. */
export type RunOptions = Omit<ProbeOptions, 'targets' | 'openOnly' | 'signal' | 'onWarning' | 'onProgress'>;

const PROFILE_NAMES = Object.keys(PROFILES);
const LARGEST_SEQ = 0xffff_ffff;

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

  options: flagValue(
    {
      group: 'Crafting',
      argument: 'LIST',
      description:
        'TCP options exactly as they go on the wire: mss=N, wscale=N, sackOK, ts, ts=VAL, nop, eol, tfo, tfo=HEX, mptcp, md5, ao, exp=EXID:HEX, kind=N:HEX, raw=HEX, none',
      defaultText: 'mss=MTU-40,sackOK,ts,nop,wscale=7',
    },
    anyText('TCP options such as mss=1460,sackOK,ts,nop,wscale=7, or none'),
  ),
  profile: flagValue(
    {
      group: 'Crafting',
      argument: 'NAME',
      description: `options, window, TTL and DF of another system's SYN: ${PROFILE_NAMES.join(', ')}`,
      defaultText: 'linux',
    },
    oneOf(PROFILE_NAMES),
  ),
  ttl: flagValue(
    { group: 'Crafting', argument: 'N', description: 'time to live, 1-255', defaultText: "the profile's" },
    wholeNumber(1, 255),
  ),
  dscp: flagValue(
    { group: 'Crafting', argument: 'N', description: 'DSCP code point, 0-63', defaultText: '0' },
    wholeNumber(0, 63),
  ),
  ecn: flagSwitch({ group: 'Crafting', description: 'ask for ECN: ECE and CWR set (RFC 3168)' }),
  window: flagValue(
    { group: 'Crafting', argument: 'N', description: 'window, 0-65535', defaultText: "the profile's" },
    wholeNumber(0, 65_535),
  ),
  seq: flagValue(
    {
      group: 'Crafting',
      argument: 'N',
      description: 'initial sequence number of every SYN, decimal or 0x...',
      defaultText: 'one that nobody can guess for each',
    },
    headerField(LARGEST_SEQ),
  ),
  ipId: flagValue(
    {
      group: 'Crafting',
      argument: 'N',
      description: 'IP identification of every SYN, decimal or 0x...',
      defaultText: 'differs from SYN to SYN',
    },
    headerField(65_535),
  ),
  df: flagSwitch({ group: 'Crafting', description: "don't fragment, or may", negatable: true, defaultText: "the profile's" }),
  sourceIp: flagValue(
    { group: 'Crafting', argument: 'ADDRESS', description: 'source address', defaultText: "the route's" },
    address,
  ),
  sourcePort: flagValue(
    {
      group: 'Crafting',
      argument: 'N',
      description: 'source port of every SYN, 1-65535',
      defaultText: 'reserved ones, one for each attempt',
    },
    wholeNumber(1, 65_535),
  ),
  interface: flagValue(
    { group: 'Crafting', argument: 'NAME', description: 'send by this interface', defaultText: "the route's" },
    anyText('the name of an interface, such as eth0'),
  ),
  payload: flagValue({ group: 'Crafting', argument: 'HEX', description: 'data in the SYN' }, hexBytes),
  badsum: flagSwitch({ group: 'Crafting', description: 'send a wrong TCP checksum: whatever answers does not check it' }),

  timeout: flagValue(
    {
      group: 'Timing',
      argument: 'MS',
      description: 'time-out of the first SYN while no RTT is known, 1-60000',
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
  engine: flagValue(
    {
      group: 'Timing',
      argument: 'NAME',
      description: `how packets are sent and captured: ${ENGINE_CHOICES.join(', ')}`,
      defaultText: 'auto',
    },
    oneOf(ENGINE_CHOICES),
  ),
  sendPath: flagValue(
    {
      group: 'Timing',
      argument: 'NAME',
      description: `the way packets leave by: ${SEND_PATH_CHOICES.join(', ')}; the last two are for rates that raw-ip cannot carry, and pass by the firewall's output rules`,
      defaultText: 'auto',
    },
    oneOf(SEND_PATH_CHOICES),
  ),
  dropPrivileges: flagSwitch({
    group: 'General',
    description: 'as root: become an unprivileged user once the sockets are open, or stay root',
    negatable: true,
    defaultText: 'drop',
  }),

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
