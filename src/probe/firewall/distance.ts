/** What a SYN of one TTL met: an answer, a router where it expired, nothing, or it is still under way. */
export type TtlResult = 'answered' | 'expired' | 'silent' | 'pending';

/** By TTL. */
export type TtlResults = ReadonlyMap<number, TtlResult>;

/** No path is longer (RFC 1122, 3.2.1.7 has 64 for whole packets; more than 32 hops were never seen to be needed). */
const LAST_TTL = 32;
const STEP = 4;
/** TTLs tried at once where nobody knows how far the host is. */
const WAVE = 8;

/** TTLs to try next for a port that answers, about `guess` hops away; empty while some are under way, and once the smallest with an answer is known. */
export function nextTtlsToAnswer(results: TtlResults, guess: number): readonly number[] {
  if (isPending(results)) return [];
  if (results.size === 0) return range(guess - 1, guess + 1);
  const smallest = smallestAnswered(results);
  if (smallest === null) return range(highest(results) + 1, highest(results) + STEP);
  return smallest === 1 || results.has(smallest - 1)
    ? []
    : range(smallest - STEP, smallest - 1).filter((ttl) => !results.has(ttl));
}

/**
 * The same for a port that is silent: how far do its SYNs get? `hostHops` is the distance of the host where another port told it; where that answer was
 * a nearer device's, SYNs get farther.
 */
export function nextTtlsInSilence(results: TtlResults, hostHops: number | null): readonly number[] {
  if (isPending(results)) return [];
  if (results.size === 0) return range(1, hostHops ?? WAVE);
  const tried = highest(results);
  const farthest = Math.max(...ttlsWith(results, 'expired'));
  if (hostHops !== null) return farthest === tried ? range(tried + 1, tried + STEP) : [];
  return farthest > tried - STEP ? range(tried + 1, tried + WAVE) : [];
}

/** The smallest TTL that brought an answer; null where none did. */
export function smallestAnswered(results: TtlResults): number | null {
  const smallest = Math.min(...ttlsWith(results, 'answered'));
  return smallest === Infinity ? null : smallest;
}

/** The same where the packet with one less is known to have expired, so that it is the distance; null where silence may be a loss. */
export function answeringTtl(results: TtlResults): number | null {
  const smallest = smallestAnswered(results);
  return smallest === 1 || (smallest !== null && results.get(smallest - 1) === 'expired') ? smallest : null;
}

function ttlsWith(results: TtlResults, wanted: TtlResult): readonly number[] {
  return [...results].filter(([, result]) => result === wanted).map(([ttl]) => ttl);
}

function isPending(results: TtlResults): boolean {
  return [...results.values()].includes('pending');
}

function highest(results: TtlResults): number {
  return Math.max(...results.keys());
}

function range(first: number, last: number): readonly number[] {
  const from = Math.max(1, first);
  const to = Math.min(LAST_TTL, last);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
