import { DEFAULT_MSS } from '../../probe/connection/agreement.ts';
import { largestAdvertised, largestEffective, type MssEvidence, sizedAfter, sizedBefore } from './mss-evidence.ts';
import { type MssVerdict, unchanged } from './mss-verdict.ts';
import type { SizedMss } from './own-mss.ts';
import { reportedReverse } from './third-parties.ts';

/**
 * A value below the host's own was written on the reverse path. Its own shows in larger segments, and in
 * windows, which Linux sizes in segments; without either, a small MTU looks like a clamp.
 */
export function reverseVerdict(evidence: MssEvidence): MssVerdict {
  return reportedReverse(evidence) ?? byAdvertisement(evidence);
}

function byAdvertisement(evidence: MssEvidence): MssVerdict {
  const answers = evidence.rows.filter(({ synAck }) => synAck !== null);
  if (answers.length === 0) return unchanged('unknown', null, [], 'No SYN-ACK came that could carry an MSS.');
  const advertised = largestAdvertised(evidence);
  return advertised === null ? missing(evidence) : compared(evidence, advertised);
}

/** Every current stack advertises one. */
function missing(evidence: MssEvidence): MssVerdict {
  const sized = sizedBefore(evidence);
  const own = sized === null ? '' : `, though its window counts in segments of ${sized.mss}`;
  const detail =
    `The SYN-ACK has no MSS${own}: it was removed on the reverse path, or the host sends none; from one end these look alike. ` +
    `Its peers assume ${DEFAULT_MSS}.`;
  const assumed = { clampedTo: DEFAULT_MSS, mss: DEFAULT_MSS };
  return { ...assumed, change: 'removed', certainty: 'possible', evidence: ['advertised'], detail };
}

function compared(evidence: MssEvidence, advertised: number): MssVerdict {
  const segment = Math.max(largestEffective(evidence) ?? 0, evidence.twice?.effective ?? 0);
  const sized = sizedBefore(evidence);
  if (segment > advertised) {
    const detail = `The host sends segments of ${segment} bytes, more than the ${advertised} that its SYN-ACK advertises: its MTU is larger, and the option was lowered on the reverse path.`;
    const clamped = { clampedTo: advertised, change: 'lowered', mss: advertised } as const;
    return { ...clamped, certainty: 'likely', evidence: ['advertised', 'segment-size'], detail };
  }
  if (sized !== null && sized.mss !== advertised) return rewritten(advertised, sizedAfter(evidence) ?? sized);
  return intact(evidence, advertised, sized);
}

/** Windows that count in another MSS than the advertised one: a single one may by chance, two hardly. */
function rewritten(advertised: number, { mss, windows }: SizedMss): MssVerdict {
  const change = mss > advertised ? 'lowered' : 'raised';
  const isSure = windows.length > 1;
  const counted = `${isSure ? 'windows' : 'window'} (${windows.join(', ')})`;
  const chance = isSure ? '' : ' About one window in a hundred does so by chance.';
  const detail = `The SYN-ACK advertises ${advertised}, but the host's ${counted} count in segments of ${mss}, as Linux sizes them: the option was ${change} on the reverse path.${chance}`;
  const certainty = isSure ? 'likely' : 'possible';
  return { clampedTo: advertised, change, certainty, evidence: ['advertised', 'window'], mss: advertised, detail };
}

function intact({ natural }: MssEvidence, advertised: number, sized: SizedMss | null): MssVerdict {
  const said = `The SYN-ACK advertises ${advertised}`;
  if (sized !== null) {
    const detail = `${said}, and its window counts in segments of that size: it is the host's own.`;
    return unchanged('none', advertised, ['advertised', 'window'], detail);
  }
  if (advertised >= natural) return unchanged('none', advertised, ['advertised'], `${said}, as much as our own link carries.`);
  const detail = `${said}, less than the ${natural} that our link carries: the host's own MTU, or a clamp on the reverse path; from one end these look alike.`;
  return unchanged('unknown', advertised, ['advertised'], detail);
}
