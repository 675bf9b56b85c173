/** A SYN-ACK as far as it tells of its sender's MSS. */
export interface SynAckFacts {
  /** As it stands in the option; null without one. */
  readonly mss: number | null;
  /** As it stands in the header. */
  readonly window: number;
  readonly timestamps: boolean;
}

/** The MSS that a window was sized with. */
export interface OwnMss {
  readonly mss: number;
  /** Bytes in which the window counts: the MSS, or the MSS less timestamps. */
  readonly unit: number;
}

/**
 * MSS that hosts usually have of their own, likeliest first: Ethernet, jumbo frames (and AWS's 9001), PPPoE, IP in IP, GRE, GRETAP, Google Cloud,
 * VXLAN, Calico, WireGuard, a careful 1400, jumbo under VXLAN and under Google's 8896, Linux's loopback.
 */
const USUAL_MSS: readonly number[] = [1460, 8960, 8961, 1452, 1440, 1436, 1422, 1420, 1410, 1400, 1380, 1360, 8910, 8856, 65_495];
/** A timestamp option with its two NOPs (RFC 7323, appendix A): Linux takes it off the MSS before it sizes the window. */
const TIMESTAMP_BYTES = 12;
const LARGEST_WINDOW = 0xffff;
/** Smaller multiples come about too easily by chance or by design (three segments of 1460 are a usual window of load balancers). */
const FEWEST_SEGMENTS = 4;
/** Linux before 4.19 opened with 20 segments of 1460 or as many larger ones as fit, at least 2 (tcp_default_init_rwnd). */
const OLD_LINUX_WINDOW = 20 * 1460;

/**
 * The host's own MSS where its window betrays one that is larger than `advertised`; null where the window fits that, or says nothing. Linux rounds the window
 * of its SYN-ACK down to whole segments of its own MSS (tcp_select_initial_window in net/ipv4/tcp_output.c), less 12 bytes where timestamps are in use.
 * Whoever rewrites the MSS option does not touch the window.
 */
export function largerOwnMss({ window, timestamps }: SynAckFacts, advertised: number): OwnMss | null {
  if (advertised <= TIMESTAMP_BYTES || isBufferSize(window) || fits(window, advertised)) return null;
  const larger = USUAL_MSS.filter((mss) => mss > advertised);
  const plain = larger.map((mss) => ({ mss, unit: mss }));
  const stamped = larger.map((mss) => ({ mss, unit: mss - TIMESTAMP_BYTES }));
  // The form that the options show first; the other where timestamps were removed on the way back.
  const candidates = timestamps ? [...stamped, ...plain] : [...plain, ...stamped];
  return candidates.find(({ unit }) => isSizedIn(unit, window)) ?? null;
}

/** What the windows of several SYN-ACKs of a host say of its MSS. */
export interface SizedMss {
  readonly mss: number;
  /** Windows that count in it, different ones: a single one may do so by chance. */
  readonly windows: readonly number[];
}

/** The first of `likely`, or else of the usual ones, that all windows count in; null where there is none. */
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
