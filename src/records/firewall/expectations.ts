import { usageError } from '../../errors.ts';
import type { Guard } from '../../analysis/firewall/judge-target.ts';
import type { Expectation } from '../records.ts';

/** What every port's guard must be like; each word is a part of the verdict. */
export type GuardExpectations = readonly string[];

type Judged = Pick<Guard, 'policy' | 'stateful' | 'proxy' | 'answeredBy'>;

/** What a word stands for. */
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

/** ICMP reasons that `reject-icmp-...` may name, as records spell them without `icmp-`. */
const ICMP_WORD =
  /^reject-icmp-(?:(?:net|host|proto|port)-unreachable|(?:net|host|admin)-prohibited|frag-needed|ttl-exceeded|\d{1,3}-\d{1,3})$/;

/**
 * Reads the comma-separated words of `--expect`, all of which must hold; null when it was not given.
 * Throws a usage error that quotes the word at fault.
 */
export function parseGuardExpectations(text: string | undefined): GuardExpectations | null {
  if (text === undefined) return null;
  return text.split(',').map((item) => {
    const word = item.trim();
    if (Object.hasOwn(WORDS, word) || ICMP_WORD.test(word)) return word;
    throw usageError(
      '--expect',
      word === '' ? text : word,
      `expected ${GUARD_WORDS.join(', ')}, or reject-icmp-REASON, separated by commas`,
    );
  });
}

/** Whether a guard is as expected and, where it is not, what it is instead. */
export function judgeGuard(guard: Judged, expected: GuardExpectations): Expectation {
  const missed = expected.filter((word) => !holds(word, guard));
  if (missed.length === 0) return { met: true, why: null };
  return { met: false, why: `expected ${missed.join(', ')}, is ${describe(guard)}` };
}

function holds(word: string, guard: Judged): boolean {
  return WORDS[word]?.(guard) ?? guard.policy === word;
}

function describe({ policy, stateful, proxy, answeredBy }: Judged): string {
  const state = stateful === null ? 'stateful or stateless unknown' : stateful ? 'stateful' : 'stateless';
  const parts = [policy, state, proxy === true ? 'proxy' : null, answeredBy === null ? null : `answered by ${answeredBy}`];
  return parts.filter((part) => part !== null).join(', ');
}
