import { expectationOf, missedMss, type MssBound, readMssBound } from '../expected-words.ts';
import type { MssRecord } from './records.ts';

/** The flags as texts; `expect` means both directions. */
type MssExpectationTexts = Readonly<Partial<Record<'expect' | 'expectForward' | 'expectReverse', string>>>;

/** Which MSS must arrive in each direction; null where any may. */
export interface MssExpectations {
  readonly forward: MssBound | null;
  readonly reverse: MssBound | null;
}

/** Reads the texts; null when none is given. Throws a usage error that quotes what cannot be understood. */
export function parseMssExpectations(texts: MssExpectationTexts): MssExpectations | null {
  const both = parseBound('--expect', texts.expect);
  const forward = parseBound('--expect-forward', texts.expectForward) ?? both;
  const reverse = parseBound('--expect-reverse', texts.expectReverse) ?? both;
  return forward === null && reverse === null ? null : { forward, reverse };
}

/**
 * Whether a record's verdicts are as expected; where they are not, everything that is wrong in one
 * sentence.
 */
export function judgeMss(
  record: Pick<MssRecord, 'forward' | 'reverse' | 'state' | 'reason'>,
  expectations: MssExpectations | null,
): Pick<MssRecord, 'expected' | 'pass' | 'why' | 'expectation'> {
  if (expectations === null) return { expected: null, pass: null, why: null, expectation: null };
  const { forward, reverse } = expectations;
  const otherwise = record.state === 'open' ? 'could not be measured' : `is ${record.state} (${record.reason})`;
  const expectation = expectationOf([
    forward === null ? null : missedMss(forward, 'forward MSS', record.forward.mss, otherwise),
    reverse === null ? null : missedMss(reverse, 'reverse MSS', record.reverse.mss, otherwise),
  ]);
  const expected = { forward: textOf(forward), reverse: textOf(reverse) };
  return { expected, pass: expectation.met, why: expectation.why, expectation };
}

function parseBound(flag: string, text: string | undefined): MssBound | null {
  return text === undefined ? null : readMssBound(flag, text);
}

function textOf(bound: MssBound | null): string | null {
  return bound === null ? null : `${bound.atMost ? '<=' : ''}${bound.value}`;
}
