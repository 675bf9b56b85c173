import { describe, expect, it } from 'vitest';

import { judgeGuard, parseGuardExpectations } from '../../../src/records/firewall/expectations.ts';

type Judged = Parameters<typeof judgeGuard>[0];

const DROPPED: Judged = { policy: 'drop', stateful: true, proxy: null, answeredBy: null };
const PROXIED: Judged = { policy: 'open', stateful: null, proxy: true, answeredBy: 'middlebox' };
const REJECTED: Judged = { policy: 'reject-icmp-admin-prohibited', stateful: false, proxy: null, answeredBy: 'middlebox' };

function why(guard: Judged, text: string): string | null {
  return judgeGuard(guard, parseGuardExpectations(text) ?? []).why;
}

describe('--expect of firewall', () => {
  it('needs every word', () => {
    expect(why(DROPPED, 'drop')).toBeNull();
    expect(why(DROPPED, 'drop, stateful')).toBeNull();
    expect(why(PROXIED, 'open,proxy,middlebox')).toBeNull();
    expect(why(REJECTED, 'reject')).toBeNull();
    expect(why(REJECTED, 'reject-icmp,stateless')).toBeNull();
    expect(why(REJECTED, 'reject-icmp-admin-prohibited')).toBeNull();
  });

  it('says what is missed and what there is instead', () => {
    expect(why(DROPPED, 'drop,stateless')).toBe('expected stateless, is drop, stateful');
    expect(why(REJECTED, 'reject-icmp-port-unreachable')).toBe(
      'expected reject-icmp-port-unreachable, is reject-icmp-admin-prohibited, stateless, answered by middlebox',
    );
    expect(why(PROXIED, 'no-proxy,host')).toBe(
      'expected no-proxy, host, is open, stateful or stateless unknown, proxy, answered by middlebox',
    );
  });

  it('what cannot be told meets neither word', () => {
    expect(why(PROXIED, 'stateful')).not.toBeNull();
    expect(why(PROXIED, 'stateless')).not.toBeNull();
    expect(why(DROPPED, 'no-proxy')).not.toBeNull();
  });

  it.each(['', 'dropp', 'drop,', 'reject-icmp-nonsense', 'constructor'])('refuses "%s" and says what is accepted', (text) => {
    expect(() => parseGuardExpectations(text)).toThrow(/--expect ".*": expected open, closed, drop/);
  });
});
