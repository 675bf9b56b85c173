import type { CraftOptions, RunControl, TargetOptions, NetworkOptions } from '../options/run-options.ts';

/**
 * What `firewall` accepts: the command's flags in camelCase, with the same texts, units and defaults. Source ports, ISNs, flags and data are the tests' own;
 * the rest of the SYN can be chosen.
 */
export interface FirewallOptions
  extends
    TargetOptions,
    Pick<CraftOptions, 'options' | 'profile' | 'dscp' | 'window'>,
    Omit<NetworkOptions, 'sourcePort'>,
    RunControl {
  /** `443` or `22,80`; without it 22, 80 and 443. */
  readonly ports?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly retries?: number;
  /** Search for a SYN rate limit, which takes seconds and up to 4,000 SYNs to one port of each target. */
  readonly rateLimit?: boolean;
  /** Words that must hold for every port: `drop`, `reject-rst,stateful`. */
  readonly expect?: string;
}
