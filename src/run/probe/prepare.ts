import { randomFillSync } from 'node:crypto';

import { ETHERNET, synOptions } from '../../probe/craft/syn-spec.ts';
import { type PairOrder, parseShard } from '../../probe/scan/pair-order.ts';
import { createProbeOrder } from '../../probe/scan/probe-order.ts';
import { RetryPolicy } from '../../probe/scan/retransmit-policy.ts';
import type { SessionStats } from '../../probe/scan/session-plan.ts';
import { parsePorts } from '../../probe/targets/ports.ts';
import { type Expectations, parseExpectations } from '../../records/probe/expectations.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { type RandomFill, randomWord } from '../machine.ts';
import { readSpec, readTargets, readTiming } from '../options/read-options.ts';
import type { CraftOptions, NetworkOptions, RunControl, TargetOptions, TimingOptions } from '../options/run-options.ts';
import type { ResponderOptions } from '../options/token.ts';
import type { RunFacts } from '../run-records.ts';
import { packageVersion } from '../version.ts';

/** What `probe` accepts: the command's flags in camelCase, with the same texts, units and defaults. */
export interface ProbeOptions extends TargetOptions, CraftOptions, NetworkOptions, TimingOptions, ResponderOptions, RunControl {
  /** `22,80,8000-8100,https` or `-`; default: the documented list. */
  readonly ports?: string;
  /** `I/N`, 1-based. */
  readonly shard?: string;
  readonly randomize?: boolean;
  /** `auto`, `raw-ip`, `af-xdp` or `af-packet`. */
  readonly sendPath?: string;

  /**
   * Yield records of open ports alone; the summary counts all. With expectations every port has its record.
   * A function is asked once the numbers of targets, and of ports of each, are known.
   */
  readonly openOnly?: boolean | ((run: { readonly targets: number; readonly ports: number }) => boolean);

  /** `open`, `closed`, `filtered` or a reason. */
  readonly expect?: string;
  /** `1460` or `<=1460`. */
  readonly expectMss?: string;
  /** `mss,sackOK`: all must be negotiated. */
  readonly expectOptions?: string;
  /** `<=MS`. */
  readonly expectRtt?: string;

  /** Yield the first-attempt probes as `packet` records and send nothing. */
  readonly dryRun?: boolean;
  /** Called at most ten times a second while the run lasts. */
  readonly onProgress?: (progress: Progress) => void;
}

/** How far a run is. */
export interface Progress {
  readonly elapsedMs: number;
  readonly pairsDone: number;
  readonly pairsTotal: number;
  readonly open: number;
  readonly probesSent: number;
}

/** A run, its options read; nothing is open yet. */
export interface PreparedRun extends RunFacts {
  readonly options: ProbeOptions;
  readonly order: PairOrder;
  readonly expectations: Expectations | null;
  /** Source ports that tell the SYNs of one pair apart. */
  readonly sourcePortCount: number;
}

/** Two challenge ACKs may ask for one more SYN each. */
const SPARE_SYNS = 2;
const MAX_SOURCE_PORTS = 64;
const PROGRESS_INTERVAL_MS = 100;

/** Reads all options. Throws a usage error for the first that is not valid. */
export async function prepareRun(options: ProbeOptions, random: RandomFill = randomFillSync): Promise<PreparedRun> {
  const ports = parsePorts(options.ports);
  const spec = readSpec(options);
  const timing = readTiming(options);
  const expectations = parseExpectations(options);
  const shard = options.shard === undefined ? null : parseShard(options.shard);
  synOptions(spec, ETHERNET);
  const targets = await readTargets(options);
  const seed = options.seed ?? randomWord(random);
  const order = createProbeOrder({ targets: targets.size, ports, seed, shard, randomize: options.randomize !== false });
  const syns = new RetryPolicy(timing, order.length).most * timing.count + SPARE_SYNS;
  const sourcePortCount = options.sourcePort === undefined ? Math.min(MAX_SOURCE_PORTS, syns) : 1;
  const facts = { command: 'probe', version: packageVersion(), targets, ports, spec, timing, seed, shard: options.shard ?? null };
  return { ...facts, options, order, expectations, sourcePortCount };
}

/** Whether ports that are not open need no record in this run. */
export function wantsOpenOnly({ options, targets, ports, expectations }: PreparedRun): boolean {
  const { openOnly = false } = options;
  if (expectations !== null) return false;
  return typeof openOnly === 'function' ? openOnly({ targets: targets.size, ports: ports.size }) : openOnly;
}

/** Calls `onProgress` at most ten times a second. The result is to be called on each turn of the loop. */
export function progressTeller(
  { options: { onProgress }, order }: PreparedRun,
  statsNow: () => Pick<SessionStats, 'pairsDone' | 'open' | 'probesSent'>,
): (now: Nanos) => void {
  if (onProgress === undefined) return () => undefined;
  let last = 0;
  return (now) => {
    const elapsedMs = now / NANOS_PER_MS;
    if (elapsedMs - last < PROGRESS_INTERVAL_MS) return;
    last = elapsedMs;
    const { pairsDone, open, probesSent } = statsNow();
    onProgress({ elapsedMs, pairsDone, pairsTotal: order.length, open, probesSent });
  };
}
