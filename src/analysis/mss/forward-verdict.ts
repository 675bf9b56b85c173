import { DEFAULT_MSS } from '../../probe/connection/agreement.ts';
import { loweredVerdict } from './lowered-verdict.ts';
import { largestAdvertised, largestEffective, lostSizes, meant, sizedAfter } from './mss-evidence.ts';
import type { MssEvidence, MssRow } from './mss-evidence.ts';
import { type MssVerdict, unchanged } from './mss-verdict.ts';
import { reportedForward, withQuotes } from './third-parties.ts';

/** A row whose host sent a full segment. */
type Measured = MssRow & { readonly effective: number };

/**
 * Full segments show which MSS the host goes by: one below the offer and its own was written on the path. A
 * path MTU that the host knows looks the same. Linux then also lowers what it advertises and sizes windows by
 * it; for others a SYN with two MSS options tells: devices rewrite the first, hosts go by the last.
 */
export function forwardVerdict(evidence: MssEvidence): MssVerdict {
  return reportedForward(evidence) ?? withQuotes(bySizes(evidence), evidence);
}

/** Whether a SYN with two MSS options would tell more. Windows that count in segments tell already. */
export function isAmbiguous(evidence: MssEvidence): boolean {
  const most = largestEffective(evidence);
  if (most === null || most >= evidence.natural || sizedAfter(evidence) !== null) return false;
  return larger(measuredRows(evidence.rows), most).length > 0;
}

/** Whether more was offered than the host's segments hold, and the host advertises more too. */
export function isLowered(evidence: MssEvidence): boolean {
  const most = largestEffective(evidence);
  const own = Math.min(evidence.natural, largestAdvertised(evidence) ?? Infinity);
  return most !== null && larger(measuredRows(evidence.rows), most).length > 0 && most < own;
}

function bySizes(evidence: MssEvidence): MssVerdict {
  const rows = measuredRows(evidence.rows);
  const most = largestEffective(evidence);
  if (most === null) return forwardWithoutSizes(evidence, null);
  const raised = rows.filter((row) => row.effective > meant(row));
  if (raised.length > 0) return raisedVerdict(rows, raised);
  if (most < evidence.natural) {
    if (larger(rows, most).length > 0) return loweredVerdict(evidence, most);
    if (larger(evidence.rows, most).length > 0) return forwardWithoutSizes(evidence, most);
  }
  const detail = `Offered ${most}, the host sends segments of ${most} bytes: SYNs keep their MSS, at least up to there.`;
  return unchanged('none', most, ['segment-size'], detail);
}

function raisedVerdict(rows: readonly Measured[], raised: readonly Measured[]): MssVerdict {
  const value = Math.max(...raised.map(({ effective }) => effective));
  const largest = Math.max(...rows.map(({ effective }) => effective));
  const common = { clampedTo: value, evidence: ['segment-size'], mss: largest } as const;
  const offering = raised.find(({ offered }) => offered !== null);
  if (offering === undefined) {
    const detail = `Offered no MSS, for which hosts assume ${DEFAULT_MSS}, the host sends segments of ${value} bytes: a device on the forward path adds the option to SYNs without it.`;
    return { ...common, change: 'added', certainty: 'possible', detail };
  }
  const seen = `Offered ${offering.offered}, the host sends segments of ${offering.effective} bytes, more than was offered`;
  const isConstant = rows.every(({ offered, effective }) => offered === null || effective === value);
  const isSet = isConstant && rows.some((row) => row.effective < meant(row));
  const reaches = isSet ? `with MSS ${value}, whatever is offered` : `with a larger MSS, up to ${value}`;
  const detail = `${seen}: SYNs reach it ${reaches}.`;
  return { ...common, change: isSet ? 'set' : 'raised', certainty: 'likely', detail };
}

function measuredRows(rows: readonly MssRow[]): readonly Measured[] {
  return rows.filter((row): row is Measured => row.effective !== null);
}

/** The rows that offered more. */
function larger<R extends MssRow>(rows: readonly R[], most: number): readonly R[] {
  return rows.filter((row) => meant(row) > most);
}

const NO_DATA = 'Not enough data: the host sent none. Another --request may bring some.';
const NOT_ACKNOWLEDGED = 'The host did not acknowledge the request, so it sent no data.';

/** The verdict where offers above `most` (null: any) brought no full segment: why, and what is known. */
function forwardWithoutSizes(evidence: MssEvidence, most: number | null): MssVerdict {
  const lost = lostSizes(evidence);
  if (lost !== null) {
    const detail = `Offered ${lost.passes}, the host sends segments of ${lost.passes} bytes; offered ${lost.lost}, it sends some that do not arrive. A clamp on the forward path would have prevented that.`;
    return unchanged('none', null, ['segment-size'], detail);
  }
  const largest = Math.max(most ?? 0, ...evidence.rows.map(({ atLeast }) => atLeast ?? 0));
  const known = largest === 0 ? '' : ` A segment of ${largest} bytes arrived, so nothing clamps below that.`;
  const detail = `${reason(evidence.rows.filter((row) => meant(row) > (most ?? 0)))}${known}`;
  return unchanged('unknown', null, largest === 0 ? [] : ['segment-size'], detail);
}

function reason(rows: readonly MssRow[]): string {
  if (rows.every(({ synAck }) => synAck === null)) return 'No connection was established, so the host sent no segments.';
  const most = Math.max(...rows.map(({ bytes }) => bytes));
  if (most === 0) return rows.some(({ heardUs }) => heardUs) ? NO_DATA : NOT_ACKNOWLEDGED;
  return `Not enough data: ${most} bytes came, and no segment is known to be full. Another --request may bring more.`;
}
