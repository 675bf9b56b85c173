import { describe, expect, it } from 'vitest';

import { forwardVerdict } from '../../../src/analysis/mss/forward-verdict.ts';
import type { MssEvidence, MssRow } from '../../../src/analysis/mss/mss-evidence.ts';
import { reverseVerdict } from '../../../src/analysis/mss/reverse-verdict.ts';

const SYN_ACK = { mss: 1460, window: 65_160, timestamps: true };
const AFTER = { again: SYN_ACK, withoutTimestamps: { mss: 1460, window: 64_240, timestamps: false } };

function row(offered: number, effective: number | null): MssRow {
  return { offered, synAck: SYN_ACK, effective, atLeast: effective, bytes: effective === null ? 0 : 9000, heardUs: true };
}

function evidence(given: Partial<MssEvidence>): MssEvidence {
  const nothing = { again: null, withoutTimestamps: null, twice: null, quote: null, responder: null };
  return { natural: 1460, rows: [], ...nothing, ...given };
}

const quoted = (seen: number | null): MssEvidence['quote'] => ({
  sent: 1460,
  seen,
  between: ['10.0.1.1', '10.0.2.1'],
  farthest: '10.0.3.1',
});

describe('what routers quote', () => {
  it('proves a clamp, and segments that agree are named', () => {
    const verdict = forwardVerdict(evidence({ rows: [row(1460, 1300)], ...AFTER, quote: quoted(1300) }));
    expect(verdict).toMatchObject({
      clampedTo: 1300,
      change: 'lowered',
      certainty: 'proven',
      evidence: ['quote', 'segment-size'],
    });
    expect(verdict.detail).toContain('between 10.0.1.1 and 10.0.2.1');
  });

  it('proves it without any data', () => {
    const verdict = forwardVerdict(evidence({ rows: [row(1460, null)], quote: quoted(1300) }));
    expect(verdict).toMatchObject({ clampedTo: 1300, certainty: 'proven', evidence: ['quote'], mss: 1300 });
  });

  it('proves it where a smaller MTU of the host hides it', () => {
    const small = { ...row(1460, 1200), synAck: { mss: 1200, window: 64_800, timestamps: false } };
    expect(forwardVerdict(evidence({ rows: [small], quote: quoted(1300) }))).toMatchObject({
      clampedTo: 1300,
      certainty: 'proven',
    });
  });

  it('leaves the last word to the host where another device follows', () => {
    const verdict = forwardVerdict(evidence({ rows: [row(1460, 1200)], ...AFTER, quote: quoted(1300) }));
    expect(verdict).toMatchObject({ clampedTo: 1200, certainty: 'likely' });
    expect(verdict.detail).toMatch(/has become 1300.*hold 1200 bytes/);
  });

  it('shows an option that is gone', () => {
    const verdict = forwardVerdict(evidence({ rows: [row(1460, 536)], ...AFTER, quote: quoted(null) }));
    expect(verdict).toMatchObject({ clampedTo: 536, change: 'removed', certainty: 'proven' });
  });

  it('says how far the option comes unchanged', () => {
    const quote = { sent: 1460, seen: 1460, between: null, farthest: '10.0.3.1' };
    const verdict = forwardVerdict(evidence({ rows: [row(1460, 1300)], ...AFTER, quote }));
    expect(verdict).toMatchObject({ clampedTo: 1300, certainty: 'likely' });
    expect(verdict.detail).toContain('Routers as far as 10.0.3.1 quote the MSS 1460 that was sent');
  });
});

describe('what the responder says', () => {
  it('is proven, in both directions, whatever else was seen', () => {
    const responder = { synSent: 1460, synArrived: 1300, synAckSent: 1460, synAckArrived: 1380 };
    const given = evidence({ rows: [row(1460, null)], responder });
    expect(forwardVerdict(given)).toMatchObject({ clampedTo: 1300, certainty: 'proven', evidence: ['responder'] });
    expect(reverseVerdict(given)).toMatchObject({ clampedTo: 1380, certainty: 'proven', evidence: ['responder'] });
  });

  it.each([
    [1460, null, 536, 'removed'],
    [null, 1360, 1360, 'added'],
    [1300, 1460, 1460, 'raised'],
  ] as const)('%s sent, %s arrived', (synSent, synArrived, clampedTo, change) => {
    const responder = { synSent, synArrived, synAckSent: 1460, synAckArrived: 1460 };
    const given = evidence({ responder });
    expect(forwardVerdict(given)).toMatchObject({ clampedTo, change, certainty: 'proven' });
    expect(reverseVerdict(given)).toMatchObject({ clampedTo: null, change: null, certainty: 'none' });
  });
});

describe('without any answer', () => {
  it('nothing is known', () => {
    for (const verdict of [forwardVerdict(evidence({})), reverseVerdict(evidence({}))])
      expect(verdict).toMatchObject({ clampedTo: null, change: null, certainty: 'unknown', mss: null });
  });
});
