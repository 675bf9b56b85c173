import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, TSVAL, found, only, reply, rst, syn } from './packets.ts';

const TS = `ts=9:${TSVAL}`;
const nops = (count: number) => Array.from({ length: count }, () => 'nop').join(',');

/** Findings about options only: the window of the shape is not adapted to its options. */
const optionFindings = (options: string, sent = DEFAULT_OPTIONS) =>
  found({ sent: syn({ options: sent }), reply: reply({ options, window: 65_535 }) });

describe('option-missing', () => {
  it.each([
    ['no timestamps', 'mss=1460,nop,nop,sackOK,nop,wscale=7', ['ts']],
    ['no SACK, with the two NOPs of Linux before timestamps', `mss=1460,nop,nop,${TS},nop,wscale=7`, ['sackOK']],
    ['no window scale', `mss=1460,sackOK,${TS}`, ['wscale']],
    ['SYN cookies without timestamps', 'mss=1460', ['sackOK', 'ts', 'wscale']],
    ['no options', 'none', ['mss', 'sackOK', 'ts', 'wscale']],
  ])('%s', (_, options, missing) => {
    expect(optionFindings(options)).toEqual(missing.map((name) => `option-missing ${name} unknown possible`));
  });

  it('says that stripped and unsupported look alike', () => {
    const finding = only('option-missing', { reply: reply({ options: `mss=1460,sackOK,${TS}`, window: 65_535 }) });
    expect(finding).toMatchObject({ option: 'wscale', sent: 7, received: null });
    expect(finding.detail).toMatch(/does not use it, or a device stripped it.*only a path trace or a responder can tell/);
    const bare = only('option-missing', {
      sent: syn({ options: 'mss=1460,nop,wscale=7' }),
      reply: reply({ options: 'mss=1460', window: 65_535 }),
    });
    expect(bare.detail).toContain('or answers with SYN cookies');
  });

  it('only what was sent can be missing, and each once', () => {
    expect(optionFindings('none', 'none')).toEqual([]);
    expect(optionFindings('mss=1460', 'mss=1460')).toEqual([]);
    expect(optionFindings('mss=1460', 'mss=1460,wscale=7,wscale=7,nop,nop')).toEqual(['option-missing wscale unknown possible']);
  });

  it('mptcp and a cookie request expect an answer; a cookie, md5, ao, exp and unknown kinds do not', () => {
    expect(optionFindings('mss=1460', 'mss=1460,mptcp,tfo')).toEqual([
      'option-missing mptcp unknown possible',
      'option-missing tfo unknown possible',
    ]);
    expect(optionFindings('mss=1460', 'mss=1460,tfo=0011223344556677')).toEqual([]);
    expect(optionFindings('mss=1460', 'mss=1460,exp=f989:01020304,kind=77:0102')).toEqual([]);
    expect(optionFindings('mss=1460', 'mss=1460,md5')).toEqual([]);
  });

  it('an option whose damage is reported is not missing too, nor is what may stand behind the damage', () => {
    expect(optionFindings(`mss=1460,sackOK,${TS},nop,raw=0300`)).toEqual(['option-malformed kind-3 unknown proven']);
    expect(optionFindings('mss=1460,raw=080a0102')).toEqual(['option-malformed kind-8 unknown proven']);
  });

  it('resets carry no options', () => expect(found({ reply: rst() })).toEqual([]));
});

describe('option-padded', () => {
  it.each([
    ['Linux, timestamps', `mss=1460,sackOK,${nops(10)},nop,wscale=7`, ['ts']],
    ['Linux, window scale', `mss=1460,sackOK,${TS},${nops(4)}`, ['wscale']],
    ['Linux, timestamps and window scale', `mss=1460,sackOK,${nops(14)}`, ['wscale', 'ts']],
    ['Linux, all but the MSS', `mss=1460,${nops(16)}`, ['wscale', 'sackOK', 'ts']],
    ['Linux, the MSS', `${nops(4)},sackOK,${TS},nop,wscale=7`, ['mss']],
    ['Linux, the MSS and SACK', `${nops(6)},${TS},nop,wscale=7`, ['mss', 'sackOK']],
    ['FreeBSD, window scale', `mss=1460,${nops(4)},sackOK,${TS}`, ['wscale']],
    ['FreeBSD, timestamps', `mss=1460,nop,wscale=6,sackOK,${nops(10)}`, ['ts']],
  ])('%s', (_, options, padded) => {
    expect(optionFindings(options)).toEqual(padded.map((name) => `option-padded ${name} reverse likely`));
  });

  it.each([
    ['SACK', `mss=1460,nop,wscale=8,${nops(4)}`, 'sackOK'],
    ['window scale', `mss=1460,${nops(6)},sackOK`, 'wscale'],
  ])('Windows without timestamps, %s: those are missing, the other was overwritten', (_, options, padded) => {
    expect(optionFindings(options)).toEqual([`option-padded ${padded} reverse likely`, 'option-missing ts unknown possible']);
  });

  it('two runs are told apart', () => {
    expect(optionFindings(`mss=1460,${nops(4)},sackOK,${nops(10)}`)).toEqual([
      'option-padded wscale reverse likely',
      'option-padded ts reverse likely',
    ]);
  });

  it('a run that no missing option explains is named without one', () => {
    const sent = 'mss=1460,sackOK';
    expect(optionFindings(`mss=1460,sackOK,${nops(10)}`, sent)).toEqual(['option-padded null reverse likely']);
  });

  it.each([
    `mss=1460,nop,nop,${TS},nop,wscale=7`,
    'mss=1460,nop,wscale=8,nop,nop,sackOK',
    'mss=1460,nop,nop,sackOK,nop,wscale=6,nop,nop',
    `mss=1460,nop,wscale=6,nop,nop,${TS},sackOK,eol,eol`,
    'mss=1460,sackOK,nop,nop,nop',
  ])('stacks align so: %s', (options) => {
    expect(optionFindings(options).filter((text) => text.startsWith('option-padded'))).toEqual([]);
  });
});

