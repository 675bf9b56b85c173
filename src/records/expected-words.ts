import { usageError } from '../errors.ts';
import type { Expectation } from './records.ts';

/** The states that `--expect` takes. `error` is no answer to expect; its reason can be. */
export const STATE_WORDS: readonly string[] = ['open', 'closed', 'filtered'];
/** The reasons that have a word of their own. */
export const REASON_WORDS: readonly string[] = (
  'syn-ack syn rst no-response icmp-net-unreachable icmp-host-unreachable icmp-proto-unreachable icmp-port-unreachable ' +
  'icmp-net-prohibited icmp-host-prohibited icmp-admin-prohibited icmp-frag-needed icmp-ttl-exceeded'
).split(' ');

/** States and reasons, for messages. */
export const ANSWERS: string = `${STATE_WORDS.join(', ')}, or a reason: ${REASON_WORDS.join(', ')}, icmp-TYPE-CODE, send-error:ERRNO`;

/** Whether a word is a reason that a state can rest on. */
export function isReason(word: string): boolean {
  return REASON_WORDS.includes(word) || /^(?:icmp-\d{1,3}-\d{1,3}|send-error:E[A-Z0-9]+)$/.test(word);
}

/** Whether a word is a state or a reason to expect. */
export function isAnswer(word: string): boolean {
  return STATE_WORDS.includes(word) || isReason(word);
}

/**
 * Reads comma-separated words by `read`, which has null for what it does not know: a usage error quotes
 * that.
 */
export function readWords<T>(flag: string, text: string, accepted: string, read: (word: string) => T | null): readonly T[] {
  return text.split(',').map((item) => {
    const word = item.trim();
    const meaning = read(word);
    if (meaning !== null) return meaning;
    throw usageError(flag, word === '' ? text : word, `expected ${accepted}`);
  });
}

/** A word of `--expect`, and whether a record is as it says. */
export interface ExpectedWord<R> {
  readonly word: string;
  readonly isMet: (record: R) => boolean;
}

/** Whether `record` is as all words say; `is` tells what it is instead. */
export function judgeWords<R>(record: R, expected: readonly ExpectedWord<R>[], is: string): Expectation {
  const missed = expected.filter(({ isMet }) => !isMet(record)).map(({ word }) => word);
  return expectationOf(missed.length === 0 ? [] : [`expected ${missed.join(', ')}${is}`]);
}

/** The result of several expectations: what is wrong by each, or null. */
export function expectationOf(results: readonly (string | null)[]): Expectation {
  const misses = results.filter((miss) => miss !== null);
  return misses.length === 0 ? { met: true, why: null } : { met: false, why: misses.join('; ') };
}

/** An MSS to expect, exactly or at most. */
export interface MssBound {
  readonly atMost: boolean;
  readonly value: number;
}

/** Reads `1460` or `<=1460`. Throws a usage error for other texts. */
export function readMssBound(flag: string, text: string): MssBound {
  const [, sign, digits] = /^(<=)?\s*(\d{1,5})$/.exec(text.trim()) ?? [];
  const value = Number(digits);
  if (value >= 1 && value <= 65_535) return { atMost: sign !== undefined, value };
  throw usageError(flag, text, 'expected an MSS from 1 to 65535, or "<=" and such a number');
}

/** What is wrong with an MSS, or null; `otherwise` tells why it is not known. */
export function missedMss({ atMost, value }: MssBound, what: string, mss: number | null, otherwise: string): string | null {
  if (mss !== null && (atMost ? mss <= value : mss === value)) return null;
  return `expected ${what} ${atMost ? 'at most ' : ''}${value}, ${mss === null ? otherwise : `is ${mss}`}`;
}
