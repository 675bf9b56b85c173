import { usageError } from '../../errors.ts';
import type { OptionName } from '../../wire/tcp-options/option-codec.ts';
import { codecOfWord } from '../../wire/tcp-options/option-table.ts';
import { formatMs } from '../duration-text.ts';
import { ANSWERS, expectationOf, isAnswer, missedMss, readMssBound, readWords } from '../expected-words.ts';
import type { Expectation } from '../records.ts';
import type { PortRecord } from './records.ts';

/** What is wrong with a port, or null. */
type Missed = (record: PortRecord) => string | null;

/** What every port must be like. */
export type Expectations = readonly Missed[];

/** What a SYN-ACK can agree to; NOP and EOL are fillers, SACK blocks come later. */
const NEGOTIABLE: readonly OptionName[] = ['mss', 'wscale', 'sackOK', 'ts', 'tfo', 'mptcp', 'md5', 'ao', 'exp'];

/** The four flags as texts, each as the user wrote it. */
export type ExpectationTexts = Readonly<Partial<Record<'expect' | 'expectMss' | 'expectOptions' | 'expectRtt', string>>>;

/** Reads the texts; null when none is given. Throws a usage error that quotes what cannot be understood. */
export function parseExpectations(texts: ExpectationTexts): Expectations | null {
  const { expect, expectMss, expectOptions, expectRtt } = texts;
  const expectations = [
    expect === undefined ? [] : answerRule(expect),
    expectMss === undefined ? [] : mssRule(expectMss),
    expectOptions === undefined ? [] : optionsRule(expectOptions),
    expectRtt === undefined ? [] : rttRule(expectRtt),
  ].flat();
  return expectations.length === 0 ? null : expectations;
}

/** Whether `record` is as expected and, where it is not, everything that is wrong in one sentence. */
export function judge(record: PortRecord, expectations: Expectations): Expectation {
  return expectationOf(expectations.map((missed) => missed(record)));
}

/** A state, or a reason such as `rst`. */
function answerRule(text: string): Missed {
  if (!isAnswer(text)) throw usageError('--expect', text, `expected ${ANSWERS}`);
  return (record) => (record.state === text || record.reason === text ? null : `expected ${text}, ${describe(record)}`);
}

/** The MSS that the SYN-ACK must advertise. */
function mssRule(text: string): Missed {
  const bound = readMssBound('--expect-mss', text);
  return (record) => {
    const options = synAckOptions(record);
    const [mss = null] = options?.flatMap((option) => (option.kind === 2 && 'value' in option ? [option.value] : [])) ?? [];
    return missedMss(bound, 'MSS', mss, options === null ? describe(record) : 'the SYN-ACK carries none');
  };
}

/** Options that must be negotiated, by the names that records use. */
function optionsRule(text: string): Missed {
  const accepted = `a comma-separated list of ${NEGOTIABLE.join(', ')}, kind=N`;
  const names = readWords('--expect-options', text, accepted, readOptionName);
  return (record) => {
    const options = synAckOptions(record);
    if (options === null) return `expected ${names.join(',')}, ${describe(record)}`;
    // What answers nothing that was offered is not negotiated.
    const unasked = new Set(record.findings.filter(({ code }) => code === 'option-added').map(({ option }) => option));
    const present = new Set(options.filter(({ name }) => !unasked.has(name)).flatMap(({ kind, name }) => [name, `kind-${kind}`]));
    const absent = names.filter((name) => !present.has(name));
    return absent.length === 0 ? null : `expected ${absent.join(',')}, not negotiated`;
  };
}

function readOptionName(word: string): string | null {
  const kind = Number(/^kind[-=](\d{1,3})$/i.exec(word)?.[1]);
  if (kind > 1 && kind < 256) return `kind-${kind}`;
  const name = codecOfWord(word)?.name;
  return name !== undefined && NEGOTIABLE.includes(name) ? name : null;
}

/** The largest average round trip in milliseconds. */
function rttRule(text: string): Missed {
  const atMostMs = Number(/^<=\s*(\d+(?:\.\d+)?)$/.exec(text.trim())?.[1] ?? 0);
  if (atMostMs === 0)
    throw usageError('--expect-rtt', text, 'expected "<=" and milliseconds, as in "<=20" (quoted, or the shell redirects)');
  return (record) => {
    const { avg } = record.rttMs;
    if (avg !== null && avg <= atMostMs) return null;
    return `expected RTT at most ${formatMs(atMostMs)}, ${avg === null ? describe(record) : `is ${formatMs(avg)}`}`;
  };
}

function synAckOptions(record: PortRecord): NonNullable<PortRecord['reply']>['options'] | null {
  return record.state === 'open' && record.reply !== null ? record.reply.options : null;
}

function describe(record: PortRecord): string {
  return `is ${record.state} (${record.reason})`;
}
