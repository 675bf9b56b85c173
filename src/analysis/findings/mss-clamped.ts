import { findOption } from '../../wire/tcp-options.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding } from '../finding.ts';
import type { FindingRule } from '../finding-rule.ts';
import { synAckOf } from '../syn-ack.ts';

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

interface OwnMss {
  readonly mss: number;
  /** Bytes in which the window counts: the MSS, or the MSS less timestamps. */
  readonly unit: number;
}

/**
 * Linux rounds the window of its SYN-ACK down to whole segments of its own MSS (tcp_select_initial_window in net/ipv4/tcp_output.c), less 12 bytes where
 * timestamps are in use. A device that lowers the MSS option does not touch the window, and so the two no longer fit. `possible`: other stacks have
 * constant windows, and one in about a hundred arbitrary numbers is a multiple of some usual MSS.
 */
export const mssClamped: FindingRule = {
  description: 'the SYN-ACK advertises a smaller MSS than the one its window was sized with',
  find(evidence: Evidence): readonly Finding[] {
    const segment = synAckOf(evidence.reply);
    if (segment === null) return [];
    const { window, options } = segment.header;
    const advertised = findOption(options, 'mss')?.value ?? 0;
    const own = ownMss(window, advertised, findOption(options, 'ts') !== undefined);
    return own === null ? [] : [describe(own, window, advertised)];
  },
};

/** The host's own MSS as its window betrays it; null where the window fits the advertised MSS or says nothing. */
function ownMss(window: number, advertised: number, timestamps: boolean): OwnMss | null {
  if (advertised <= TIMESTAMP_BYTES || isBufferSize(window) || fits(window, advertised)) return null;
  const larger = USUAL_MSS.filter((mss) => mss > advertised);
  const plain = larger.map((mss) => ({ mss, unit: mss }));
  const stamped = larger.map((mss) => ({ mss, unit: mss - TIMESTAMP_BYTES }));
  // The form that the options show first; the other where timestamps were removed on the way back.
  const candidates = timestamps ? [...stamped, ...plain] : [...plain, ...stamped];
  return candidates.find(({ unit }) => isSizedIn(unit, window)) ?? null;
}

/** A window in whole KiB is a buffer size, not a count of segments. */
function isBufferSize(window: number): boolean {
  return window % 1024 === 0;
}

function fits(window: number, mss: number): boolean {
  return window % mss === 0 || window % (mss - TIMESTAMP_BYTES) === 0;
}

function isSizedIn(unit: number, window: number): boolean {
  if (window % unit !== 0) return false;
  const segments = window / unit;
  const fillsTheField = window + unit > LARGEST_WINDOW;
  const isOldLinux = unit > 1460 && segments === Math.floor(OLD_LINUX_WINDOW / unit) && segments > 1;
  return segments >= FEWEST_SEGMENTS || fillsTheField || isOldLinux;
}

function describe({ mss, unit }: OwnMss, window: number, advertised: number): Finding {
  const size = unit === mss ? `${mss}` : `${unit} (${mss} less 12 bytes of timestamps)`;
  return {
    code: 'mss-clamped',
    option: 'mss',
    direction: 'reverse',
    sent: mss,
    received: advertised,
    certainty: 'possible',
    detail:
      `The SYN-ACK advertises MSS ${advertised}, but its window ${window} is ${window / unit} x ${size} and no whole number of segments of ${advertised}: ` +
      `the host's own MSS looks like ${mss}, lowered on the way back; a window that is such a multiple by chance looks the same, ` +
      `and only what the host really sent can prove it.`,
  };
}
