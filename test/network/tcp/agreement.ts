import { findOption } from '../../../src/wire/tcp-options.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';

/** What the SYNs of both ends agree on, as seen from one end. */
export interface Agreement {
  /** Largest segment that the peer accepts, options included. */
  readonly mss: number;
  /** How the windows that the peer and this end write are scaled. */
  readonly peerShift: number;
  readonly ownShift: number;
  readonly timestamps: boolean;
  readonly sack: boolean;
  readonly ecn: boolean;
}

/** RFC 9293, 3.7.1: of a peer that sent none. */
export const DEFAULT_MSS = 536;
/** RFC 7323, 2.3. */
const LARGEST_SHIFT = 14;

/** An option counts when both ends sent it; the MSS is the peer's. */
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

/** Of several, stacks use the last (Linux: tcp_parse_options; BSD: tcp_dooptions). */
function lastMss(options: readonly TcpOption[]): number | undefined {
  return findOption(options.toReversed(), 'mss')?.value;
}

function bothHave(name: 'ts' | 'sackOK', ...lists: readonly (readonly TcpOption[])[]): boolean {
  return lists.every((list) => findOption(list, name) !== undefined);
}

const IP_AND_TCP = 40;
/** Timestamps with their two NOPs. */
const TIMESTAMP_BYTES = 12;
/** Linux accepts no smaller MSS from a peer (tcp_min_snd_mss). */
const SMALLEST_MSS = 48;
/** RFC 791: the smallest packet that every link carries. */
const SMALLEST_PACKET = 68;

/**
 * Data bytes of a full segment: what peer and path accept, less our options, and at most half the largest
 * window that the peer ever advertised (Linux, tcp_bound_to_half_wnd).
 */
export function segmentBytes(agreement: Agreement, mtu: number, largestWindow: number): number {
  const options = agreement.timestamps ? TIMESTAMP_BYTES : 0;
  const size = Math.max(SMALLEST_MSS, Math.min(agreement.mss, mtu - IP_AND_TCP)) - options;
  const half = largestWindow > DEFAULT_MSS ? largestWindow >>> 1 : largestWindow;
  return half === 0 ? size : Math.min(size, Math.max(half, SMALLEST_PACKET - IP_AND_TCP));
}
