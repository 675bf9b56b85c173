/** The TTLs that stacks send with (p0f.fp; RFC 1700 recommends 64). */
const INITIAL_TTLS: readonly number[] = [32, 64, 128, 255];

/** The TTL that a packet which arrived with `ttl` most likely started with: the next of 32, 64, 128 and 255. */
export function initialTtl(ttl: number): number {
  return INITIAL_TTLS.find((initial) => initial >= ttl) ?? 255;
}

/** How many routers lie behind a packet that arrived with `ttl`: an estimate that is wrong only for unusual initial TTLs and for more than 31 hops. */
export function hopDistance(ttl: number): number {
  return initialTtl(ttl) - ttl;
}

/** The distance in words: `1 hop`, `3 hops`. */
export function formatHops(ttl: number): string {
  const distance = hopDistance(ttl);
  return distance === 1 ? '1 hop' : `${distance} hops`;
}
