import type { Guard } from '../../analysis/firewall/judge-target.ts';
import { type ExpectedWord, isReason, judgeWords, readWords } from '../expected-words.ts';
import type { Expectation } from '../records.ts';

type Judged = Pick<Guard, 'policy' | 'stateful' | 'proxy' | 'answeredBy'>;

/** What every port's guard must be like; each word is a part of the verdict. */
export type GuardExpectations = readonly ExpectedWord<Judged>[];

const WORDS: Readonly<Record<string, (guard: Judged) => boolean>> = {
  open: ({ policy }) => policy === 'open',
  closed: ({ policy }) => policy === 'closed',
  drop: ({ policy }) => policy === 'drop',
  reject: ({ policy }) => policy.startsWith('reject-'),
  'reject-rst': ({ policy }) => policy === 'reject-rst',
  'reject-icmp': ({ policy }) => policy.startsWith('reject-icmp-'),
  stateful: ({ stateful }) => stateful === true,
  stateless: ({ stateful }) => stateful === false,
  proxy: ({ proxy }) => proxy === true,
  'no-proxy': ({ proxy }) => proxy === false,
  host: ({ answeredBy }) => answeredBy === 'host',
  middlebox: ({ answeredBy }) => answeredBy === 'middlebox',
};

/** Words of `--expect`, for help and messages. */
export const GUARD_WORDS: readonly string[] = Object.keys(WORDS);

/**
 * Reads the words of `--expect`, all of which must hold; null when it was not given. Usage errors quote the
 * word at fault.
 */
export function parseGuardExpectations(text: string | undefined): GuardExpectations | null {
  if (text === undefined) return null;
  return readWords('--expect', text, `${GUARD_WORDS.join(', ')}, or reject-icmp-REASON, separated by commas`, (word) => {
    if (word.startsWith('reject-icmp-') && isReason(word.slice('reject-'.length)))
      return { word, isMet: ({ policy }) => policy === word };
    const isMet = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    return isMet === undefined ? null : { word, isMet };
  });
}

/** Whether a guard is as expected and, where it is not, what it is instead. */
export function judgeGuard(guard: Judged, expected: GuardExpectations): Expectation {
  return judgeWords(guard, expected, `, is ${describe(guard)}`);
}

function describe({ policy, stateful, proxy, answeredBy }: Judged): string {
  const state = stateful === null ? 'stateful or stateless unknown' : stateful ? 'stateful' : 'stateless';
  const parts = [policy, state, proxy === true ? 'proxy' : null, answeredBy === null ? null : `answered by ${answeredBy}`];
  return parts.filter((part) => part !== null).join(', ');
}