describe('option-added', () => {
  it.each([
    ['wscale=7,nop', 'wscale'],
    [TS, 'ts'],
    ['sackOK', 'sackOK'],
    ['tfo=0011223344556677', 'tfo'],
    ['kind=30:00010203', 'mptcp'],
    ['kind=77:0102', 'kind-77'],
  ])('%s in answer to a SYN with an MSS alone', (added, name) => {
    expect(optionFindings(`mss=1460,${added}`, 'mss=1460')).toEqual([`option-added ${name} unknown likely`]);
  });

  it('quotes the rule that forbids it', () => {
    const finding = only('option-added', {
      sent: syn({ options: 'mss=1460' }),
      reply: reply({ options: 'mss=1460,nop,wscale=7' }),
    });
    expect(finding).toMatchObject({ sent: null, received: 7 });
    expect(finding.detail).toContain('RFC 7323, 2.2');
  });

  it('an MSS needs no asking', () => expect(optionFindings('mss=1460', 'none')).toEqual([]));

  it('an unknown kind with our bytes is a mirror; an answer of its own is not', () => {
    expect(optionFindings('mss=1460,kind=77:a1b2c3', 'mss=1460,kind=77:a1b2c3')).toEqual(['option-added kind-77 unknown likely']);
    expect(optionFindings('mss=1460,exp=f989:a1b2', 'mss=1460,exp=f989:a1b2')).toEqual(['option-added exp unknown likely']);
    expect(optionFindings('mss=1460,kind=77:ffff', 'mss=1460,kind=77:a1b2c3')).toEqual([]);
    expect(optionFindings('mss=1460,exp=f989', 'mss=1460,exp=f989')).toEqual([]);
    expect(optionFindings('mss=1460,exp=f989:ff00', 'mss=1460,exp=f989')).toEqual([]);
  });

  it('duplicates, once for each kind', () => {
    expect(optionFindings('mss=1460,mss=1460,mss=1460', 'mss=1460')).toEqual(['option-added mss unknown likely']);
    expect(optionFindings(`mss=1460,sackOK,${TS},nop,wscale=7,wscale=7,nop`)).toEqual(['option-added wscale unknown likely']);
    expect(optionFindings('mss=1460,nop,nop', 'mss=1460')).toEqual([]);
  });

  it('says nothing where the SYN is not known', () => {
    expect(found({ sent: null })).toEqual([]);
  });
});

describe('option-malformed', () => {
  it('lengths that cannot be, bytes behind the end mark, a scale above 14', () => {
    expect(optionFindings('mss=1460,raw=0805aabbcc', 'mss=1460')).toContain('option-malformed kind-8 unknown proven');
    expect(optionFindings('mss=1460,raw=00010203', 'mss=1460')).toEqual(['option-malformed eol unknown proven']);
    expect(optionFindings('mss=1460,nop,wscale=15', 'mss=1460,wscale=7')).toEqual(['option-malformed wscale unknown proven']);
    expect(optionFindings('mss=1460,eol,eol,eol', 'mss=1460')).toEqual([]);
    expect(optionFindings('mss=1460,nop,wscale=14', 'mss=1460,wscale=7')).toEqual([]);
  });

  it('in resets too', () => {
    expect(found({ reply: rst({ options: 'raw=02ff0000' }) })).toEqual(['option-malformed kind-2 unknown proven']);
  });
});

const echoing = (echo: number) => reply({ options: `mss=1460,sackOK,ts=9:${echo},nop,wscale=7` });

describe('timestamp-echo-wrong', () => {
  it('another number, or none', () => {
    expect(only('timestamp-echo-wrong', { reply: echoing(1) })).toMatchObject({ sent: TSVAL, received: 1, certainty: 'proven' });
    expect(only('timestamp-echo-wrong', { reply: echoing(0) }).detail).toMatch(/starts its timestamps late/);
  });

  it('not for the right echo, and not without our own timestamp', () => {
    expect(found({ reply: echoing(TSVAL) })).toEqual([]);
    const sent = syn({ options: 'mss=1460,sackOK,nop,wscale=7' });
    expect(found({ sent, reply: echoing(1) })).toEqual(['option-added ts unknown likely']);
  });
});

describe('payload-in-syn-ack', () => {
  const payload = new Uint8Array([72, 105]);

  it('data before the handshake is complete', () => {
    expect(only('payload-in-syn-ack', { reply: reply({ payload }) })).toMatchObject({ received: 2, certainty: 'proven' });
  });

  it('not after Fast Open data, and not in a reset', () => {
    const sent = syn({ options: `${DEFAULT_OPTIONS},tfo=0011223344556677`, payload });
    expect(found({ sent, reply: reply({ payload }) })).toEqual([]);
    expect(found({ reply: rst({ payload }) })).toEqual([]);
  });
});
