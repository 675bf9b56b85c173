import type { PairOptions } from './prepare-pairs.ts';

/** What `path` accepts: the command's flags in camelCase, with the same texts, units and defaults. */
export interface PathOptions extends Omit<PairOptions, 'ttl' | 'seq' | 'ipId' | 'badsum'> {
  /** TTL of the first probe. */
  readonly firstTtl?: number;
  /** No probe has a larger TTL. */
  readonly maxTtl?: number;
  /** Answers wanted of each hop. */
  readonly count?: number;
  /** Repeat the trace with other options, to find those that make the SYN disappear. */
  readonly vary?: boolean;
  /** Look up the names of hops. */
  readonly resolve?: boolean;
}
