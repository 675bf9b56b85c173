import type { Certainty } from '../finding.ts';

/** What a verdict rests on. */
export type MssEvidenceName =
  /** ICMP errors of routers on the way quote the SYN as it was when they saw it. */
  | 'quote'
  /** The responder says what arrived there and what left. */
  | 'responder'
  /** The size of the host's segments. */
  | 'segment-size'
  /** The MSS in its SYN-ACKs. */
  | 'advertised'
  /** The windows of its SYN-ACKs, which Linux sizes in segments. */
  | 'window'
  /** A second MSS option in the SYN changes what the host does. */
  | 'second-option';

/** What somebody does to the option; `set` lowers and raises it to one value. */
export type MssChange = 'lowered' | 'raised' | 'set' | 'added' | 'removed';

/** What becomes of the MSS option in one direction. */
export interface MssVerdict {
  /** The MSS that a device writes, or leaves at most; null where none does, or where that cannot be told. */
  readonly clampedTo: number | null;
  /** Null where nothing was seen to change it. */
  readonly change: MssChange | null;
  /** `none`: nothing was seen to change it, and it would have shown. `unknown`: it would not have shown. */
  readonly certainty: Certainty | 'none' | 'unknown';
  readonly evidence: readonly MssEvidenceName[];
  /** The MSS that arrives for what an ordinary connection offers, as far as that shows; null where it does not. */
  readonly mss: number | null;
  /** Why, in whole sentences. */
  readonly detail: string;
}
