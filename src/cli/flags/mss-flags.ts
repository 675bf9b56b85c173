import type { MssOptions } from '../../run/mss/prepare-mss.ts';
import { anyText } from '../parse/values.ts';
import { CRAFT_FLAGS } from './craft-flags.ts';
import { type FlagTable, inGroup } from './flag.ts';
import { NETWORK_FLAGS, portsFlag, retriesFlag, TARGET_FLAGS, timeoutFlag, TOKEN_FLAGS } from './shared-flags.ts';

/** What the library's `mss` takes as text; targets are operands. */
export type MssFlagOptions = Omit<MssOptions, 'targets' | 'signal' | 'onWarning'>;

const BOUND = anyText('an MSS from 1 to 65535, or "<=" and such a number');
const offers = inGroup('MSS');
const expectations = inGroup('Expectations');

// The host must answer these SYNs, and data follows the handshake.
const { payload: _payload, badsum: _badsum, ...CRAFTED } = CRAFT_FLAGS;

/** The flags of `mss`, in the order of its help. */
export const MSS_FLAGS: FlagTable<MssFlagOptions> = {
  ports: portsFlag('ports, ranges and service names: 80,https', '443', 'ports such as 80,https'),
  ...TARGET_FLAGS,

  responder: inGroup('Responder').switch(
    'synscope respond listens on these ports with the same token: ask it which MSS arrived, and which it sent; no data is needed',
  ),
  ...TOKEN_FLAGS,

  offer: offers.value(
    'LIST',
    anyText('MSS such as 1460,1300,none'),
    'MSS to offer, each in a connection of its own: numbers, mtu (that of the interface), jumbo (8960), none',
    'mtu,jumbo,1460,1400,1300,536,none',
  ),
  request: offers.value(
    'WHAT',
    anyText('http, http:/PATH, tls, hex: and hex digits, or none'),
    'ask for data with http, http:/PATH, tls or hex:DIGITS, or none: wait for a banner. A few kilobytes are enough',
    'http on ports 80 and 8080, tls on 443 and 8443, else none',
  ),

  ...CRAFTED,
  ...NETWORK_FLAGS,
  timeout: timeoutFlag('time-out of the first SYN, 1-60000; doubled for each next one'),
  retries: retriesFlag('SYNs after the first of each offer before a silent port counts as filtered, 0-20', '1'),

  expect: expectations.value('N', BOUND, 'MSS that must arrive in both directions; with "<=N" at most this'),
  expectForward: expectations.value('N', BOUND, 'the same on the forward path, for SYNs'),
  expectReverse: expectations.value('N', BOUND, 'the same on the reverse path, for SYN-ACKs'),
};
