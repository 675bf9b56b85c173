import { ETHERNET } from '../../probe/craft/syn-spec.ts';
import type { TraceResult } from '../../probe/path/path-probe.ts';
import { PathSession, type TraceJob } from '../../probe/path/path-session.ts';
import type { PathResponder } from '../../records/path/build.ts';
import type { PathCommandRecord } from '../../records/path/records.ts';
import { type Address, UNSPECIFIED } from '../../wire/address.ts';
import type { Running } from '../command.ts';
import { randomKey } from '../machine.ts';
import type { PreparedPairs } from '../options/read-options.ts';
import type { RoutedPair } from '../routed-targets.ts';
import { HopNames } from './hop-names.ts';
import { tracePair, tryRecords, type TryResults } from './path-tries.ts';

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
  readonly tries: ReturnType<typeof tracePair>;
  readonly hostname: string | null;
  readonly responder: PathResponder | null;
}

/**
 * The traces of a run. Emits the records of a pair when its last try is over and names have been looked up.
 */
export class PathTraces {
  readonly session: PathSession;
  readonly #run: TracePlan;
  readonly #running: Running<PathCommandRecord>;
  readonly #sourcePorts: readonly number[];
  readonly #names: HopNames | null;
  /** By the trace that is under way. */
  readonly #tracing: Map<TraceJob, Tracing> = new Map();
  readonly #told: Promise<void>[] = [];

  /** The last of the source ports is for the control flows. */
  constructor(run: TracePlan, running: Running<PathCommandRecord>, sourcePorts: readonly number[]) {
    const { routes } = running.open;
    this.#run = run;
    this.#running = running;
    this.#sourcePorts = sourcePorts;
    this.#names = run.resolve ? new HopNames() : null;
    this.session = new PathSession({
      jobs: [],
      controlPort: sourcePorts.at(-1) as number,
      isLocal: (address) => routes.isLocal(address),
      isUnresolved: (target) => routes.isUnresolved(target),
      key: randomKey(running.machine.random),
      firstTtl: run.firstTtl,
      maxTtl: run.maxTtl,
      probesPerHop: { samples: run.timing.count, attempts: (run.timing.retries ?? 2) + 1 },
      timeoutMs: run.timing.timeoutMs,
      onResult: (result, job) => this.#learn(result, job),
    });
  }

  /** Traces a pair; one without a route has its record at once. */
  begin({ name: { port, hostname }, address: target, source, errno }: RoutedPair, responder: PathResponder | null): void {
    const { spec, vary } = this.#run;
    const sourcePorts = this.#sourcePorts.slice(0, -1);
    const out = source ?? ETHERNET;
    const tries = tracePair({ target, port, source: out, spec, sourcePorts, vary: vary && source !== null });
    for (const job of this.#next({ tries, hostname, responder }, tries.next())) {
      if (source !== null) this.session.add(job);
      else this.#learn({ ...UNROUTED, target, port, sourcePort: sourcePorts[0] as number, errno }, job);
    }
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
    return this.#next(tracing, tracing.tries.next(result));
  }

  #next(tracing: Tracing, step: IteratorResult<TraceJob, TryResults>): readonly TraceJob[] {
    if (step.done === true) {
      this.#told.push(this.#tell(step.value, tracing));
      return [];
    }
    this.#tracing.set(step.value, tracing);
    return [step.value];
  }

  async #tell(results: TryResults, { hostname, responder }: Tracing): Promise<void> {
    await this.#names?.learn(addressesOf(results));
    const records = tryRecords(results, { hostname, nameOf: (address) => this.#names?.nameOf(address) ?? null, responder });
    for (const record of records) this.#running.queue.push(record);
    const asked = records.find((record) => record.type === 'path');
    const attempts = results[0].result.hops.length;
    if (asked !== undefined && asked.state !== null) this.#running.counter.count({ state: asked.state, attempts });
  }
}

const UNROUTED = { source: UNSPECIFIED, hops: [], final: null, rejected: 0, control: null, interrupted: false };

function addressesOf(results: TryResults): readonly Address[] {
  return [...new Set(results.flatMap(({ result }) => result.hops.flatMap(({ answers }) => answers.map(({ from }) => from))))];
}
