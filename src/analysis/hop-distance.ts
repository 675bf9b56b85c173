import { initialTtl } from '../probe/craft/profiles.ts';

/** How many routers lie behind a packet that arrived with `ttl`: an estimate that is wrong only for unusual initial TTLs and for more than 31 hops. */
export function hopDistance(ttl: number): number {
  return initialTtl(ttl) - ttl;
}

/** The distance in words: `1 hop`, `3 hops`. */
export function formatHops(ttl: number): string {
  const distance = hopDistance(ttl);
  return distance === 1 ? '1 hop' : `${distance} hops`;
}
