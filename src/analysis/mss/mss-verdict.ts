import type { Certainty } from '../finding.ts';

/**
 * Routers' quotes of the SYN, the responder's report, the size of the host's segments, the MSS in its
 * SYN-ACKs, their windows, which Linux sizes in segments, or the effect of a second MSS option.
 */
export type MssEvidenceName = 'quote' | 'responder' | 'segment-size' | 'advertised' | 'window' | 'second-option';

/** What a device does to the option; `set` writes one value over lower and higher ones. */
export type MssChange = 'lowered' | 'raised' | 'set' | 'added' | 'removed';

/** What becomes of the MSS option in one direction. */
export interface MssVerdict {
  /** The MSS that a device writes, or the largest it leaves; null when none does or it cannot be told. */
  readonly clampedTo: number | null;
  /** Null when no change was seen. */
  readonly change: MssChange | null;
  /** `none`: no change was seen, and it would have shown. `unknown`: it would not have shown. */
  readonly certainty: Certainty | 'none' | 'unknown';
  readonly evidence: readonly MssEvidenceName[];
  /** The MSS that arrives for what an ordinary connection offers; null when that does not show. */
  readonly mss: number | null;
  /** The reason, in whole sentences. */
  readonly detail: string;
}

/** A verdict without a change: that there is none, or that it would not have shown. */
export function unchanged(
  certainty: 'none' | 'unknown',
  mss: number | null,
  evidence: readonly MssEvidenceName[],
  detail: string,
): MssVerdict {
  return { clampedTo: null, change: null, certainty, evidence, mss, detail };
}
