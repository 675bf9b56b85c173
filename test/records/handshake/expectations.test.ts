import { describe, expect, it } from 'vitest';

import { judgeHandshake, parseHandshakeExpectations } from '../../../src/records/handshake/expectations.ts';
import type { HandshakeRecord } from '../../../src/records/handshake/records.ts';
import { http } from '../../network/tcp/application.ts';
import { serving } from '../../network/serving.ts';
import { shakeHands } from '../../simulation/handshake-network.ts';

const { record } = await shakeHands(serving({ application: http(500) }), { send: 'http', pathMtu: true, ecn: true });

function why(text: string, change: Partial<HandshakeRecord> = {}): string | null {
  return judgeHandshake({ ...record, ...change }, parseHandshakeExpectations(text) ?? []).why;
}

describe('what is expected of a handshake', () => {
  it.each([
    'established',
    'open',
    'syn-ack',
    'application',
    'ecn',
    'no-findings',
    'no-syn-proxy,no-accept-queue-full,no-syn-cookies',
    'path-mtu=1500',
    'path-mtu>=1400',
    ' established , path-mtu>=1500 ',
  ])('is met: %s', (text) => {
    expect(why(text)).toBeNull();
  });

  it.each([
    ['no-established', {}],
    ['closed', {}],
    ['rst', {}],
    ['findings', {}],
    ['fast-open', {}],
    ['path-mtu=1400', {}],
    ['path-mtu>=1400', { pathMtu: { bytes: 1399, reportedBy: null } }],
    ['path-mtu>=1400', { pathMtu: null }],
    ['application', { application: null }],
    ['ecn', { ecn: 'refused' as const }],
  ])('is missed: %s', (text, change) => {
    expect(why(text, change)).toContain(`expected ${text}`);
  });

  it('says everything that is wrong, and what it is instead', () => {
    expect(why('closed,fast-open')).toBe(
      'expected closed, fast-open; is open (syn-ack), established, path MTU 1500, ECN negotiated',
    );
  });

  it.each(['', 'opened', 'no-', 'no-open', 'path-mtu', 'path-mtu>1400', 'established,,open'])('is refused: "%s"', (text) => {
    expect(() => parseHandshakeExpectations(text)).toThrow('--expect');
  });
});
