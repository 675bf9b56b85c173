import { ENGINE_CHOICES } from '../../engine/engines.ts';
import type { NetworkOptions, TargetOptions } from '../../run/options/run-options.ts';
import type { TokenOptions } from '../../run/options/token.ts';
import { address, anyText, oneOf, wholeNumber } from '../parse/values.ts';
import { type Flag, type FlagTable, inGroup } from './flag.ts';

const targets = inGroup('Targets');
const responder = inGroup('Responder');
const crafting = inGroup('Crafting');
const timing = inGroup('Timing');
const fileName = anyText('the name of a file, or - for stdin');

/** Which addresses, besides those that are operands. */
export const TARGET_FLAGS: FlagTable<Omit<TargetOptions, 'targets'>> = {
  targetsFile: targets.value('FILE', fileName, 'read targets from FILE (- is stdin), one a line, # starts a comment'),
  exclude: targets.list(
    'LIST',
    anyText('addresses, networks or ranges, separated by commas'),
    'leave out these addresses, networks and ranges; may be repeated',
  ),
  excludeFile: targets.value('FILE', fileName, 'leave out the targets in FILE'),
  allAddresses: targets.switch('probe every IPv4 address of a hostname', 'the first'),
};

/** How packets leave this host, and by what means. */
export const NETWORK_FLAGS: FlagTable<NetworkOptions> = {
  sourceIp: crafting.value('ADDRESS', address, 'source address', "the route's"),
  sourcePort: crafting.value(
    'N',
    wholeNumber(1, 65_535),
    'source port of every SYN, 1-65535',
    'reserved ports, one for each attempt',
  ),
  interface: crafting.value(
    'NAME',
    anyText('the name of an interface, such as eth0'),
    'send through this interface',
    "the route's",
  ),
  engine: timing.value('NAME', oneOf(ENGINE_CHOICES), `how packets are sent and captured: ${ENGINE_CHOICES.join(', ')}`, 'auto'),
  dropPrivileges: inGroup('General').negatable(
    'as root: become an unprivileged user once the sockets are open, or stay root',
    'drop',
  ),
};

/** The secret that both ends share. */
export const TOKEN_FLAGS: FlagTable<TokenOptions> = {
  token: responder.value(
    'T',
    anyText('a secret of 12 characters or more'),
    'the secret that both ends share; visible in the list of processes, unlike --token-file and SYNSCOPE_TOKEN',
    'the environment variable SYNSCOPE_TOKEN',
  ),
  tokenFile: responder.value('FILE', anyText('the name of a file'), 'read the secret from FILE'),
};

/** The time-out of the first packet, in milliseconds; `description` says what follows from it. */
export function timeoutFlag(description: string): Flag<number> {
  return timing.value('MS', wholeNumber(1, 60_000), description, '1000');
}

/** How often an unanswered packet is sent again; `description` says what of it. */
export function retriesFlag(description: string, defaultText = '2'): Flag<number> {
  return timing.value('N', wholeNumber(0, 20), description, defaultText);
}

/** Which ports; `accepted` is what a usage error says of it. */
export function portsFlag(description: string, defaultText: string, accepted: string): Flag<string> {
  return { ...targets.value('LIST', anyText(accepted), description, defaultText), short: 'p' };
}
