import { describe, expect, it } from 'vitest';
import { PROFILES, mssFor, optionsFor, windowFor, type ProfileName, type SynSource } from '../../../src/probe/craft/profiles.ts';
import { UNSPECIFIED } from '../../../src/wire/address.ts';
import { compileOptions } from '../../../src/wire/tcp-options.ts';

function source(mtu: number): SynSource {
  return { address: UNSPECIFIED, mtu };
}

describe('profiles', () => {
  it.each<[ProfileName, string, number]>([
    ['linux', 'mss=1460,sackOK,ts,nop,wscale=7', 64_240],
    ['windows', 'mss=1460,nop,wscale=8,nop,nop,sackOK', 64_240],
    ['macos', 'mss=1460,nop,wscale=6,nop,nop,ts,sackOK,eol,eol', 65_535],
    ['freebsd', 'mss=1460,nop,wscale=6,sackOK,ts', 65_535],
    ['bare', 'mss=1460', 1024],
  ])('%s on Ethernet', (profile, options, window) => {
    expect(optionsFor(profile, source(1500))).toBe(options);
    expect(windowFor(profile, source(1500))).toBe(window);
  });

  it.each(Object.keys(PROFILES) as ProfileName[])('%s: options compile', (profile) => {
    const compiled = compileOptions(optionsFor(profile, source(1500)));
    expect(compiled).toMatchObject({ ok: true });
  });

  it('the MSS follows the MTU: loopback, jumbo, tunnel, and never below 536', () => {
    expect([65_536, 9000, 1420, 576, 68].map((mtu) => mssFor(source(mtu)))).toEqual([65_495, 8960, 1380, 536, 536]);
    expect(windowFor('linux', source(65_536))).toBe(65_495);
    expect(windowFor('linux', source(9000))).toBe(62_720);
  });
});
