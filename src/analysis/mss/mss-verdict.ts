import type { Certainty } from '../finding.ts';

/** What a verdict rests on. */
export type MssEvidenceName =
  /** Routers' ICMP errors quote the SYN as they received it. */
  | 'quote'
  /** The responder reports what arrived and what left. */
  | 'responder'
  /** The size of the host's segments. */
  | 'segment-size'
  /** The MSS in its SYN-ACKs. */
  | 'advertised'
  /** The windows of its SYN-ACKs, which Linux sizes in segments. */
  | 'window'
  /** A second MSS option in the SYN changes what the host does. */
  | 'second-option';

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
