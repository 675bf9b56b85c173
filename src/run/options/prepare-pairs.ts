import { randomFillSync } from 'node:crypto';

import { SynscopeError } from '../../errors.ts';
import { parsePorts } from '../../probe/targets/ports.ts';
import { type RandomFill, randomWord } from '../machine.ts';
import { readSpec, readTiming } from './read-options.ts';
import { readTargets } from './read-targets.ts';
import type { RunFacts } from '../run-records.ts';
import type { CraftOptions, RunControl, TargetOptions, NetworkOptions } from './run-options.ts';
import { packageVersion } from '../version.ts';

/** What the commands accept that look at a few (target, port) pairs closely. */
export interface PairOptions extends TargetOptions, CraftOptions, NetworkOptions, RunControl {
  /** `443` or `22,80`; each command has a default of its own. */
  readonly ports?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly retries?: number;
}

/** A run over few pairs whose input has been read and found good; nothing has been opened yet. */
export interface PreparedPairs extends RunFacts {
  readonly options: PairOptions;
}

/** Pairs that one such run takes: each costs packets by the dozen. */
export const MOST_PAIRS = 1024;

/** Reads the options that all these commands share. Throws a usage error for the first that cannot be accepted. */
export async function preparePairs(
  command: string,
  options: PairOptions,
  defaultPorts: string,
  random: RandomFill = randomFillSync,
): Promise<PreparedPairs> {
  const ports = parsePorts(options.ports ?? defaultPorts);
  const spec = readSpec(options);
  const timing = readTiming(options);
  const targets = await readTargets(options);
  const pairs = targets.size * ports.size;
  if (pairs > MOST_PAIRS) {
    throw new SynscopeError(
      'usage',
      `${command} of ${targets.size} targets and ${ports.size} ports: at most ${MOST_PAIRS} pairs`,
    );
  }
  return { options, command, version: packageVersion(), targets, ports, spec, timing, seed: randomWord(random), shard: null };
}
