import { lostSizes } from './lost-sizes.ts';
import { meant, type MssEvidence, type MssRow } from './mss-evidence.ts';
import type { MssVerdict } from './mss-verdict.ts';

const NO_DATA = 'Not enough data: the host sent none. Another --request may bring some.';
const NOT_HEARD = 'The host did not acknowledge the request, so it sent no data.';

/** The verdict where offers above `most` (null: any) brought no full segment: why not, and what can be said all the same. */
export function forwardWithoutSizes(evidence: MssEvidence, most: number | null): MssVerdict {
  const lost = lostSizes(evidence);
  if (lost !== null) {
    const detail = `Offered ${lost.passes}, the host sends segments of ${lost.passes} bytes; offered ${lost.lost}, it sends some that do not arrive. A clamp on the way there would have kept it from that.`;
    return { clampedTo: null, change: null, certainty: 'none', evidence: ['segment-size'], mss: null, detail };
  }
  const largest = Math.max(most ?? 0, ...evidence.rows.map(({ atLeast }) => atLeast ?? 0));
  const known = largest === 0 ? '' : ` A segment counted ${largest}, so nothing clamps below that.`;
  const detail = `${reason(evidence.rows.filter((row) => meant(row) > (most ?? 0)))}${known}`;
  return {
    clampedTo: null,
    change: null,
    certainty: 'unknown',
    evidence: largest === 0 ? [] : ['segment-size'],
    mss: null,
    detail,
  };
}

function reason(rows: readonly MssRow[]): string {
  if (rows.every(({ synAck }) => synAck === null)) return 'No connection came about, so the host sent no segments.';
  const most = Math.max(...rows.map(({ bytes }) => bytes));
  if (most === 0) return rows.some(({ heardUs }) => heardUs) ? NO_DATA : NOT_HEARD;
  return `Not enough data: ${most} bytes came, and no segment among them that is known to be full. Another --request may bring more.`;
}
