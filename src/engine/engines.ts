import { usageError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { rawCap } from './raw-cap/raw-cap.ts';

/** Every engine that can be asked for, best first: `auto` takes the first that works here. */
export const ENGINES: readonly [Engine, ...Engine[]] = [rawCap];

/** What `--engine` accepts. */
export const ENGINE_CHOICES: readonly string[] = ['auto', ...ENGINES.map((engine) => engine.name)];

/**
 * The engine of that name, or for `auto` the first whose check finds nothing wrong. An engine asked for by name, and the last one left for
 * `auto`, is not checked (a check costs 50 ms): its `open` says what is wrong. Throws a usage error for a name that is not in the table.
 */
export async function selectEngine(name: string): Promise<Engine> {
  if (name !== 'auto') {
    const engine = ENGINES.find((candidate) => candidate.name === name);
    if (engine === undefined) throw usageError('--engine', name, `accepted are ${ENGINE_CHOICES.join(', ')}`);
    return engine;
  }
  for (const engine of ENGINES.slice(0, -1)) {
    // oxlint-disable-next-line no-await-in-loop -- in order of preference: a later engine is tried only when the earlier ones fail
    if ((await engine.check()) === null) return engine;
  }
  return ENGINES.at(-1) ?? ENGINES[0];
}
