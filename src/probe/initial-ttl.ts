/** The TTLs that stacks send with (p0f.fp; RFC 1700 recommends 64). */
const INITIAL_TTLS: readonly number[] = [32, 64, 128, 255];

/** The TTL that a packet which arrived with `ttl` most likely started with: the next of 32, 64, 128 and 255. */
export function initialTtl(ttl: number): number {
  return INITIAL_TTLS.find((initial) => initial >= ttl) ?? 255;
}
