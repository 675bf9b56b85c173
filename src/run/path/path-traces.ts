import { ETHERNET } from '../../probe/craft/syn-spec.ts';
import type { TraceResult } from '../../probe/path/path-probe.ts';
import { PathSession, type TraceJob } from '../../probe/path/path-session.ts';
import type { PathResponder } from '../../records/path/build.ts';
import type { HopRecord, PathRecord } from '../../records/path/records.ts';
import type { PortRecord } from '../../records/probe/records.ts';
import type { Routes } from '../../transport/transport.ts';
import { type Address, UNSPECIFIED } from '../../wire/address.ts';
import type { PreparedPairs } from '../options/read-options.ts';
import type { RoutedPair } from '../routed-targets.ts';
import { HopNames } from './hop-names.ts';
import { PathTries } from './path-tries.ts';

/** What traces are made with, and where their records go. */
interface TraceMeans {
  readonly routes: Pick<Routes, 'isLocal' | 'isUnresolved'>;
  /** The last of them is for the control flows. */
  readonly sourcePorts: readonly number[];
  readonly key: Uint32Array;
  readonly emit: (record: HopRecord | PathRecord) => void;
  /** Learns how each pair ended. */
  readonly count: (outcome: Pick<PortRecord, 'state' | 'attempts'>) => void;
}

/** What traces are asked for. */
export interface TracePlan extends Pick<PreparedPairs, 'spec' | 'timing'> {
  readonly firstTtl: number;
  readonly maxTtl: number;
  /** Whether to look up the names of hops. */
  readonly resolve: boolean;
  /** Whether to repeat a trace with other options. */
  readonly vary: boolean;
}

/** A pair under way. */
interface Tracing {
  readonly tries: PathTries;
  readonly hostname: string | null;
  readonly responder: PathResponder | null;
}

/** The traces of a run. Emits the records of a pair when its last try is over and names have been looked up. */
export class PathTraces {
  readonly session: PathSession;
  readonly #run: TracePlan;
  readonly #means: TraceMeans;
  readonly #names: HopNames | null;
  /** By the trace that is under way. */
  readonly #tracing: Map<TraceJob, Tracing> = new Map();
  readonly #told: Promise<void>[] = [];

  constructor(run: TracePlan, means: TraceMeans) {
    const { routes, sourcePorts, key } = means;
    this.#run = run;
    this.#means = means;
    this.#names = run.resolve ? new HopNames() : null;
    this.session = new PathSession({
      jobs: [],
      controlPort: sourcePorts.at(-1) as number,
      isLocal: (address) => routes.isLocal(address),
      isUnresolved: (target) => routes.isUnresolved(target),
      key,
      firstTtl: run.firstTtl,
      maxTtl: run.maxTtl,
      probesPerHop: { samples: run.timing.count, attempts: (run.timing.retries ?? 2) + 1 },
      timeoutMs: run.timing.timeoutMs,
      onResult: (result, job) => this.#learn(result, job),
    });
  }

  /** Traces a pair; one without a route has its record at once. */
  begin({ name, address: target, source, errno }: RoutedPair, responder: PathResponder | null): void {
    const { spec, vary } = this.#run;
    const sourcePorts = this.#means.sourcePorts.slice(0, -1);
    const { port, hostname } = name;
    const out = source ?? ETHERNET;
    const tries = new PathTries({ target, port, source: out, spec, sourcePorts, vary: vary && source !== null });
    const tracing = { tries, hostname, responder };
    if (source !== null) {
      const job = this.#next(tracing);
      if (job !== null) this.session.add(job);
      return;
    }
    const nothing = { hops: [], final: null, rejected: 0, control: null, interrupted: false };
    tries.add({ source: UNSPECIFIED, target, port, sourcePort: sourcePorts[0] as number, errno, ...nothing });
    this.#told.push(this.#tell(tracing));
  }

  /** Resolves once all records are out. */
  async finish(): Promise<void> {
    await Promise.all(this.#told);
    this.#names?.close();
  }

  /** A trace is over; returns the next of the same pair. */
  #learn(result: TraceResult, job: TraceJob): readonly TraceJob[] {
    const tracing = this.#tracing.get(job) as Tracing;
    this.#tracing.delete(job);
    tracing.tries.add(result);
    const next = this.#next(tracing);
    if (next !== null) return [next];
    this.#told.push(this.#tell(tracing));
    return [];
  }

  #next(tracing: Tracing): TraceJob | null {
    const job = tracing.tries.next();
    if (job !== null) this.#tracing.set(job, tracing);
    return job;
  }

  async #tell({ tries, hostname, responder }: Tracing): Promise<void> {
    const [first] = tries.results;
    if (first === undefined) return;
    await this.#names?.learn(addressesOf(tries.results));
    const records = tries.records({ hostname, nameOf: (address) => this.#names?.nameOf(address) ?? null, responder });
    for (const record of records) this.#means.emit(record);
    const asked = records.find((record) => record.type === 'path');
    if (asked !== undefined && asked.state !== null) this.#means.count({ state: asked.state, attempts: first.hops.length });
  }
}

function addressesOf(results: readonly TraceResult[]): readonly Address[] {
  return [...new Set(results.flatMap(({ hops }) => hops.flatMap(({ answers }) => answers.map(({ from }) => from))))];
}
