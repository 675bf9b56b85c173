/** A seeded stream of numbers: the only randomness in a simulation. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Uniform 32 bits. */
  uint32(): number;
}

/** Mulberry32 (Tommy Ettinger): 32 bits of state, good for tests, not for secrets. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function uint32(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
  return { uint32, fraction: () => uint32() / 0x1_0000_0000 };
}

/**
 * Numbers that look random but are the same for the same `values` under `secret`: a keyed hash, not a
 * cryptographic one.
 */
export function keyedHash(secret: number, ...values: readonly number[]): number {
  let hash = secret >>> 0;
  for (const value of values) {
    hash = Math.imul(hash ^ value, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  return hash >>> 0;
}
