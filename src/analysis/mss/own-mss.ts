import { TIMESTAMP_BYTES } from '../../probe/connection/agreement.ts';
import type { TcpHeader } from '../../wire/decoded.ts';
import { findOption } from '../../wire/tcp-options.ts';

/** The fields of a SYN-ACK that depend on its sender's MSS. */
export interface SynAckFacts {
  /** The option's value; null without one. */
  readonly mss: number | null;
  /** The header field. */
  readonly window: number;
  readonly timestamps: boolean;
}

/** Reads them from the header. */
export function synAckFacts({ options, window }: TcpHeader): SynAckFacts {
  return { mss: findOption(options, 'mss')?.value ?? null, window, timestamps: findOption(options, 'ts') !== undefined };
}

/** The MSS by which a window was sized. */
export interface OwnMss {
  readonly mss: number;
  /** Bytes in which the window counts: the MSS, or the MSS less timestamps. */
  readonly unit: number;
}

/**
 * Likeliest first: Ethernet, jumbo frames (and AWS's 9001), PPPoE, IP in IP, GRE, GRETAP, Google Cloud,
 * VXLAN, Calico, WireGuard, a cautious 1400, jumbo under VXLAN and under Google's 8896, Linux's loopback.
 */
const USUAL_MSS: readonly number[] = [1460, 8960, 8961, 1452, 1440, 1436, 1422, 1420, 1410, 1400, 1380, 1360, 8910, 8856, 65_495];
const LARGEST_WINDOW = 0xffff;
/** Smaller multiples are frequent by chance or by design: load balancers often have 3 x 1460. */
const FEWEST_SEGMENTS = 4;
/** Linux before 4.19: 20 segments of 1460, or as many larger ones as fit (tcp_default_init_rwnd). */
const OLD_LINUX_WINDOW = 20 * 1460;

/**
 * The host's own MSS where its window shows one larger than `advertised`; else null. Linux rounds the window
 * down to whole segments of its own MSS, less 12 bytes with timestamps (tcp_select_initial_window in
 * net/ipv4/tcp_output.c); a device that rewrites the MSS option leaves the window alone.
 */
export function largerOwnMss({ window, timestamps }: SynAckFacts, advertised: number): OwnMss | null {
  if (advertised <= TIMESTAMP_BYTES || isBufferSize(window) || fits(window, advertised)) return null;
  const larger = USUAL_MSS.filter((mss) => mss > advertised);
  const plain = larger.map((mss) => ({ mss, unit: mss }));
  const stamped = larger.map((mss) => ({ mss, unit: mss - TIMESTAMP_BYTES }));
  // First the form that the options show; the other for timestamps that were removed on the reverse path.
  const candidates = timestamps ? [...stamped, ...plain] : [...plain, ...stamped];
  return candidates.find(({ unit }) => isSizedIn(unit, window)) ?? null;
}

/** What the windows of a host's SYN-ACKs show about its MSS. */
export interface SizedMss {
  readonly mss: number;
  /** The distinct windows that count in it; a single one may do so by chance. */
  readonly windows: readonly number[];
}

/** The first of `likely`, or else of the usual ones, in which all windows count; null without one. */
export function sizedMss(synAcks: readonly SynAckFacts[], likely: readonly number[]): SizedMss | null {
  const mss = [...likely, ...USUAL_MSS].find((one) => synAcks.every((synAck) => countsIn(synAck, one)));
  if (mss === undefined || synAcks.length === 0) return null;
  return { mss, windows: [...new Set(synAcks.map(({ window }) => window))] };
}

function countsIn({ window, timestamps }: SynAckFacts, mss: number): boolean {
  return mss > TIMESTAMP_BYTES && !isBufferSize(window) && isSizedIn(timestamps ? mss - TIMESTAMP_BYTES : mss, window);
}

/** A window in whole KiB is a buffer size, not a count of segments. */
function isBufferSize(window: number): boolean {
  return window % 1024 === 0;
}

function fits(window: number, mss: number): boolean {
  return window % mss === 0 || window % (mss - TIMESTAMP_BYTES) === 0;
}

function isSizedIn(unit: number, window: number): boolean {
  if (window % unit !== 0 || window === 0) return false;
  const segments = window / unit;
  const fillsTheField = window + unit > LARGEST_WINDOW;
  const isOldLinux = unit > 1460 && segments === Math.floor(OLD_LINUX_WINDOW / unit) && segments > 1;
  return segments >= FEWEST_SEGMENTS || fillsTheField || isOldLinux;
}
