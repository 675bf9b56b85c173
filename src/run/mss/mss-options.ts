import type { PairOptions } from '../options/prepare-pairs.ts';
import type { TokenOptions } from '../options/token.ts';

/** What `mss` accepts: the command's flags in camelCase, with the same texts, units and defaults. Its SYNs are to be answered, and carry no data. */
export interface MssOptions extends Omit<PairOptions, 'payload' | 'badsum'>, TokenOptions {
  /** `synscope respond` listens on these ports with the same token. */
  readonly responder?: boolean;
  /** `1460,1300,none`, also `mtu` and `jumbo`; each takes the place of the MSS in the option list. */
  readonly offer?: string;
  /** `http`, `http:/PATH`, `tls`, `hex:...` or `none`; by default what the port is usually for. */
  readonly request?: string;
  /** `1300` or `<=1400`: the MSS that must arrive in both directions. */
  readonly expect?: string;
  readonly expectForward?: string;
  readonly expectReverse?: string;
}
