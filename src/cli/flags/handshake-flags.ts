import { HANDSHAKE_WORDS } from '../../records/handshake/expectations.ts';
import type { HandshakeOptions } from '../../run/handshake/prepare-handshake.ts';
import { anyText, oneOf, wholeNumber } from '../parse/values.ts';
import { CRAFT_FLAGS } from './craft-flags.ts';
import { flagSwitch, type FlagTable, flagValue } from './flag.ts';
import { TARGET_FLAGS } from './target-flags.ts';
import { NETWORK_FLAGS } from './network-flags.ts';

/** What the library's `handshake` takes as text; targets are operands. */
export type HandshakeFlagOptions = Omit<HandshakeOptions, 'targets' | 'signal' | 'onWarning'>;

/** The flags of `handshake`, in the order of its help. */
export const HANDSHAKE_FLAGS: FlagTable<HandshakeFlagOptions> = {
  ports: flagValue(
    {
      group: 'Targets',
      short: 'p',
      argument: 'LIST',
      description: 'ports, ranges and service names: 22,80,https',
      defaultText: '443',
    },
    anyText('ports such as 22,80,https'),
  ),
  ...TARGET_FLAGS,

  ack: flagSwitch({
    group: 'Handshake',
    negatable: true,
    description: 'acknowledge the SYN-ACK, or leave it and watch how often it is sent again',
    defaultText: 'acknowledge',
  }),
  observe: flagValue(
    {
      group: 'Handshake',
      argument: 'MS',
      description: 'go on listening for so long, behind the handshake (and --send) or with --no-ack behind the SYN-ACK, 0-600000',
      defaultText: 'two round trips, with --send until the answer is over, with --no-ack 8000',
    },
    wholeNumber(0, 600_000),
  ),
  send: flagValue(
    {
      group: 'Handshake',
      argument: 'WHAT',
      description: 'then say http, http:/PATH, tls, hex:DIGITS or none: is there an application behind the kernel?',
      defaultText: 'none',
    },
    anyText('http, http:/PATH, tls, hex: and hex digits, or none'),
  ),
  close: flagValue(
    {
      group: 'Handshake',
      argument: 'HOW',
      description: 'close with fin, in both directions, or with rst',
      defaultText: 'fin',
    },
    oneOf(['fin', 'rst']),
  ),
  repeat: flagValue(
    {
      group: 'Handshake',
      argument: 'N',
      description: 'handshakes side by side, 1-100: ISNs are compared, machines behind one address told apart',
      defaultText: '1',
    },
    wholeNumber(1, 100),
  ),
  fastOpen: flagSwitch({
    group: 'Handshake',
    description: 'ask for a Fast Open cookie, then use it with data in the SYN',
  }),
  pathMtu: flagSwitch({
    group: 'Handshake',
    description: 'find the largest packet that passes with DF, to the byte, and who says so',
  }),

  ...CRAFT_FLAGS,
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
      description: 'SYNs after the first before a silent port is filtered, 0-20',
      defaultText: '2',
    },
    wholeNumber(0, 20),
  ),
  expect: flagValue(
    { group: 'Expectations', argument: 'LIST', description: `every handshake must be so: ${HANDSHAKE_WORDS}` },
    anyText(`words of ${HANDSHAKE_WORDS}`),
  ),
};
