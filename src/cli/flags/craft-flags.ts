import { PROFILES } from '../../probe/craft/profiles.ts';
import type { CraftOptions } from '../../run/options/run-options.ts';
import { hexBytes, headerField, anyText, oneOf, wholeNumber } from '../parse/values.ts';
import { flagSwitch, type FlagTable, flagValue } from './flag.ts';

const PROFILE_NAMES = Object.keys(PROFILES);
const LARGEST_SEQ = 0xffff_ffff;

/** What the SYNs look like. */
export const CRAFT_FLAGS: FlagTable<CraftOptions> = {
  options: flagValue(
    {
      group: 'Crafting',
      argument: 'LIST',
      description:
        'TCP options exactly as they go on the wire: mss=N, wscale=N, sackOK, ts, ts=VAL, nop, eol, tfo, tfo=HEX, mptcp, md5, ao, exp=EXID:HEX, kind=N:HEX, raw=HEX, none',
      defaultText: 'mss=MTU-40,sackOK,ts,nop,wscale=7',
    },
    anyText('TCP options such as mss=1460,sackOK,ts,nop,wscale=7, or none'),
  ),
  profile: flagValue(
    {
      group: 'Crafting',
      argument: 'NAME',
      description: `options, window, TTL and DF of another system's SYN: ${PROFILE_NAMES.join(', ')}`,
      defaultText: 'linux',
    },
    oneOf(PROFILE_NAMES),
  ),
  ttl: flagValue(
    { group: 'Crafting', argument: 'N', description: 'time to live, 1-255', defaultText: "the profile's" },
    wholeNumber(1, 255),
  ),
  dscp: flagValue(
    { group: 'Crafting', argument: 'N', description: 'DSCP code point, 0-63', defaultText: '0' },
    wholeNumber(0, 63),
  ),
  ecn: flagSwitch({ group: 'Crafting', description: 'ask for ECN: ECE and CWR set (RFC 3168)' }),
  window: flagValue(
    { group: 'Crafting', argument: 'N', description: 'receive window, 0-65535', defaultText: "the profile's" },
    wholeNumber(0, 65_535),
  ),
  seq: flagValue(
    {
      group: 'Crafting',
      argument: 'N',
      description: 'initial sequence number of every SYN, decimal or 0x...',
      defaultText: 'unpredictable, one for each SYN',
    },
    headerField(LARGEST_SEQ),
  ),
  ipId: flagValue(
    {
      group: 'Crafting',
      argument: 'N',
      description: 'IP identification of every SYN, decimal or 0x...',
      defaultText: 'another for each SYN',
    },
    headerField(65_535),
  ),
  df: flagSwitch({
    group: 'Crafting',
    description: "set or clear the don't-fragment bit",
    negatable: true,
    defaultText: "the profile's",
  }),
  payload: flagValue({ group: 'Crafting', argument: 'HEX', description: 'data in the SYN' }, hexBytes),
  badsum: flagSwitch({ group: 'Crafting', description: 'send a wrong TCP checksum: what answers does not verify it' }),
};
