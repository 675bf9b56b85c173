import { describe, expect, it } from 'vitest';

import type { Change } from '../../src/analysis/packet-diff/change.ts';
import type { ResponderRecord } from '../../src/records/records.ts';
import { responderRemarks } from '../../src/report/remark.ts';

const REPORTED: ResponderRecord = {
  status: 'reported',
  fate: 'established',
  arrivedAt: '2026-11-25T10:11:12.345Z',
  answeredAfterMs: 0.4,
  ttl: 60,
  synCopies: 1,
  synAckCopies: 1,
  proof: ['isn', 'ts'],
  translation: null,
  forward: [],
  reverse: [],
  syn: '45',
  synAck: '45',
};
const CLAMPED: Change = { field: 'tcp.option.mss', sent: 1460, seen: 1300, how: 'rewritten' };
const NATTED: Change = { field: 'ip.src', sent: '10.0.0.1', seen: '192.0.2.1', how: 'rewritten' };
const translation = { source: '10.0.0.1:4000 > 192.0.2.1:5000', destination: null };

const CASES: readonly (readonly [string, Partial<ResponderRecord>, readonly string[]])[] = [
  ['nothing was touched', {}, ['SYN and SYN-ACK arrived as they left']],
  ['a finding says it all', { forward: [CLAMPED] }, []],
  ['the SYN was left alone, the SYN-ACK was not', { reverse: [CLAMPED] }, []],
  [
    'NAT alone',
    { forward: [NATTED], translation },
    ['NAT of the source: 10.0.0.1:4000 > 192.0.2.1:5000', 'SYN and SYN-ACK arrived as they left but for NAT'],
  ],
  ['known from the log', { status: 'arrived', reverse: null, fate: 'answered' }, ['the SYN arrived as it left']],
  [
    'not answered',
    { status: 'arrived', reverse: null, fate: 'rate-limited', synAck: null },
    ['the SYN arrived and was not answered: the responder had too many at once', 'the SYN arrived as it left'],
  ],
  ['never arrived, which a finding says', { status: 'never-arrived', forward: null, reverse: null }, []],
  ['not watched', { status: 'not-listening', forward: null, reverse: null }, ['the responder does not listen on this port']],
  ['a responder that is not reached', { status: 'unknown' }, [expect.stringContaining('could not be asked') as string]],
];

describe('remarks on the responder', () => {
  it.each(CASES)('%s', (_, fields, texts) => {
    const remarks = responderRemarks({ ...REPORTED, ...fields });
    expect(remarks.map(({ head }) => head.replace(/^= responder: /, ''))).toEqual(texts);
    for (const { role } of remarks) expect(role).toBe('faint');
  });
});
