import type { SessionStats } from '../probe/scan/session-plan.ts';
import type { PortSet } from '../probe/targets/ports.ts';
import type { TargetSet } from '../probe/targets/targets.ts';
import type { PortRecord } from '../records/probe/records.ts';
import type { RunRecord, SummaryRecord } from '../records/records.ts';
import { craftSyn, ETHERNET, synOptionsText, type SynSpec, synWindow } from '../probe/craft/syn-spec.ts';
import type { Timing } from '../probe/timing.ts';
import type { Source, Transport } from '../transport/transport.ts';
import { formatAddress } from '../wire/address.ts';
import { toHex } from '../wire/bytes.ts';
import type { OpenRun } from './open-run.ts';

/** What was asked for, as the first record says it. */
export interface RunFacts {
  readonly command: string;
  readonly version: string;
  readonly targets: TargetSet;
  readonly ports: PortSet;
  readonly spec: SynSpec;
  readonly timing: Timing;
  readonly seed: number;
  readonly shard: string | null;
}

/** What the first record of every command says. `startedAt` is in milliseconds since 1970. */
export function runHead<C extends string>(
  { command, version }: { readonly command: C; readonly version: string },
  { engine, clock, sendPath }: Transport,
  startedAt: number,
): Pick<RunRecord, 'type' | 'schema' | 'version' | 'engine' | 'clock' | 'sendPath' | 'startedAt'> & { readonly command: C } {
  return { type: 'run', schema: 1, version, command, engine, clock, sendPath, startedAt: new Date(startedAt).toISOString() };
}

/**
 * The first record. Source and options are those of the first target's route; behind other interfaces they
 * may differ.
 */
export function runRecordOf(run: RunFacts, { transport, routes, sourcePorts }: OpenRun, startedAt: number): RunRecord {
  const source = routes.sources[routes.lookup(run.targets.at(0))] ?? null;
  return {
    ...runHead(run, transport, startedAt),
    source: { address: source === null ? null : formatAddress(source.address), interface: source?.interface ?? null },
    probe: probeSummaryOf(run, sourcePorts, source ?? ETHERNET),
  };
}

function probeSummaryOf(run: RunFacts, sourcePorts: readonly number[], source: Source): RunRecord['probe'] {
  const { spec, timing } = run;
  return {
    options: synOptionsText(spec, source),
    optionsHex: toHex(craftSyn(spec, source).optionBytes),
    ttl: spec.ttl,
    window: synWindow(spec, source),
    retries: timing.retries ?? 2,
    count: timing.count,
    rate: timing.rate === Infinity ? 'max' : timing.rate,
    seed: String(run.seed),
    shard: run.shard,
    sourcePorts,
    targets: run.targets.size,
    ports: run.ports.size,
  };
}

/** What is known only at the end of a run. */
export interface RunEnd {
  readonly drops: number | null;
  readonly durationMs: number;
  readonly interrupted: boolean;
}

/** What the summary of every command says of the end. */
export function endingOf(end: RunEnd): Pick<SummaryRecord, 'kernelDrops' | 'durationMs' | 'interrupted'> {
  return { kernelDrops: end.drops, durationMs: Math.round(end.durationMs * 1e3) / 1e3, interrupted: end.interrupted };
}

/** What a summary needs of a session's totals. */
export type ReplyStats = Pick<SessionStats, 'probesSent' | 'repliesReceived' | 'repliesRejected'>;

/** Counts ports for the summary. */
export class SummaryCounter {
  readonly #run: Pick<RunFacts, 'targets' | 'ports'>;
  readonly #states: Record<PortRecord['state'], number> = { open: 0, closed: 0, filtered: 0, error: 0 };
  #unrouted = 0;

  constructor(run: Pick<RunFacts, 'targets' | 'ports'>) {
    this.#run = run;
  }

  count({ state, attempts }: Pick<PortRecord, 'state' | 'attempts'>): void {
    this.#states[state]++;
    if (state === 'error' && attempts === 0) this.#unrouted++;
  }

  /** True when there were results and no target had a route. */
  get nothingRouted(): boolean {
    const { open, closed, filtered, error } = this.#states;
    return this.#unrouted > 0 && this.#unrouted === open + closed + filtered + error;
  }

  summary({ probesSent, repliesReceived, repliesRejected }: ReplyStats, end: RunEnd): SummaryRecord {
    const { targets, ports } = this.#run;
    const sizes = { targets: targets.size, ports: ports.size };
    return { type: 'summary', ...sizes, ...this.#states, probesSent, repliesReceived, repliesRejected, ...endingOf(end) };
  }
}
