import { describe, expect, it } from 'vitest';

import { SynscopeError } from '../../../src/errors.ts';
import { type ExpectationTexts, judge, parseExpectations, type Expectations } from '../../../src/records/probe/expectations.ts';
import type { PortRecord } from '../../../src/records/probe/records.ts';
import { closed, open, prohibited, rtt, silent, unsent } from '../../report/records.ts';

const A = '10.0.0.2';

function why(record: PortRecord, texts: ExpectationTexts): string | null {
  const { met, why: reason } = judge(record, parseExpectations(texts) as Expectations);
  expect(met).toBe(reason === null);
  return reason;
}

describe('expectations', () => {
  it('are null when none is given', () => {
    expect(parseExpectations({})).toBeNull();
  });

  it.each<[ExpectationTexts, string]>([
    [{ expect: '' }, '--expect ""'],
    [{ expect: 'opne' }, '--expect "opne"'],
    [{ expect: 'OPEN' }, '--expect "OPEN"'],
    [{ expect: 'toString' }, '--expect "toString"'],
    [{ expect: 'icmp-x-1' }, '--expect "icmp-x-1"'],
    [{ expectMss: '<1400' }, '--expect-mss "<1400"'],
    [{ expectMss: '0' }, '--expect-mss "0"'],
    [{ expectMss: '65536' }, '--expect-mss "65536"'],
    [{ expectMss: '' }, '--expect-mss ""'],
    [{ expectOptions: 'mss,nope' }, '--expect-options "nope"'],
    [{ expectOptions: 'mss,' }, '--expect-options "mss,"'],
    [{ expectOptions: 'nop' }, '--expect-options "nop"'],
    [{ expectOptions: 'kind=1' }, '--expect-options "kind=1"'],
    [{ expectRtt: '20' }, '--expect-rtt "20"'],
    [{ expectRtt: '<=x' }, '--expect-rtt "<=x"'],
    [{ expectRtt: '<=0' }, '--expect-rtt "<=0"'],
  ])('%j is refused', (texts, quoted) => {
    let thrown: unknown = null;
    try {
      parseExpectations(texts);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SynscopeError);
    const { code, message } = thrown as SynscopeError;
    expect(code).toBe('usage');
    expect(message).toContain(`${quoted}: expected `);
    expect(message).not.toContain('\n');
  });

  it('lists the words it knows', () => {
    expect(() => parseExpectations({ expect: 'nope' })).toThrow(
      /open, closed, filtered, or a reason: syn-ack, syn, rst, no-response, icmp-net-unreachable/,
    );
  });

  it.each<[string, PortRecord, string | null]>([
    ['open', open(A, 80), null],
    ['open', silent(A, 80), 'expected open, is filtered (no-response)'],
    ['closed', closed(A, 80), null],
    ['filtered', silent(A, 80), null],
    ['filtered', unsent(A, 80, 'EPERM'), 'expected filtered, is error (send-error:EPERM)'],
    ['send-error:EPERM', unsent(A, 80, 'EPERM'), null],
    ['rst', closed(A, 80), null],
    ['syn-ack', closed(A, 80), 'expected syn-ack, is closed (rst)'],
    ['icmp-admin-prohibited', prohibited(A, 80, '10.0.0.254'), null],
    ['icmp-3-12', prohibited(A, 80, '10.0.0.254'), 'expected icmp-3-12, is filtered (icmp-admin-prohibited)'],
  ])('--expect %s', (text, record, expected) => {
    expect(why(record, { expect: text })).toBe(expected);
  });

  it.each<[string, string | null]>([
    ['1460', null],
    ['<=1460', null],
    ['<=9000', null],
    ['1400', 'expected MSS 1400, is 1460'],
    ['<=1400', 'expected MSS at most 1400, is 1460'],
  ])('--expect-mss %s', (text, expected) => {
    expect(why(open(A, 80), { expectMss: text })).toBe(expected);
  });

  it('an MSS needs a SYN-ACK that carries one', () => {
    const bare = open(A, 80);
    const without = { ...bare, reply: bare.reply === null ? null : { ...bare.reply, options: [] } };
    expect(why(without, { expectMss: '1460' })).toBe('expected MSS 1460, the SYN-ACK carries none');
    expect(why(closed(A, 80), { expectMss: '1460' })).toBe('expected MSS 1460, is closed (rst)');
  });

  it('options are negotiated when the SYN-ACK carries what was offered', () => {
    expect(why(open(A, 80), { expectOptions: 'mss,SACKok,ts,wscale,kind=8' })).toBeNull();
    expect(why(open(A, 80), { expectOptions: 'mss,tfo,mptcp' })).toBe('expected tfo,mptcp, not negotiated');
    expect(why(silent(A, 80), { expectOptions: 'mss' })).toBe('expected mss, is filtered (no-response)');
    const added = {
      code: 'option-added',
      option: 'sackOK',
      direction: 'unknown',
      sent: null,
      received: null,
      certainty: 'likely',
      detail: '',
    } as const;
    expect(why(open(A, 80, { findings: [added] }), { expectOptions: 'mss,sackOK' })).toBe('expected sackOK, not negotiated');
  });

  it('a round trip is judged by its average, and there must be one', () => {
    expect(why(open(A, 80, { rttMs: rtt(10, 30) }), { expectRtt: '<=20' })).toBeNull();
    expect(why(open(A, 80, { rttMs: rtt(10, 31) }), { expectRtt: '<=20' })).toBe('expected RTT at most 20.0 ms, is 20.5 ms');
    expect(why(open(A, 80), { expectRtt: '<= 0.1' })).toBe('expected RTT at most 100 us, is 212 us');
    expect(why(silent(A, 80), { expectRtt: '<=20' })).toBe('expected RTT at most 20.0 ms, is filtered (no-response)');
  });

  it('says everything that is wrong in one sentence', () => {
    expect(why(open(A, 80), { expect: 'closed', expectMss: '1400', expectRtt: '<=20' })).toBe(
      'expected closed, is open (syn-ack); expected MSS 1400, is 1460',
    );
  });
});
