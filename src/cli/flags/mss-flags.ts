import type { MssOptions } from '../../run/mss/prepare-mss.ts';
import { anyText, wholeNumber } from '../parse/values.ts';
import { CRAFT_FLAGS } from './craft-flags.ts';
import { flagSwitch, type FlagTable, flagValue } from './flag.ts';
import { TOKEN_FLAGS } from './token-flags.ts';
import { TARGET_FLAGS } from './target-flags.ts';
import { NETWORK_FLAGS } from './network-flags.ts';

/** What the library's `mss` takes as text; targets are operands. */
export type MssFlagOptions = Omit<MssOptions, 'targets' | 'signal' | 'onWarning'>;

const BOUND = 'an MSS from 1 to 65535, or "<=" and such a number';

// The SYNs are to be answered by the host, and the data comes behind them.
const { payload: _payload, badsum: _badsum, ...CRAFTED } = CRAFT_FLAGS;

/** The flags of `mss`, in the order of its help. */
export const MSS_FLAGS: FlagTable<MssFlagOptions> = {
  ports: flagValue(
    {
      group: 'Targets',
      short: 'p',
      argument: 'LIST',
      description: 'ports, ranges and service names: 80,https',
      defaultText: '443',
    },
    anyText('ports such as 80,https'),
  ),
  ...TARGET_FLAGS,

  responder: flagSwitch({
    group: 'Responder',
    description:
      'synscope respond listens on these ports with the same token: ask it which MSS arrived, and which left; no data is needed',
  }),
  ...TOKEN_FLAGS,

  offer: flagValue(
    {
      group: 'MSS',
      argument: 'LIST',
      description: 'MSS to offer, each in a connection of its own: numbers, mtu (what the interface carries), jumbo (8960), none',
      defaultText: 'mtu,jumbo,1460,1400,1300,536,none',
    },
    anyText('MSS such as 1460,1300,none'),
  ),
  request: flagValue(
    {
      group: 'MSS',
      argument: 'WHAT',
      description:
        'ask for data with http, http:/PATH, tls or hex:DIGITS, or none: wait for a banner. A few kilobytes are enough',
      defaultText: 'http on ports 80 and 8080, tls on 443 and 8443, else none',
    },
    anyText('http, http:/PATH, tls, hex: and hex digits, or none'),
  ),

  ...CRAFTED,
  ...NETWORK_FLAGS,
  timeout: flagValue(
    {
      group: 'Timing',
      argument: 'MS',
      description: 'time-out of the first SYN, 1-60000; each next one waits twice as long',
      defaultText: '1000',
    },
    wholeNumber(1, 60_000),
  ),
  retries: flagValue(
    {
      group: 'Timing',
      argument: 'N',
      description: 'SYNs after the first of each offer before a silent port is filtered, 0-20',
      defaultText: '1',
    },
    wholeNumber(0, 20),
  ),

  expect: flagValue(
    { group: 'Expectations', argument: 'N', description: 'MSS that must arrive in both directions; with "<=N" at most this' },
    anyText(BOUND),
  ),
  expectForward: flagValue(
    { group: 'Expectations', argument: 'N', description: 'the same on the way there, for SYNs' },
    anyText(BOUND),
  ),
  expectReverse: flagValue(
    { group: 'Expectations', argument: 'N', description: 'the same on the way back, for SYN-ACKs' },
    anyText(BOUND),
  ),
};
