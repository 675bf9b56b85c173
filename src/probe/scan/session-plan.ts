import type { Routes, Source } from '../../transport/transport.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import type { PairOrder } from './pair-order.ts';
import type { PortSet } from '../targets/ports.ts';
import type { TargetSet } from '../targets/targets.ts';
import type { Timing } from '../timing.ts';
import type { Verdict } from '../verdict.ts';

/** Everything a session needs to know before its first packet. */
export interface SessionPlan {
  readonly targets: TargetSet;
  readonly ports: PortSet;
  readonly order: PairOrder;
  readonly routes: Routes;
  /** One for each SYN of a pair, used in turn; reserved by the caller. */
  readonly sourcePorts: readonly number[];
  /** The SYN as it leaves by `source`; called once for each source. */
  readonly craft: (source: Source) => SynTemplate;
  /** Four words from the operating system's random source. */
  readonly key: Uint32Array;
  /** Fills `into` with the next words of an unpredictable stream (a cipher's, under a key of this run). */
  readonly keystream: (into: Int32Array) => void;
  /** A fixed ISN for every SYN, or null. */
  readonly seq: number | null;
  /** A fixed IP identification for every SYN, or null. */
  readonly ipId: number | null;
  readonly payloadLength: number;
  readonly timing: Timing;
  /** Receives each verdict, which is valid during the call only. */
  readonly onVerdict: (verdict: Verdict) => void;
}

/** Running totals of a session. */
export interface SessionStats {
  /** SYNs handed to the kernel. */
  probesSent: number;
  /** Replies that proved themselves, duplicates included. */
  repliesReceived: number;
  /** Replies that named one of our tuples and failed the proof. */
  repliesRejected: number;
  pairsDone: number;
  open: number;
}
