import type { Routes } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import type { PortSet } from '../targets/ports.ts';
import type { SynSpec } from '../craft/syn-spec.ts';
import type { TargetSet } from '../targets/targets.ts';
import type { Timing } from '../timing.ts';
import type { PortEvidence } from './port-case.ts';
import type { RateStep } from './rate-search.ts';

/** The results of one target: everything that a verdict about its ports is drawn from. */
export interface TargetEvidence {
  readonly target: Address;
  readonly hostname: string | null;
  /** Asked ports and ports for comparison. After an interruption, those whose usual SYN has its result. */
  readonly ports: readonly PortEvidence[];
  /** The steps of the search for a rate limit, and its port; null without one. */
  readonly rate: RateEvidence | null;
  /** Errno of a target without a route, else 0. Nothing was sent then, and `ports` is empty. */
  readonly errno: number;
}

/** The search for a SYN rate limit. */
export interface RateEvidence {
  readonly port: number;
  readonly steps: readonly RateStep[];
}

/** What a session needs: targets and ports, the form of packets, and where results go. */
export interface FirewallPlan {
  readonly targets: TargetSet;
  readonly ports: PortSet;
  readonly routes: Routes;
  readonly sourcePorts: readonly number[];
  readonly spec: SynSpec;
  readonly timing: Timing;
  /** Four words from the operating system's random source. */
  readonly key: Uint32Array;
  /** Whether to look for a SYN rate limit, which takes seconds and hundreds of SYNs. */
  readonly searchRate: boolean;
  readonly onTarget: (evidence: TargetEvidence) => void;
}
