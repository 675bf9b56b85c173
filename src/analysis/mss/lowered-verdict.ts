import { DEFAULT_MSS } from '../../probe/connection/agreement.ts';
import { largestAdvertised, type MssEvidence, sizedAfter, sizedBefore } from './mss-evidence.ts';
import { type MssEvidenceName, type MssVerdict, unchanged } from './mss-verdict.ts';
import { IPV4 } from '../../wire/family.ts';
import { mtuOfMss } from '../../wire/tcp.ts';

/** What is known when larger offers brought no larger segments. */
interface Limited {
  readonly evidence: MssEvidence;
  /** The largest size of the host's segments. */
  readonly most: number;
  /** What it advertised, and what its own MSS seems to be; null when it shows neither. */
  readonly advertised: number | null;
  readonly own: number | null;
}

const SIZES = ['segment-size', 'advertised'] as const;

/** The verdict when the host's full segments hold `most` bytes although more was offered. */
export function loweredVerdict(evidence: MssEvidence, most: number): MssVerdict {
  const advertised = largestAdvertised(evidence);
  const limited = { evidence, most, advertised, own: sizedBefore(evidence)?.mss ?? advertised };
  // From the most to the least certain.
  const verdict = bySecondOption(limited) ?? byOwnLimit(limited) ?? byPathMtu(limited) ?? byWindows(limited);
  if (verdict !== null) return verdict;
  const detail = `${seen(most)}, though ${ownInWords(limited)}: SYNs reach it with MSS ${most}, or it knows of a path MTU of ${mtuOfMss(most, IPV4)}; from one end these look alike.`;
  return { ...clamped(most), certainty: 'possible', detail };
}

/** A device rewrites the first MSS option and not the second. */
function bySecondOption({ evidence, most }: Limited): MssVerdict | null {
  const twice = evidence.twice?.effective ?? 0;
  if (twice <= most) return null;
  const detail = `${seen(most)}; with the MSS option twice in the SYN they hold ${twice}. So larger ones get through, and a device on the forward path writes ${most} into the first option.`;
  return { ...clamped(most, 'second-option'), certainty: 'likely', detail };
}

/** The host's own MSS is no larger: a smaller MTU, unless both directions are clamped alike. */
function byOwnLimit({ evidence, most, own }: Limited): MssVerdict | null {
  if (own === null || own > most) return null;
  const its = 'its own limit, by its MTU or a path MTU that it knows';
  const sizes = seen(most);
  if (sizedBefore(evidence) === null) {
    const detail = `${sizes}, and it advertises ${own}: ${its}, or both directions are clamped to the same; from one end these look alike.`;
    return unchanged('unknown', most, SIZES, detail);
  }
  const detail = `${sizes}, and its windows count in segments of ${own}: ${its}. Nothing clamps below that.`;
  return unchanged('none', most, [...SIZES, 'window'], detail);
}

/** Linux advertises less, and sizes windows by less, once it knows of a smaller path MTU. */
function byPathMtu({ evidence, most, own }: Limited): MssVerdict | null {
  const after = sizedAfter(evidence)?.mss ?? evidence.again?.mss ?? Infinity;
  if (after >= (own ?? 0) || after > most) return null;
  const detail = `${seen(most)}, because it has learned of a path MTU of ${mtuOfMss(most, IPV4)}: its own MSS was ${own} before and is ${after} now. Nothing shows that SYNs are changed.`;
  return unchanged('none', most, [...SIZES, 'window'], detail);
}

/** The host's own MSS is still larger than its segments. */
function byWindows(limited: Limited): MssVerdict | null {
  const { evidence, most } = limited;
  if ((sizedAfter(evidence)?.mss ?? 0) <= most) return null;
  const removed = most === DEFAULT_MSS ? ', or without the option' : '';
  const detail = `${seen(most)}, though ${ownInWords(limited)}, before and after, so it knows of no smaller path MTU: SYNs reach it with MSS ${most}${removed}.`;
  return { ...clamped(most, 'window'), certainty: 'likely', detail };
}

function seen(most: number): string {
  return `However large the offer, the host's segments hold ${most} bytes`;
}

function ownInWords({ advertised, own }: Limited): string {
  if (own === null) return 'more was offered';
  return advertised === own ? `it advertises ${own} itself` : `its windows count in segments of ${own}`;
}

type Clamped = Pick<MssVerdict, 'clampedTo' | 'change' | 'evidence' | 'mss'>;

function clamped(most: number, ...more: readonly MssEvidenceName[]): Clamped {
  return { clampedTo: most, change: 'lowered', evidence: [...SIZES, ...more], mss: most };
}
