import type { Attempt } from '../../probe/mss/port-measurement.ts';
import { forwardVerdict, isAmbiguous, isLowered } from './forward-verdict.ts';
import { largestAdvertised, type MssEvidence } from './mss-evidence.ts';

/** Whether a trace is worthwhile to see what routers quote of the SYN: nothing else proves the verdict. */
export function wantsQuotes(evidence: MssEvidence): boolean {
  return forwardVerdict(evidence).certainty !== 'none';
}

/**
 * Nothing on a clean path. The SYN with two options comes last and only where nothing else tells: the host
 * may send larger packets because of it, and remember for minutes what became of them.
 */
export function followUps(
  evidence: MssEvidence,
  tried: { readonly again: boolean; readonly twice: boolean },
): readonly Attempt[] {
  const offer = evidence.natural;
  if (!tried.again) {
    const isSmall = (largestAdvertised(evidence) ?? 0) < offer && evidence.rows.some(({ synAck }) => synAck !== null);
    if (!isSmall && !isLowered(evidence)) return [];
    return [
      { purpose: 'again', offer },
      { purpose: 'without-timestamps', offer },
    ];
  }
  return !tried.twice && isAmbiguous(evidence) ? [{ purpose: 'offered-twice', offer }] : [];
}
