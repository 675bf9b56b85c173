import { GUARD_WORDS } from '../../records/firewall/expectations.ts';
import type { FirewallOptions } from '../../run/firewall/firewall.ts';
import { anyText, wholeNumber } from '../parse/values.ts';
import { CRAFT_FLAGS } from './craft-flags.ts';
import { flagSwitch, type FlagTable, flagValue } from './flag.ts';
import { TARGET_FLAGS } from './target-flags.ts';
import { NETWORK_FLAGS } from './network-flags.ts';

/** What the library's `firewall` takes as text; targets are operands. */
export type FirewallRunOptions = Omit<FirewallOptions, 'targets' | 'signal' | 'onWarning'>;

const { options, profile, dscp, window } = CRAFT_FLAGS;
const { sourceIp, interface: device, engine, dropPrivileges } = NETWORK_FLAGS;

/** The flags of `firewall` that say what is tested and how, in the order of its help. */
export const FIREWALL_FLAGS: FlagTable<FirewallRunOptions> = {
  ports: flagValue(
    {
      group: 'Targets',
      short: 'p',
      argument: 'LIST',
      description: 'ports, ranges and service names: 22,8000-8010,https',
      defaultText: '22,80,443',
    },
    anyText('ports such as 22,8000-8010,https'),
  ),
  ...TARGET_FLAGS,

  options,
  profile,
  dscp,
  window,
  sourceIp,
  interface: device,

  engine,
  timeout: flagValue(
    {
      group: 'Timing',
      argument: 'MS',
      description: 'time-out of a test while no RTT is known, and at least the time before a port counts as silent, 1-60000',
      defaultText: '1000',
    },
    wholeNumber(1, 60_000),
  ),
  retries: flagValue(
    {
      group: 'Timing',
      argument: 'N',
      description: 'packets of a test after the first that is not answered, 0-20',
      defaultText: '2',
    },
    wholeNumber(0, 20),
  ),
  rateLimit: flagSwitch({
    group: 'Timing',
    description: 'search for a limit on SYNs a second: some seconds and up to 4,000 SYNs to one port of each target',
  }),

  expect: flagValue(
    {
      group: 'Expectations',
      argument: 'LIST',
      description: `all of these must hold for every port: ${GUARD_WORDS.join(', ')}, reject-icmp-REASON`,
    },
    anyText('words such as drop, or reject-rst,stateful'),
  ),

  dropPrivileges,
};
