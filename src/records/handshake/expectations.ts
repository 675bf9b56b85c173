import { usageError } from '../../errors.ts';
import { readReasonOrState } from '../expected-words.ts';
import type { HandshakeRecord } from './records.ts';
import type { Expectation } from '../records.ts';

/** One word of `--expect` and whether a record is as it says. */
interface Expected {
  readonly word: string;
  readonly isMet: (record: HandshakeRecord) => boolean;
}

/** What every handshake must be like. */
export type HandshakeExpectations = readonly Expected[];

/** Words about facts; each may have `no-` before it. */
const FACTS: Readonly<Record<string, Expected['isMet']>> = {
  established: ({ established }) => established,
  'syn-cookies': ({ synCookies }) => synCookies === true,
  'syn-proxy': ({ synProxy }) => synProxy === true,
  'accept-queue-full': ({ acceptQueueFull }) => acceptQueueFull === true,
  application: ({ application }) => (application?.repliedBytes ?? 0) > 0,
  'fast-open': ({ fastOpen }) => fastOpen?.dataAccepted === true,
  ecn: ({ ecn }) => ecn === 'negotiated',
  findings: ({ findings }) => findings.length > 0,
};

/** What a word of `--expect` may be, for help and errors. */
export const HANDSHAKE_WORDS: string = `${Object.keys(FACTS).join(', ')} (each also with no- before it), path-mtu=N, path-mtu>=N, or a state or reason as in probe`;

/** Reads a comma-separated list of words. Throws a usage error that quotes the word at fault. */
export function parseHandshakeExpectations(text: string | undefined): HandshakeExpectations | null {
  return text === undefined ? null : text.split(',').map((word) => parseWord(word.trim(), text));
}

/** Whether `record` is as expected and, where it is not, everything that is wrong. */
export function judgeHandshake(record: HandshakeRecord, expectations: HandshakeExpectations): Expectation {
  const missed = expectations.filter(({ isMet }) => !isMet(record)).map(({ word }) => word);
  if (missed.length === 0) return { met: true, why: null };
  return { met: false, why: `expected ${missed.join(', ')}; ${describe(record)}` };
}

function parseWord(word: string, whole: string): Expected {
  const fact = Object.hasOwn(FACTS, word) ? FACTS[word] : undefined;
  if (fact !== undefined) return { word, isMet: fact };
  const denied = word.startsWith('no-') && Object.hasOwn(FACTS, word.slice(3)) ? FACTS[word.slice(3)] : undefined;
  if (denied !== undefined) return { word, isMet: (record) => !denied(record) };
  return parseSize(word) ?? parseAnswer(word, whole);
}

function parseSize(word: string): Expected | null {
  const match = /^path-mtu(=|>=)(\d{2,5})$/.exec(word);
  if (match === null) return null;
  const size = Number(match[2]);
  return { word, isMet: ({ pathMtu }) => (match[1] === '=' ? pathMtu?.bytes === size : (pathMtu?.bytes ?? 0) >= size) };
}

function parseAnswer(word: string, whole: string): Expected {
  const answer = readReasonOrState(word);
  if (answer === null) throw usageError('--expect', word === '' ? whole : word, `expected words of ${HANDSHAKE_WORDS}`);
  return { word, isMet: ({ state, reason }) => ('state' in answer ? state === answer.state : reason === answer.reason) };
}

function describe(record: HandshakeRecord): string {
  const said = [
    `${record.state} (${record.reason})`,
    record.established ? 'established' : 'not established',
    ...(record.pathMtu === null ? [] : [`path MTU ${record.pathMtu.bytes ?? 'unknown'}`]),
    ...(record.ecn === null ? [] : [`ECN ${record.ecn}`]),
    ...record.findings.map(({ code }) => code),
  ];
  return `is ${said.join(', ')}`;
}
