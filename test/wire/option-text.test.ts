import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/wire/bytes.ts';
import { compileOptions, decodeOptions, formatOptions, optionItemForms } from '../../src/wire/tcp-options.ts';
import { anyBytes } from './arbitraries.ts';

function hexFor(text: string): string {
  const compiled = compileOptions(text);
  if (!compiled.ok) throw new Error(`${compiled.offending}: ${compiled.accepted}`);
  return toHex(compiled.bytes);
}

describe('compiled option text', () => {
  it('gives the bytes back that were shown', () => {
    fc.assert(
      fc.property(anyBytes(40), (bytes) => {
        const padding = '00'.repeat((4 - (bytes.length % 4)) % 4);
        expect(hexFor(formatOptions(decodeOptions(bytes)))).toBe(toHex(bytes) + padding);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['mss=1460,sackOK,ts,nop,wscale=7', '020405b4 0402 080a0000000000000000 01 030307'],
    ['MSS=536, SackOk , NOP,nop', '02040218 0402 0101'],
    ['wscale=14', '03030e 00'],
    ['wscale=255', '0303ff 00'],
    ['mss=0', '02040000'],
    ['ts=4294967295', '080affffffff00000000 0000'],
    ['ts=1:2', '080a0000000100000002 0000'],
    ['tfo', '2202 0000'],
    ['tfo=00112233', '2206 00112233 0000'],
    ['mptcp', '1e04 0101'],
    ['mptcp=20', '1e03 20 00'],
    ['md5', `1312 ${'00'.repeat(16)} 0000`],
    ['md5=000102030405060708090a0b0c0d0e0f', '1312 000102030405060708090a0b0c0d0e0f 0000'],
    ['ao', `1d10 ${'00'.repeat(14)}`],
    ['ao=0a0b', '1d04 0a0b'],
    ['exp=F989:0102', 'fe06 f9890102 0000'],
    ['exp=f989', 'fe04 f989'],
    ['kind=69:0xabcd', '4504 abcd'],
    ['kind=69', '4502 0000'],
    ['kind=2:05', '020305 00'],
    ['raw=020405b4', '020405b4'],
    ['nop,raw=01', '0101 0000'],
    ['eol', '00000000'],
    ['none', ''],
    [' NONE ', ''],
  ])('%s', (text, hex) => {
    expect(hexFor(text)).toBe(hex.replaceAll(' ', ''));
  });

  it.each([
    ['mss=1460,sackOK,ts,nop,wscale=7', 8],
    ['ts', 2],
    ['wscale=7,TS', 5],
    ['ts=0', null],
    ['ts=5,ts', 12],
    ['none', null],
  ])('%s leaves TSval open at %s', (text, offset) => {
    expect(compileOptions(text)).toMatchObject({ ok: true, tsvalOffset: offset });
  });

  it.each([
    ['', '', 'mss=N'],
    ['mss=1460,,nop', 'mss=1460,,nop', 'comma-separated'],
    ['nop,', 'nop,', 'comma-separated'],
    ['mss', 'mss', 'mss=N, N from 0 to 65535'],
    ['nop,mss=65536', 'mss=65536', 'mss=N, N from 0 to 65535'],
    ['mss=-1', 'mss=-1', 'mss=N'],
    ['mss=1e3', 'mss=1e3', 'mss=N'],
    ['mss=', 'mss=', 'mss=N'],
    ['mss=0x10', 'mss=0x10', 'mss=N'],
    ['wscale=256', 'wscale=256', 'wscale=N, N from 0 to 255'],
    ['sackOK=1', 'sackOK=1', 'sackOK'],
    ['nop=1', 'nop=1', 'nop'],
    ['eol=', 'eol=', 'eol'],
    ['ts=4294967296', 'ts=4294967296', 'ts=VAL'],
    ['ts=1:2:3', 'ts=1:2:3', 'ts=VAL'],
    ['ts,nop,ts', 'ts,nop,ts', 'one ts without a value'],
    ['tfo=0', 'tfo=0', 'tfo=HEX'],
    ['tfo=', 'tfo=', 'tfo=HEX'],
    ['tfo=0102', 'tfo=0102', '4 to 16 bytes'],
    ['md5=00', 'md5=00', '16 bytes'],
    ['ao=00', 'ao=00', '2 bytes or more'],
    ['sack', 'sack', 'sack=HEX'],
    ['exp=f9', 'exp=f9', 'exp=EXID:HEX'],
    ['exp', 'exp', 'exp=EXID:HEX'],
    ['exp=f989:1', 'exp=f989:1', 'exp=EXID:HEX'],
    ['kind=256:00', 'kind=256:00', 'kind=N:HEX, N from 2 to 255'],
    ['kind=1:00', 'kind=1:00', 'kind=N:HEX, N from 2 to 255'],
    ['kind=:00', 'kind=:00', 'kind=N:HEX'],
    ['kind', 'kind', 'kind=N:HEX'],
    ['raw=', 'raw=', 'raw=HEX'],
    ['raw=0', 'raw=0', 'raw=HEX'],
    ['nop,none', 'none', 'none, alone'],
    ['mss=1460;nop', 'mss=1460;nop', 'mss=N'],
    ['bogus', 'bogus', 'kind=N:HEX'],
    ['__proto__', '__proto__', 'comma-separated'],
    ['ts,md5,ts=1,ts=2', 'ts,md5,ts=1,ts=2', 'at most 40 bytes of options, these are 48'],
    [`raw=${'00'.repeat(41)}`, `raw=${'00'.repeat(41)}`, 'these are 41'],
    [`kind=9:${'00'.repeat(300)}`, `kind=9:${'00'.repeat(300)}`, 'these are 302'],
  ])('refuses %j', (text, offending, accepted) => {
    const compiled = compileOptions(text);
    expect(compiled).toMatchObject({ ok: false, offending });
    expect(compiled.ok ? '' : compiled.accepted).toContain(accepted);
  });

  it('never throws and never makes more than 40 bytes or an odd word', () => {
    const item = fc.oneof(fc.string(), fc.constantFrom('ts', 'mss=1', 'nop', 'ao', 'raw=', 'kind=5:', 'none', 'exp=', '='));
    fc.assert(
      fc.property(fc.array(item, { maxLength: 12 }), (items) => {
        const compiled = compileOptions(items.join(','));
        if (!compiled.ok) return;
        expect(compiled.bytes.length).toBeLessThanOrEqual(40);
        expect(compiled.bytes.length % 4).toBe(0);
      }),
    );
  });

  it('takes a megabyte of hex for what it is', () => {
    expect(compileOptions(`raw=${'00'.repeat(1_000_000)}`)).toMatchObject({ ok: false });
  });

  it('lists every form once', () => {
    const forms = optionItemForms();
    expect(new Set(forms).size).toBe(forms.length);
    for (const word of ['mss', 'wscale', 'sackOK', 'ts', 'nop', 'eol', 'tfo', 'mptcp', 'md5', 'ao', 'exp', 'kind', 'raw', 'none'])
      expect(forms.some((form) => form.startsWith(word))).toBe(true);
  });
});
