import { HANDSHAKE_WORDS } from '../../records/handshake/expectations.ts';
import type { HandshakeOptions } from '../../run/handshake/prepare-handshake.ts';
import { anyText, oneOf, wholeNumber } from '../parse/values.ts';
import { CRAFT_FLAGS } from './craft-flags.ts';
import { flagSwitch, type FlagTable, flagValue } from './flag.ts';
import { NETWORK_FLAGS, portsFlag, retriesFlag, TARGET_FLAGS, timeoutFlag } from './shared-flags.ts';

/** What the library's `handshake` takes as text; targets are operands. */
export type HandshakeFlagOptions = Omit<HandshakeOptions, 'targets' | 'signal' | 'onWarning'>;

/** The flags of `handshake`, in the order of its help. */
export const HANDSHAKE_FLAGS: FlagTable<HandshakeFlagOptions> = {
  ports: portsFlag('ports, ranges and service names: 22,80,https', '443', 'ports such as 22,80,https'),
  ...TARGET_FLAGS,

  ack: flagSwitch({
    group: 'Handshake',
    negatable: true,
    description: 'acknowledge the SYN-ACK, or do not and watch how often it is sent again',
    defaultText: 'acknowledge',
  }),
  observe: flagValue(
    {
      group: 'Handshake',
      argument: 'MS',
      description: 'go on listening for so long after the handshake (and --send), or with --no-ack after the SYN-ACK, 0-600000',
      defaultText: 'two round trips; with --send until the answer ends; with --no-ack 8000',
    },
    wholeNumber(0, 600_000),
  ),
  send: flagValue(
    {
      group: 'Handshake',
      argument: 'WHAT',
      description: 'then send http, http:/PATH, tls, hex:DIGITS or none: does an application answer behind the kernel?',
      defaultText: 'none',
    },
    anyText('http, http:/PATH, tls, hex: and hex digits, or none'),
  ),
  close: flagValue(
    {
      group: 'Handshake',
      argument: 'HOW',
      description: 'close with fin in both directions, or with rst',
      defaultText: 'fin',
    },
    oneOf(['fin', 'rst']),
  ),
  repeat: flagValue(
    {
      group: 'Handshake',
      argument: 'N',
      description: 'concurrent handshakes, 1-100: compares ISNs, tells machines behind one address apart',
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
    description: 'find the largest packet that passes with DF, to the byte, and what reports it',
  }),

  ...CRAFT_FLAGS,
  ...NETWORK_FLAGS,
  timeout: timeoutFlag('time-out of the first SYN, 1-60000; doubled for each next one'),
  retries: retriesFlag('SYNs after the first before a silent port counts as filtered, 0-20'),
  expect: flagValue(
    { group: 'Expectations', argument: 'LIST', description: `what must hold for every handshake: ${HANDSHAKE_WORDS}` },
    anyText(`words of ${HANDSHAKE_WORDS}`),
  ),
};
