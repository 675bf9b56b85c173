import { findOption } from '../../../src/wire/tcp-options.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';

/** What the SYNs of both ends amount to, as seen from one of them. */
export interface Agreement {
  /** Largest segment that the peer takes, options included. */
  readonly mss: number;
  /** How the windows that the peer and this end write are scaled. */
  readonly peerShift: number;
  readonly ownShift: number;
  readonly timestamps: boolean;
  readonly sack: boolean;
  readonly ecn: boolean;
}

/** RFC 9293, 3.7.1: of a peer that did not say. */
export const DEFAULT_MSS = 536;
/** RFC 7323, 2.3. */
const LARGEST_SHIFT = 14;

/** An option counts when both ends sent it; the MSS is what the peer said. */
export function agree(ours: readonly TcpOption[], theirs: readonly TcpOption[], ecn: boolean): Agreement {
  const own = findOption(ours, 'wscale');
  const peer = findOption(theirs, 'wscale');
  const scaled = own !== undefined && peer !== undefined;
  return {
    mss: lastMss(theirs) ?? DEFAULT_MSS,
    peerShift: scaled ? Math.min(peer.value, LARGEST_SHIFT) : 0,
    ownShift: scaled ? Math.min(own.value, LARGEST_SHIFT) : 0,
    timestamps: bothHave('ts', ours, theirs),
    sack: bothHave('sackOK', ours, theirs),
    ecn,
  };
}

/** Of several, stacks go by the last (Linux: tcp_parse_options; BSD: tcp_dooptions). */
function lastMss(options: readonly TcpOption[]): number | undefined {
  return findOption(options.toReversed(), 'mss')?.value;
}

function bothHave(name: 'ts' | 'sackOK', ...lists: readonly (readonly TcpOption[])[]): boolean {
  return lists.every((list) => findOption(list, name) !== undefined);
}
