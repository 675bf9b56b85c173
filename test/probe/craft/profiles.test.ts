import { describe, expect, it } from 'vitest';
import { PROFILES, mssForMtu, optionsFor, windowFor, type ProfileName } from '../../../src/probe/craft/profiles.ts';
import { compileOptions } from '../../../src/wire/tcp-options.ts';

describe('profiles', () => {
  it.each<[ProfileName, string, number]>([
    ['linux', 'mss=1460,sackOK,ts,nop,wscale=7', 64_240],
    ['windows', 'mss=1460,nop,wscale=8,nop,nop,sackOK', 64_240],
    ['macos', 'mss=1460,nop,wscale=6,nop,nop,ts,sackOK,eol,eol', 65_535],
    ['freebsd', 'mss=1460,nop,wscale=6,sackOK,ts', 65_535],
    ['bare', 'mss=1460', 1024],
  ])('%s on Ethernet', (profile, options, window) => {
    expect(optionsFor(profile, 1500)).toBe(options);
    expect(windowFor(profile, 1500)).toBe(window);
  });

  it.each(Object.keys(PROFILES) as ProfileName[])('%s: options compile, and there is a line for the help text', (profile) => {
    const compiled = compileOptions(optionsFor(profile, 1500));
    expect(compiled).toMatchObject({ ok: true });
    expect(PROFILES[profile].description).not.toBe('');
  });

  it('the MSS follows the MTU: loopback, jumbo, tunnel, and never below 536', () => {
    expect([65_536, 9000, 1420, 576, 68].map(mssForMtu)).toEqual([65_495, 8960, 1380, 536, 536]);
    expect(windowFor('linux', 65_536)).toBe(65_495);
    expect(windowFor('linux', 9000)).toBe(62_720);
  });
});
