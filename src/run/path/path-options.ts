import type { PairOptions } from '../options/prepare-pairs.ts';
import type { TokenOptions } from '../options/token.ts';

/** What `path` accepts: the command's flags in camelCase, with the same texts, units and defaults. */
export interface PathOptions extends Omit<PairOptions, 'ttl' | 'seq' | 'ipId' | 'badsum'>, TokenOptions {
  /** `synscope respond` listens at the responder: ask it what arrived and what left. */
  readonly responder?: boolean;
  /** `HOST:PORT`: another port that the responder listens on, asked about ports that are silent. Implies `responder`. */
  readonly control?: string;
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
