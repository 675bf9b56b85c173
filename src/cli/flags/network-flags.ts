import { ENGINE_CHOICES } from '../../engine/engines.ts';
import type { NetworkOptions } from '../../run/options/run-options.ts';
import { address, anyText, oneOf, wholeNumber } from '../parse/values.ts';
import { flagSwitch, type FlagTable, flagValue } from './flag.ts';

/** The way out of this host, and by what means. */
export const NETWORK_FLAGS: FlagTable<NetworkOptions> = {
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
  engine: flagValue(
    {
      group: 'Timing',
      argument: 'NAME',
      description: `how packets are sent and captured: ${ENGINE_CHOICES.join(', ')}`,
      defaultText: 'auto',
    },
    oneOf(ENGINE_CHOICES),
  ),
  dropPrivileges: flagSwitch({
    group: 'General',
    description: 'as root: become an unprivileged user once the sockets are open, or stay root',
    negatable: true,
    defaultText: 'drop',
  }),
};
