import { meant, type MssEvidence, type MssRow } from './mss-evidence.ts';

/** Segments that get through, and those that do not, as an MSS counts them. */
export interface LostSizes {
  readonly passes: number;
  readonly lost: number;
}

/**
 * Whether larger segments are sent and do not arrive (a path MTU black hole): the same request brings full segments at small offers, and at each larger one
 * a full segment's worth of bytes less than there, or nothing; null where that is not so.
 */
export function lostSizes({ rows }: Pick<MssEvidence, 'rows'>): LostSizes | null {
  const measured = rows.filter(({ effective }) => effective !== null);
  const most = Math.max(0, ...measured.map(({ effective }) => effective ?? 0));
  const larger = rows.filter((row) => meant(row) > most && row.heardUs);
  if (measured.length === 0 || larger.length === 0) return null;
  const least = Math.min(...measured.map(({ bytes }) => bytes));
  const isMissing = ({ bytes, effective }: MssRow): boolean => effective === null && bytes + most / 2 <= least;
  return larger.every(isMissing) ? { passes: most, lost: Math.min(...larger.map(meant)) } : null;
}
