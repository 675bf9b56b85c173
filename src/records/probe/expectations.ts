import { usageError } from '../../errors.ts';
import type { PortState } from '../../probe/verdict.ts';
import type { OptionName } from '../../wire/tcp-options/option-codec.ts';
import { codecOfWord } from '../../wire/tcp-options/option-table.ts';
import { formatMs } from '../duration-text.ts';
import { REASON_WORDS, readReasonOrState, STATE_WORDS } from '../expected-words.ts';
import type { Expectation } from '../records.ts';
import type { PortRecord } from './records.ts';

/** What every port must be like; a null part is not asked for. */
export interface Expectations {
  /** A state, or a reason such as `rst`. */
  readonly answer: { readonly state: PortState } | { readonly reason: string } | null;
  /** MSS that the SYN-ACK must advertise, exactly or at most. */
  readonly mss: { readonly atMost: boolean; readonly value: number } | null;
  /** Options that must be negotiated, by the names that records use. */
  readonly options: readonly string[];
  /** Largest average round trip in milliseconds. */
  readonly rttAtMostMs: number | null;
}

/** What a SYN-ACK can agree to; NOP and EOL are fillers, SACK blocks come later. */
const NEGOTIABLE: readonly OptionName[] = ['mss', 'wscale', 'sackOK', 'ts', 'tfo', 'mptcp', 'md5', 'ao', 'exp'];

/** The four flags as texts, each as the user wrote it. */
export interface ExpectationTexts {
  readonly expect?: string;
  readonly expectMss?: string;
  readonly expectOptions?: string;
  readonly expectRtt?: string;
}

/** Reads the texts; null when none is given. Throws a usage error that quotes what cannot be understood. */
export function parseExpectations(texts: ExpectationTexts): Expectations | null {
  const { expect, expectMss, expectOptions, expectRtt } = texts;
  if ([expect, expectMss, expectOptions, expectRtt].every((text) => text === undefined)) return null;
  return {
    answer: expect === undefined ? null : parseAnswer(expect),
    mss: expectMss === undefined ? null : parseMss(expectMss),
    options: expectOptions === undefined ? [] : expectOptions.split(',').map((name) => parseOptionName(name, expectOptions)),
    rttAtMostMs: expectRtt === undefined ? null : parseRtt(expectRtt),
  };
}

/** Whether `record` is as expected and, where it is not, everything that is wrong in one sentence. */
export function judge(record: PortRecord, expectations: Expectations): Expectation {
  const misses = [
    missedAnswer(record, expectations.answer),
    missedMss(record, expectations.mss),
    missedOptions(record, expectations.options),
    missedRtt(record, expectations.rttAtMostMs),
  ].filter((miss) => miss !== null);
  return misses.length === 0 ? { met: true, why: null } : { met: false, why: misses.join('; ') };
}

function parseAnswer(text: string): NonNullable<Expectations['answer']> {
  const answer = readReasonOrState(text);
  if (answer !== null) return answer;
  throw usageError(
    '--expect',
    text,
    `expected ${STATE_WORDS.join(', ')}, or a reason: ${[...REASON_WORDS, 'icmp-TYPE-CODE', 'send-error:ERRNO'].join(', ')}`,
  );
}

function parseMss(text: string): NonNullable<Expectations['mss']> {
  const match = /^(<=)?(\d{1,5})$/.exec(text.trim());
  const value = Number(match?.[2]);
  if (match === null || value < 1 || value > 65_535)
    throw usageError('--expect-mss', text, 'expected a number from 1 to 65535, or "<=" and such a number');
  return { atMost: match[1] !== undefined, value };
}

function parseOptionName(text: string, whole: string): string {
  const word = text.trim();
  const kind = Number(/^kind[-=](\d{1,3})$/i.exec(word)?.[1]);
  if (kind > 1 && kind < 256) return `kind-${kind}`;
  const name = codecOfWord(word)?.name;
  if (name !== undefined && NEGOTIABLE.includes(name)) return name;
  throw usageError(
    '--expect-options',
    word === '' ? whole : word,
    `expected a comma-separated list of ${NEGOTIABLE.join(', ')}, kind=N`,
  );
}

function parseRtt(text: string): number {
  const match = /^<=\s*(\d+(?:\.\d+)?)$/.exec(text.trim());
  const value = Number(match?.[1]);
  if (match === null || value === 0)
    throw usageError('--expect-rtt', text, 'expected "<=" and milliseconds, as in "<=20" (quoted, or the shell redirects)');
  return value;
}

function missedAnswer(record: PortRecord, answer: Expectations['answer']): string | null {
  if (answer === null) return null;
  const met = 'state' in answer ? record.state === answer.state : record.reason === answer.reason;
  return met ? null : `expected ${'state' in answer ? answer.state : answer.reason}, is ${describe(record)}`;
}

function missedMss(record: PortRecord, mss: Expectations['mss']): string | null {
  if (mss === null) return null;
  const expected = `expected MSS ${mss.atMost ? `at most ${mss.value}` : mss.value}`;
  const options = synAckOptions(record);
  if (options === null) return `${expected}, is ${describe(record)}`;
  for (const option of options) {
    if (option.kind !== 2 || !('value' in option)) continue;
    const met = mss.atMost ? option.value <= mss.value : option.value === mss.value;
    return met ? null : `${expected}, is ${option.value}`;
  }
  return `${expected}, the SYN-ACK carries none`;
}

function missedOptions(record: PortRecord, names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const options = synAckOptions(record);
  if (options === null) return `expected ${names.join(',')}, is ${describe(record)}`;
  // What answers nothing that was offered is not negotiated.
  const unasked = new Set(record.findings.filter(({ code }) => code === 'option-added').map(({ option }) => option));
  const present = new Set(options.filter(({ name }) => !unasked.has(name)).flatMap(({ kind, name }) => [name, `kind-${kind}`]));
  const absent = names.filter((name) => !present.has(name));
  return absent.length === 0 ? null : `expected ${absent.join(',')}, not negotiated`;
}

function missedRtt(record: PortRecord, atMostMs: number | null): string | null {
  if (atMostMs === null) return null;
  const { avg } = record.rttMs;
  const expected = `expected RTT at most ${formatMs(atMostMs)}`;
  if (avg === null) return `${expected}, is ${describe(record)}`;
  return avg <= atMostMs ? null : `${expected}, is ${formatMs(avg)}`;
}

function synAckOptions(record: PortRecord): NonNullable<PortRecord['reply']>['options'] | null {
  return record.state === 'open' && record.reply !== null ? record.reply.options : null;
}

function describe(record: PortRecord): string {
  return `${record.state} (${record.reason})`;
}
