import { meant, type MssEvidence, type MssRow } from './mss-evidence.ts';
import type { MssVerdict } from './mss-verdict.ts';

/** The verdict where offers above `most` (null: any) brought no full segment: why not, and what can be said all the same. */
export function forwardWithoutSizes(evidence: MssEvidence, most: number | null): MssVerdict {
  const rows = evidence.rows.filter((row) => meant(row) > (most ?? 0));
  const silent = rows.filter((row) => row.synAck !== null && row.heardUs && row.bytes === 0);
  const talkative = evidence.rows.filter((row) => row.bytes > 0);
  if (silent.length > 0 && most !== null && talkative.every((row) => meant(row) <= most)) return blackHole(silent, most);
  const unknown = { clampedTo: null, change: null, certainty: 'unknown', mss: null } as const;
  const known = most === null ? '' : ` Nothing clamps below ${most}.`;
  return { ...unknown, evidence: most === null ? [] : ['segment-size'], detail: `${reason(rows)}${known}` };
}

/** Larger segments are sent and do not arrive: a clamp below them would have prevented that. */
function blackHole(silent: readonly MssRow[], most: number): MssVerdict {
  const least = Math.min(...silent.map(meant));
  return {
    clampedTo: null,
    change: null,
    certainty: 'none',
    evidence: ['segment-size'],
    mss: null,
    detail:
      `Offered ${most}, the host answers with segments of ${most} bytes; offered ${least} or more it takes the request and nothing arrives: ` +
      `packets of more than ${most + 40} bytes seem to be lost on the way back (a path MTU black hole), and no clamp keeps the host from sending them.`,
  };
}

function reason(rows: readonly MssRow[]): string {
  if (rows.every(({ synAck }) => synAck === null)) return 'No connection came about, so the host sent no segments.';
  const most = Math.max(...rows.map(({ bytes }) => bytes));
  if (most === 0) return rows.some(({ heardUs }) => heardUs) ? NO_DATA : NOT_HEARD;
  const single = Math.max(...rows.map(({ atLeast }) => atLeast ?? 0));
  const least = single > 0 ? ` A single segment of ${single} bytes came, so its MSS is no smaller.` : '';
  return `Not enough data: ${most} bytes came, and no segment among them that is known to be full.${least} Another --request may bring more.`;
}

const NO_DATA = 'Not enough data: the host sent none. Another --request may bring some.';
const NOT_HEARD = 'The host did not acknowledge the request, so it sent no data.';
