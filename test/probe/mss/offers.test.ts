import { describe, expect, it } from 'vitest';

import { offersFor, parseOffers, withOffer } from '../../../src/probe/mss/offers.ts';
import { UNSPECIFIED } from '../../../src/wire/address.ts';

describe('offers', () => {
  it.each([
    [undefined, 1500, [8960, 1460, 1400, 1300, 536, null]],
    [undefined, 1420, [8960, 1460, 1400, 1380, 1300, 536, null]],
    [undefined, 65_536, [65_495, 8960, 1460, 1400, 1300, 536, null]],
    ['none, 1300 ,JUMBO,1300,mtu', 1500, [8960, 1460, 1300, null]],
  ] as const)('%s on an MTU of %d', (text, mtu, offers) => {
    expect(offersFor(parseOffers(text), { address: UNSPECIFIED, mtu })).toEqual(offers);
  });

  it.each(['', '0', '65536', '1460,,1300', 'big', '-1', '1e3', Array.from({ length: 17 }, () => '9').join(',')])(
    'refuses "%s"',
    (text) => {
      expect(() => parseOffers(text)).toThrow(/--offer.*expected up to 16/);
    },
  );
});

describe('an option list with another MSS', () => {
  it.each([
    ['mss=1460,sackOK,ts', 1300, 1, 'mss=1300,sackOK,ts'],
    ['sackOK,nop, MSS = 1460 ,ts', 1300, 1, 'sackOK,nop,mss=1300,ts'],
    ['sackOK,ts', 1300, 1, 'mss=1300,sackOK,ts'],
    ['mss=1460,sackOK', null, 1, 'sackOK'],
    ['mss=1460', null, 1, 'none'],
    ['none', 1300, 1, 'mss=1300'],
    ['mss=1460,ts', 1460, 2, 'mss=1460,mss=1460,ts'],
  ] as const)('%s', (list, offer, times, expected) => {
    expect(withOffer(list, offer, times)).toBe(expected);
  });
});
