import { DEFAULT_MSS } from '../../probe/connection/agreement.ts';
import { largestAdvertised, largestEffective, type MssEvidence, sizedAfter, sizedBefore } from './mss-evidence.ts';
import type { MssVerdict } from './mss-verdict.ts';
import type { SizedMss } from './own-mss.ts';
import { reportedReverse } from './third-parties.ts';

/**
 * What becomes of the MSS that the host advertises. A value below the host's own was written by a device on
 * the reverse path. Its own MSS shows in segments larger than it advertises, and in its windows, which
 * Linux sizes in segments. Without either, a small MTU of the host looks like a clamp.
 */
export function reverseVerdict(evidence: MssEvidence): MssVerdict {
  return reportedReverse(evidence) ?? byAdvertisement(evidence);
}

function byAdvertisement(evidence: MssEvidence): MssVerdict {
  const answers = evidence.rows.filter(({ synAck }) => synAck !== null);
  if (answers.length === 0)
    return {
      clampedTo: null,
      change: null,
      certainty: 'unknown',
      evidence: [],
      mss: null,
      detail: 'No SYN-ACK came that could carry an MSS.',
    };
  const advertised = largestAdvertised(evidence);
  return advertised === null ? missing(evidence) : compared(evidence, advertised);
}

/** Every current stack advertises one. */
function missing(evidence: MssEvidence): MssVerdict {
  return {
    clampedTo: DEFAULT_MSS,
    change: 'removed',
    certainty: 'possible',
    evidence: ['advertised'],
    mss: DEFAULT_MSS,
    detail:
      `The SYN-ACK has no MSS${ownText(evidence)}: it was removed on the reverse path, or the host sends none; from one end these look alike. ` +
      `Its peers assume ${DEFAULT_MSS}.`,
  };
}

function ownText(evidence: MssEvidence): string {
  const sized = sizedBefore(evidence);
  return sized === null ? '' : `, though its window counts in segments of ${sized.mss}`;
}

function compared(evidence: MssEvidence, advertised: number): MssVerdict {
  const segment = Math.max(largestEffective(evidence) ?? 0, evidence.twice?.effective ?? 0);
  const sized = sizedBefore(evidence);
  const later = sizedAfter(evidence);
  const clamped = { clampedTo: advertised, change: 'lowered', mss: advertised } as const;
  if (segment > advertised) {
    const detail = `The host sends segments of ${segment} bytes, more than the ${advertised} that its SYN-ACK advertises: its MTU is larger, and the option was lowered on the reverse path.`;
    return { ...clamped, certainty: 'likely', evidence: ['advertised', 'segment-size'], detail };
  }
  if (sized !== null && sized.mss !== advertised) return rewritten(advertised, later ?? sized);
  return unchanged(evidence, advertised, sized);
}

/** Windows that count in another MSS than the advertised one: a single one may by chance, two hardly. */
function rewritten(advertised: number, { mss, windows }: SizedMss): MssVerdict {
  const change = mss > advertised ? 'lowered' : 'raised';
  const chance = windows.length > 1 ? '' : ' About one window in a hundred does so by chance.';
  return {
    clampedTo: advertised,
    change,
    certainty: windows.length > 1 ? 'likely' : 'possible',
    evidence: ['advertised', 'window'],
    mss: advertised,
    detail: `The SYN-ACK advertises ${advertised}, but the host's ${windows.length > 1 ? 'windows' : 'window'} (${windows.join(', ')}) count in segments of ${mss}, as Linux sizes them: the option was ${change} on the reverse path.${chance}`,
  };
}

function unchanged({ natural }: MssEvidence, advertised: number, sized: SizedMss | null): MssVerdict {
  const common = { clampedTo: null, change: null, mss: advertised } as const;
  if (sized !== null) {
    const detail = `The SYN-ACK advertises ${advertised}, and its window counts in segments of that size: it is the host's own.`;
    return { ...common, certainty: 'none', evidence: ['advertised', 'window'], detail };
  }
  if (advertised >= natural) {
    const detail = `The SYN-ACK advertises ${advertised}, as much as our own link carries.`;
    return { ...common, certainty: 'none', evidence: ['advertised'], detail };
  }
  const detail = `The SYN-ACK advertises ${advertised}, less than the ${natural} that our link carries: the host's own MTU, or a clamp on the reverse path; from one end these look alike.`;
  return { ...common, certainty: 'unknown', evidence: ['advertised'], detail };
}
