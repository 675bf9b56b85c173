import { ENGINE_CHOICES } from '../../engine/engines.ts';
import type { NetworkOptions, TargetOptions } from '../../run/options/run-options.ts';
import type { TokenOptions } from '../../run/options/token.ts';
import { address, anyText, oneOf, wholeNumber } from '../parse/values.ts';
import { type Flag, flagList, flagSwitch, type FlagTable, flagValue } from './flag.ts';

/** Which addresses, besides those that are operands. */
export const TARGET_FLAGS: FlagTable<Omit<TargetOptions, 'targets'>> = {
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
};

/** How packets leave this host, and by what means. */
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
      defaultText: 'reserved ports, one for each attempt',
    },
    wholeNumber(1, 65_535),
  ),
  interface: flagValue(
    { group: 'Crafting', argument: 'NAME', description: 'send through this interface', defaultText: "the route's" },
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

/** The secret that both ends share. */
export const TOKEN_FLAGS: FlagTable<TokenOptions> = {
  token: flagValue(
    {
      group: 'Responder',
      argument: 'T',
      description: 'the secret that both ends share; visible in the list of processes, unlike --token-file and SYNSCOPE_TOKEN',
      defaultText: 'the environment variable SYNSCOPE_TOKEN',
    },
    anyText('a secret of 12 characters or more'),
  ),
  tokenFile: flagValue(
    { group: 'Responder', argument: 'FILE', description: 'read the secret from FILE' },
    anyText('the name of a file'),
  ),
};

/** The time-out of the first packet, in milliseconds; `description` says what follows from it. */
export function timeoutFlag(description: string): Flag<number> {
  return flagValue({ group: 'Timing', argument: 'MS', description, defaultText: '1000' }, wholeNumber(1, 60_000));
}

/** How often an unanswered packet is sent again; `description` says what of it. */
export function retriesFlag(description: string, defaultText = '2'): Flag<number> {
  return flagValue({ group: 'Timing', argument: 'N', description, defaultText }, wholeNumber(0, 20));
}

/** Which ports; `accepted` is what a usage error says of it. */
export function portsFlag(description: string, defaultText: string, accepted: string): Flag<string> {
  return flagValue({ group: 'Targets', short: 'p', argument: 'LIST', description, defaultText }, anyText(accepted));
}
