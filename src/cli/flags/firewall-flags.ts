import { GUARD_WORDS } from '../../records/firewall/expectations.ts';
import type { FirewallOptions } from '../../run/firewall/firewall.ts';
import { anyText } from '../parse/values.ts';
import { CRAFT_FLAGS } from './craft-flags.ts';
import { type FlagTable, inGroup } from './flag.ts';
import { NETWORK_FLAGS, portsFlag, retriesFlag, TARGET_FLAGS, timeoutFlag } from './shared-flags.ts';

/** What the library's `firewall` takes as text; targets are operands. */
export type FirewallRunOptions = Omit<FirewallOptions, 'targets' | 'signal' | 'onWarning'>;

const { options, profile, dscp, window } = CRAFT_FLAGS;
const { sourceIp, interface: device, engine, dropPrivileges } = NETWORK_FLAGS;

/** The flags of `firewall` that say what is tested and how, in the order of its help. */
export const FIREWALL_FLAGS: FlagTable<FirewallRunOptions> = {
  ports: portsFlag('ports, ranges and service names: 22,8000-8010,https', '22,80,443', 'ports such as 22,8000-8010,https'),
  ...TARGET_FLAGS,

  options,
  profile,
  dscp,
  window,
  sourceIp,
  interface: device,

  engine,
  timeout: timeoutFlag('time-out of a test while no RTT is known, and the least time before a port counts as silent, 1-60000'),
  retries: retriesFlag('packets of a test after the first before it counts as unanswered, 0-20'),
  rateLimit: inGroup('Timing').switch(
    'look for a limit on SYNs a second: takes seconds and up to 4,000 SYNs to one port of each target',
  ),

  expect: inGroup('Expectations').value(
    'LIST',
    anyText('words such as drop, or reject-rst,stateful'),
    `all of these must hold for every port: ${GUARD_WORDS.join(', ')}, reject-icmp-REASON`,
  ),

  dropPrivileges,
};
