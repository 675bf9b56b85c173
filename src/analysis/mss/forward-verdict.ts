import { DEFAULT_MSS } from '../../probe/mss/offers.ts';
import { forwardWithoutSizes } from './forward-without-sizes.ts';
import {
  largestAdvertised,
  largestEffective,
  meant,
  type MssEvidence,
  type MssRow,
  sizedAfter,
  sizedBefore,
} from './mss-evidence.ts';
import type { MssVerdict } from './mss-verdict.ts';
import { quotedForward, reportedForward } from './third-parties.ts';

/** A row whose host sent a full segment. */
type Measured = MssRow & { readonly effective: number };

/**
 * What becomes of the MSS of our SYNs. The host's full segments show what it goes by: a value below what was offered, and below what it could send, was
 * written by somebody on the way. A path MTU that the host knows looks the same in the segments alone. Linux lowers what it advertises when it learns of one,
 * and sizes its windows by it, so a SYN-ACK afterwards tells; of other hosts a SYN with two MSS options does, of which devices rewrite the first, and hosts
 * go by the last.
 */
export function forwardVerdict(evidence: MssEvidence): MssVerdict {
  return reportedForward(evidence) ?? quotedForward(evidence) ?? bySizes(evidence);
}

/** Whether a SYN with two MSS options would tell more. Hosts whose windows count in segments have told already. */
export function isAmbiguous(evidence: MssEvidence): boolean {
  const most = largestEffective(evidence);
  return most !== null && most < evidence.natural && larger(evidence.rows, most).length > 0 && sizedAfter(evidence) === null;
}

/** Whether a larger MSS was offered than the host's segments came to, while it advertises more than that. */
export function isLowered(evidence: MssEvidence): boolean {
  const most = largestEffective(evidence);
  const own = Math.min(evidence.natural, largestAdvertised(evidence) ?? Infinity);
  return most !== null && larger(evidence.rows, most).length > 0 && most < own;
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
  return {
    clampedTo: null,
    change: null,
    certainty: 'none',
    evidence: ['segment-size'],
    mss: most,
    detail: `Offered ${most}, the host sends segments of ${most} bytes: SYNs keep their MSS, at least up to there.`,
  };
}

function raisedVerdict(rows: readonly Measured[], raised: readonly Measured[]): MssVerdict {
  const value = Math.max(...raised.map(({ effective }) => effective));
  const isConstant = rows.every(({ effective }) => effective === value);
  const onlyAdded = raised.every(({ offered }) => offered === null);
  const [first] = raised as readonly [Measured];
  const how = onlyAdded
    ? `Offered no MSS, for which hosts assume ${DEFAULT_MSS}, the host sends segments of ${value} bytes: the option is put into SYNs without it.`
    : `Offered ${first.offered ?? 'none'}, the host sends segments of ${first.effective} bytes, more than it may: ` +
      (isConstant && rows.length > 1
        ? `SYNs reach it with MSS ${value}, whatever is offered.`
        : `SYNs reach it with a larger MSS, up to ${value}.`);
  return {
    clampedTo: value,
    change: onlyAdded ? 'added' : 'raised',
    certainty: onlyAdded ? 'possible' : 'likely',
    evidence: ['segment-size'],
    mss: Math.max(...rows.map(({ effective }) => effective)),
    detail: how,
  };
}

function loweredVerdict(evidence: MssEvidence, most: number): MssVerdict {
  const advertised = largestAdvertised(evidence);
  const before = sizedBefore(evidence);
  const after = sizedAfter(evidence);
  const own = before?.mss ?? advertised;
  const seen = `However large the offer, the host's segments hold ${most} bytes`;
  if (own !== null && own <= most) return ownLimit(evidence, most, seen);
  if (learnedPathMtu(evidence, most)) {
    const detail = `${seen}: it has learned of a path MTU of ${most + 40}, for it advertised ${own} before and ${evidence.again?.mss} now. Nothing shows that SYNs are changed.`;
    return { clampedTo: null, change: null, certainty: 'none', evidence: ['segment-size', 'advertised'], mss: most, detail };
  }
  const said = ownInWords(advertised, own);
  const clamped = { clampedTo: most, change: 'lowered', mss: most, evidence: ['segment-size', 'advertised'] } as const;
  const twice = evidence.twice?.effective ?? 0;
  if (twice > most) {
    const detail = `${seen}; with the MSS option twice in the SYN they hold ${twice}. So larger ones pass, and somebody on the way rewrites the first option to ${most}${removedToo(most)}.`;
    return { ...clamped, certainty: 'likely', evidence: [...clamped.evidence, 'second-option'], detail };
  }
  if (after !== null && after.mss > most) {
    const detail = `${seen}, though ${said}, and goes on doing so: it knows of no smaller path MTU. SYNs reach it with MSS ${most}${removedToo(most)}.`;
    return { ...clamped, certainty: 'likely', evidence: [...clamped.evidence, 'window'], detail };
  }
  const detail = `${seen}, though ${said}: SYNs reach it with MSS ${most}, or it knows of a path MTU of ${most + 40}; from one end these look alike.`;
  return { ...clamped, certainty: 'possible', detail };
}

function ownInWords(advertised: number | null, own: number | null): string {
  if (own === null) return 'more was offered';
  return advertised === own ? `it advertises ${own} itself` : `its windows count in segments of ${own}`;
}

/** The host advertises no more itself: a smaller MTU of its own, unless both directions are clamped to the same. */
function ownLimit(evidence: MssEvidence, most: number, seen: string): MssVerdict {
  const twice = evidence.twice?.effective ?? null;
  if (twice !== null && twice > most) {
    const detail = `${seen}; with the MSS option twice in the SYN they hold ${twice}: somebody on the way rewrites the first option to ${most}.`;
    return { clampedTo: most, change: 'lowered', certainty: 'likely', evidence: ['segment-size', 'second-option'], mss: most, detail };
  }
  const sized = sizedBefore(evidence);
  const common = { clampedTo: null, change: null, mss: most, evidence: ['segment-size', 'advertised'] } as const;
  if (sized !== null && sized.mss <= most) {
    const detail = `${seen}, and its windows count in segments of ${sized.mss}: that is its own limit, its MTU or a path MTU that it knows. Below it nothing clamps.`;
    return { ...common, evidence: [...common.evidence, 'window'], certainty: 'none', detail };
  }
  if (twice === most) {
    const detail = `${seen}, which is what it advertises, with the MSS option once or twice in the SYN: its own limit, its MTU or a path MTU that it knows. Below it nothing clamps.`;
    return { ...common, evidence: [...common.evidence, 'second-option'], certainty: 'none', detail };
  }
  const detail = `${seen}, which is what it advertises: its own limit, or both directions are clamped to the same; from one end these look alike.`;
  return { ...common, certainty: 'unknown', detail };
}

/** Linux advertises less once it knows of a smaller path MTU; what it advertised and what it counted in before must have been more. */
function learnedPathMtu(evidence: MssEvidence, most: number): boolean {
  const before = sizedBefore(evidence)?.mss ?? largestAdvertised(evidence) ?? 0;
  const after = sizedAfter(evidence)?.mss ?? evidence.again?.mss ?? Infinity;
  return after < before && after <= most;
}

function removedToo(most: number): string {
  return most === DEFAULT_MSS ? ', or without the option' : '';
}

function measuredRows(rows: readonly MssRow[]): readonly Measured[] {
  return rows.filter((row): row is Measured => row.effective !== null);
}

/** Those that offered more. */
function larger<R extends MssRow>(rows: readonly R[], most: number): readonly R[] {
  return rows.filter((row) => meant(row) > most);
}
