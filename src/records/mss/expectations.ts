import { usageError } from '../../errors.ts';
import type { ExpectedMss, MssRecord, MssVerdict } from './records.ts';

/** The flags as texts; `expect` means both directions. */
export interface MssExpectationTexts {
  readonly expect?: string;
  readonly expectForward?: string;
  readonly expectReverse?: string;
}

interface Bound {
  readonly atMost: boolean;
  readonly value: number;
}

/** Which MSS must arrive in each direction; null where any may. */
export interface MssExpectations {
  readonly forward: Bound | null;
  readonly reverse: Bound | null;
}

/** Reads the texts; null when none is given. Throws a usage error that quotes what cannot be understood. */
export function parseMssExpectations(texts: MssExpectationTexts): MssExpectations | null {
  const both = parseBound('--expect', texts.expect);
  const forward = parseBound('--expect-forward', texts.expectForward) ?? both;
  const reverse = parseBound('--expect-reverse', texts.expectReverse) ?? both;
  return forward === null && reverse === null ? null : { forward, reverse };
}

/** Whether a record's verdicts are as expected; where they are not, everything that is wrong in one sentence. */
export function judgeMss(
  { forward, reverse, state, reason }: Pick<MssRecord, 'forward' | 'reverse' | 'state' | 'reason'>,
  expectations: MssExpectations | null,
): Pick<MssRecord, 'expected' | 'pass' | 'why' | 'expectation'> {
  if (expectations === null) return { expected: null, pass: null, why: null, expectation: null };
  const other = state === 'open' ? null : `${state} (${reason})`;
  const misses = [
    missed('forward', forward, expectations.forward, other),
    missed('reverse', reverse, expectations.reverse, other),
  ].filter((miss) => miss !== null);
  const expectation = { met: misses.length === 0, why: misses.length === 0 ? null : misses.join('; ') };
  return { expected: inWords(expectations), pass: expectation.met, why: expectation.why, expectation };
}

function parseBound(flag: string, text: string | undefined): Bound | null {
  if (text === undefined) return null;
  const match = /^(<=)?\s*([1-9]\d{0,4})$/.exec(text.trim());
  const value = Number(match?.[2]);
  if (match !== null && value <= 65_535) return { atMost: match[1] !== undefined, value };
  throw usageError(flag, text, 'expected an MSS from 1 to 65535, or "<=" and such a number');
}

function missed(
  direction: 'forward' | 'reverse',
  { mss }: MssVerdict,
  bound: Bound | null,
  otherwise: string | null,
): string | null {
  if (bound === null) return null;
  const { atMost, value } = bound;
  const expected = `expected ${direction} MSS ${atMost ? `at most ${value}` : value}`;
  if (mss === null) return `${expected}, ${otherwise === null ? 'could not be measured' : `is ${otherwise}`}`;
  return (atMost ? mss <= value : mss === value) ? null : `${expected}, is ${mss}`;
}

function inWords({ forward, reverse }: MssExpectations): ExpectedMss {
  return { forward: textOf(forward), reverse: textOf(reverse) };
}

function textOf(bound: Bound | null): string | null {
  return bound === null ? null : `${bound.atMost ? '<=' : ''}${bound.value}`;
}
