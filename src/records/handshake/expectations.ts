import { type ExpectedWord, isAnswer, judgeWords, readWords } from '../expected-words.ts';
import type { HandshakeRecord } from './records.ts';
import type { Expectation } from '../records.ts';

/** What every handshake must be like. */
export type HandshakeExpectations = readonly ExpectedWord<HandshakeRecord>[];

type IsMet = (record: HandshakeRecord) => boolean;

/** Words about facts; each may have `no-` before it. */
const FACTS: Readonly<Record<string, IsMet>> = {
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
  if (text === undefined) return null;
  return readWords('--expect', text, `words of ${HANDSHAKE_WORDS}`, (word) => {
    const isMet = readFact(word) ?? readSize(word) ?? readAnswer(word);
    return isMet === null ? null : { word, isMet };
  });
}

/** Whether `record` is as expected and, where it is not, everything that is wrong. */
export function judgeHandshake(record: HandshakeRecord, expectations: HandshakeExpectations): Expectation {
  return judgeWords(record, expectations, `; ${describe(record)}`);
}

function readFact(word: string): IsMet | null {
  const isDenied = word.startsWith('no-');
  const name = isDenied ? word.slice('no-'.length) : word;
  const isFact = Object.hasOwn(FACTS, name) ? FACTS[name] : undefined;
  return isFact === undefined ? null : (record) => isFact(record) !== isDenied;
}

function readSize(word: string): IsMet | null {
  const [, sign, size] = /^path-mtu(=|>=)(\d{2,5})$/.exec(word) ?? [];
  if (size === undefined) return null;
  return ({ pathMtu }) => (sign === '=' ? pathMtu?.bytes === Number(size) : (pathMtu?.bytes ?? 0) >= Number(size));
}

function readAnswer(word: string): IsMet | null {
  return isAnswer(word) ? ({ state, reason }) => state === word || reason === word : null;
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
