/** What a SYN of one TTL met: an answer, a router where it expired, or nothing; or it is pending. */
export type TtlResult = 'answered' | 'expired' | 'silent' | 'pending';
/** By TTL. */
export type TtlResults = ReadonlyMap<number, TtlResult>;

/** No path is longer (RFC 1122, 3.2.1.7 has 64 for all packets; paths above 32 hops are unknown). */
const LAST_TTL = 32;
const STEP = 4;
/** TTLs tried at once while the host's distance is unknown. */
const WAVE = 8;

/**
 * The TTLs to try next for a port that answers, about `guess` hops away. Empty while some are pending, and
 * once the smallest TTL with an answer is known.
 */
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
 * The same for a silent port: how far do its SYNs get? `hostHops` is the host's distance by another port's
 * answer. If a nearer device gave that answer, SYNs get farther.
 */
export function nextTtlsInSilence(results: TtlResults, hostHops: number | null): readonly number[] {
  if (isPending(results)) return [];
  if (results.size === 0) return range(1, hostHops ?? WAVE);
  const tried = highest(results);
  const farthest = Math.max(...ttlsWith(results, 'expired'));
  if (hostHops !== null) return farthest === tried ? range(tried + 1, tried + STEP) : [];
  return farthest > tried - STEP ? range(tried + 1, tried + WAVE) : [];
}

/** The smallest TTL that brought an answer; null when none did. */
export function smallestAnswered(results: TtlResults): number | null {
  const smallest = Math.min(...ttlsWith(results, 'answered'));
  return smallest === Infinity ? null : smallest;
}

/**
 * The same when the SYN with one less expired, so that it is the distance; null when that may have been
 * lost.
 */
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
