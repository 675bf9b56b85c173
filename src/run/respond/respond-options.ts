import type { RunControl, NetworkOptions } from '../options/run-options.ts';
import type { TokenOptions } from '../options/token.ts';

/** What `respond` accepts: the command's flags in camelCase, with the same texts and units. */
export interface RespondOptions
  extends TokenOptions, Pick<NetworkOptions, 'interface' | 'engine' | 'dropPrivileges'>, RunControl {
  /** `443` or `80,443,8000-8010`. */
  readonly listenPorts: string;
  /** Seconds after which it ends by itself. */
  readonly for?: number;
  /** Attempts after which it ends by itself. */
  readonly count?: number;
}
