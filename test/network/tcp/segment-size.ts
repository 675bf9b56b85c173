import type { Agreement } from './agreement.ts';
import { DEFAULT_MSS } from './agreement.ts';

const IP_AND_TCP = 40;
/** Timestamps with their two NOPs. */
const TIMESTAMP_BYTES = 12;
/** Linux believes no peer that asks for less (tcp_min_snd_mss). */
const SMALLEST_MSS = 48;
/** RFC 791: what every link carries. */
const SMALLEST_PACKET = 68;

/**
 * Data bytes of a full segment: what the peer and the path take, less our options; and never more than half the largest window that
 * the peer ever had (Linux, tcp_bound_to_half_wnd).
 */
export function segmentBytes(agreement: Agreement, mtu: number, largestWindow: number): number {
  const options = agreement.timestamps ? TIMESTAMP_BYTES : 0;
  const size = Math.max(SMALLEST_MSS, Math.min(agreement.mss, mtu - IP_AND_TCP)) - options;
  const half = largestWindow > DEFAULT_MSS ? largestWindow >>> 1 : largestWindow;
  return half === 0 ? size : Math.min(size, Math.max(half, SMALLEST_PACKET - IP_AND_TCP));
}
