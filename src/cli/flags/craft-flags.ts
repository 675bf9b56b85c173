import { PROFILES } from '../../probe/craft/profiles.ts';
import type { CraftOptions } from '../../run/options/run-options.ts';
import { anyText, headerField, hexBytes, oneOf, wholeNumber } from '../parse/values.ts';
import { type FlagTable, inGroup } from './flag.ts';

const PROFILE_NAMES = Object.keys(PROFILES);
const crafting = inGroup('Crafting');

/** What the SYNs look like. */
export const CRAFT_FLAGS: FlagTable<CraftOptions> = {
  options: crafting.value(
    'LIST',
    anyText('TCP options such as mss=1460,sackOK,ts,nop,wscale=7, or none'),
    'TCP options exactly as they go on the wire: mss=N, wscale=N, sackOK, ts, ts=VAL, nop, eol, tfo, tfo=HEX, mptcp, md5, ao, exp=EXID:HEX, kind=N:HEX, raw=HEX, none',
    'mss=MTU-40,sackOK,ts,nop,wscale=7',
  ),
  profile: crafting.value(
    'NAME',
    oneOf(PROFILE_NAMES),
    `options, window, TTL and DF of another system's SYN: ${PROFILE_NAMES.join(', ')}`,
    'linux',
  ),
  ttl: crafting.value('N', wholeNumber(1, 255), 'time to live, 1-255', "the profile's"),
  dscp: crafting.value('N', wholeNumber(0, 63), 'DSCP code point, 0-63', '0'),
  ecn: crafting.switch('ask for ECN: ECE and CWR set (RFC 3168)'),
  window: crafting.value('N', wholeNumber(0, 65_535), 'receive window, 0-65535', "the profile's"),
  seq: crafting.value(
    'N',
    headerField(0xffff_ffff),
    'initial sequence number of every SYN, decimal or 0x...',
    'unpredictable, one for each SYN',
  ),
  ipId: crafting.value('N', headerField(65_535), 'IP identification of every SYN, decimal or 0x...', 'another for each SYN'),
  df: crafting.negatable("set or clear the don't-fragment bit", "the profile's"),
  payload: crafting.value('HEX', hexBytes, 'data in the SYN'),
  badsum: crafting.switch('send a wrong TCP checksum: what answers does not verify it'),
};
