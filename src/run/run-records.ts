import type { SessionStats } from '../probe/scan/session-plan.ts';
import type { PortSet } from '../probe/targets/ports.ts';
import type { TargetSet } from '../probe/targets/targets.ts';
import type { PortRecord } from '../records/probe/records.ts';
import type { RunRecord, SummaryRecord } from '../records/records.ts';
import { craftSyn, ETHERNET, synOptionsText, type SynSpec, synWindow } from '../probe/craft/syn-spec.ts';
import type { Timing } from '../probe/timing.ts';
import type { Routes, Source, Transport } from '../transport/transport.ts';
import { formatAddress } from '../wire/address.ts';
import { toHex } from '../wire/bytes.ts';

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

/** The network, as the first record says it. */
interface OpenNetwork {
  readonly transport: Pick<Transport, 'engine' | 'clock' | 'sendPath'>;
  readonly routes: Routes;
  readonly sourcePorts: readonly number[];
}

/**
 * The first record. Source and options are those of the first target's route; behind other interfaces they may differ.
 * `startedAt` is in milliseconds since 1970.
 */
export function runRecordOf(run: RunFacts, open: OpenNetwork, startedAt: number): RunRecord {
  const { transport } = open;
  const route = open.routes.lookup(run.targets.at(0));
  const source = route < 0 ? null : (open.routes.sources[route] ?? null);
  return {
    type: 'run',
    schema: 1,
    version: run.version,
    command: run.command,
    engine: transport.engine,
    clock: transport.clock,
    sendPath: transport.sendPath,
    startedAt: new Date(startedAt).toISOString(),
    source: { address: source === null ? null : formatAddress(source.address), interface: source?.interface ?? null },
    probe: probeSummaryOf(run, open.sourcePorts, source ?? ETHERNET),
  };
}

function probeSummaryOf(run: RunFacts, sourcePorts: readonly number[], source: Source): RunRecord['probe'] {
  const { optionBytes } = craftSyn(run.spec, source);
  return {
    options: synOptionsText(run.spec, source),
    optionsHex: toHex(optionBytes),
    ttl: run.spec.ttl,
    window: synWindow(run.spec, source),
    retries: run.timing.retries ?? 2,
    count: run.timing.count,
    rate: run.timing.rate === Infinity ? 'max' : run.timing.rate,
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

/** What a summary needs of a session's totals. */
type ReplyStats = Pick<SessionStats, 'probesSent' | 'repliesReceived' | 'repliesRejected'>;

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

  summary(stats: ReplyStats, end: RunEnd): SummaryRecord {
    return {
      type: 'summary',
      targets: this.#run.targets.size,
      ports: this.#run.ports.size,
      ...this.#states,
      probesSent: stats.probesSent,
      repliesReceived: stats.repliesReceived,
      repliesRejected: stats.repliesRejected,
      kernelDrops: end.drops,
      durationMs: Math.round(end.durationMs * 1e3) / 1e3,
      interrupted: end.interrupted,
    };
  }
}
