import { HANDSHAKE_WORDS } from '../../records/handshake/expectations.ts';
import type { HandshakeOptions } from '../../run/handshake/prepare-handshake.ts';
import { anyText, oneOf, wholeNumber } from '../parse/values.ts';
import { CRAFT_FLAGS } from './craft-flags.ts';
import { type FlagTable, inGroup } from './flag.ts';
import { NETWORK_FLAGS, portsFlag, retriesFlag, TARGET_FLAGS, timeoutFlag } from './shared-flags.ts';

/** What the library's `handshake` takes as text; targets are operands. */
export type HandshakeFlagOptions = Omit<HandshakeOptions, 'targets' | 'signal' | 'onWarning'>;

const handshake = inGroup('Handshake');

/** The flags of `handshake`, in the order of its help. */
export const HANDSHAKE_FLAGS: FlagTable<HandshakeFlagOptions> = {
  ports: portsFlag('ports, ranges and service names: 22,80,https', '443', 'ports such as 22,80,https'),
  ...TARGET_FLAGS,

  ack: handshake.negatable('acknowledge the SYN-ACK, or do not and watch how often it is sent again', 'acknowledge'),
  observe: handshake.value(
    'MS',
    wholeNumber(0, 600_000),
    'go on listening for so long after the handshake (and --send), or with --no-ack after the SYN-ACK, 0-600000',
    'two round trips; with --send until the answer ends; with --no-ack 8000',
  ),
  send: handshake.value(
    'WHAT',
    anyText('http, http:/PATH, tls, hex: and hex digits, or none'),
    'then send http, http:/PATH, tls, hex:DIGITS or none: does an application answer behind the kernel?',
    'none',
  ),
  close: handshake.value('HOW', oneOf(['fin', 'rst']), 'close with fin in both directions, or with rst', 'fin'),
  repeat: handshake.value(
    'N',
    wholeNumber(1, 100),
    'concurrent handshakes, 1-100: compares ISNs, tells machines behind one address apart',
    '1',
  ),
  fastOpen: handshake.switch('ask for a Fast Open cookie, then use it with data in the SYN'),
  pathMtu: handshake.switch('find the largest packet that passes with DF, to the byte, and what reports it'),

  ...CRAFT_FLAGS,
  ...NETWORK_FLAGS,
  timeout: timeoutFlag('time-out of the first SYN, 1-60000; doubled for each next one'),
  retries: retriesFlag('SYNs after the first before a silent port counts as filtered, 0-20'),
  expect: inGroup('Expectations').value(
    'LIST',
    anyText(`words of ${HANDSHAKE_WORDS}`),
    `what must hold for every handshake: ${HANDSHAKE_WORDS}`,
  ),
};
