/** A seeded stream of numbers: the only chance in a simulation. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Uniform 32 bits. */
  uint32(): number;
}

/** Mulberry32 (Tommy Ettinger): 32 bits of state, every seed a full-quality stream for tests; no secrets come from it. */
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
