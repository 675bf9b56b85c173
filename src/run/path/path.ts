import { randomBytes } from 'node:crypto';

import type { SynscopeError } from '../../errors.ts';
import { ETHERNET } from '../../probe/craft/syn-spec.ts';
import { HalfOpenResets } from '../../probe/session/half-open-resets.ts';
import { JointSession } from '../../probe/session/joint-session.ts';
import type { TraceResult } from '../../probe/path/path-probe.ts';
import { PathSession, type TraceJob } from '../../probe/path/path-session.ts';
import type { PathCommandRecord } from '../../records/path/records.ts';
import { type Address, UNSPECIFIED } from '../../wire/address.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import { HopNames } from './hop-names.ts';
import { runSession } from '../loop/loop.ts';
import { openRun } from '../open-run.ts';
import { type ResponderQuery, RESPONDER_PORTS, PathResponders } from './path-responder.ts';
import type { PathOptions } from './path-options.ts';
import { PathTries } from './path-tries.ts';
import { preparePairs, type PreparedPairs } from '../options/prepare-pairs.ts';
import { type Driving, lostInterface, noRoute, oneByOne, streamRecords } from '../loop/record-stream.ts';
import { whole } from '../options/read-options.ts';
import { readControl } from '../responder/prepare-responder.ts';
import { asksResponder } from '../probe/probe-options.ts';
import { openToken } from '../options/token.ts';
import { runRecordOf, SummaryCounter } from '../run-records.ts';

const DEFAULT_PORT = '443';
const DEFAULT_MAX_TTL = 30;
/** A trace and what takes its place should an older connection hold the tuple. */
const PORTS_A_TRY = 2;
/** As asked, bare, as asked again, and without each of the options that fit into a SYN. */
const MOST_TRIES = 12;

/** A run whose every input has been read. */
interface PreparedPath extends PreparedPairs {
  readonly firstTtl: number;
  readonly maxTtl: number;
  readonly resolve: boolean;
  readonly vary: boolean;
  /** By what a responder is asked, or null. */
  readonly responder: Pick<ResponderQuery, 'mac' | 'control'> | null;
}

/**
 * Traces the path of the SYN to every (target, port) pair and yields the run record, of each pair its hops and its path as soon as they are final, and the summary. Prints
 * nothing. Throws a SynscopeError as `probe` does.
 */
export function path(options: PathOptions): AsyncGenerator<PathCommandRecord, void, undefined> {
  return oneByOne(pathInBatches(options));
}

/** The same records, handed over as many at a time as there are. */
export async function* pathInBatches(options: PathOptions): AsyncGenerator<readonly PathCommandRecord[], void, undefined> {
  const run = await preparePath(options);
  const open = await openRun({
    options,
    sourceIp: run.spec.sourceIp,
    sourcePortCount: tracePorts(run) + (run.responder === null ? 0 : RESPONDER_PORTS),
    // Connections to a responder are ours to close.
    ports: run.responder === null ? 'reserved' : 'resets-suppressed',
  });
  yield* streamRecords<PathCommandRecord>(open, options, (driving) => tracePaths(run, driving));
}

async function preparePath(options: PathOptions): Promise<PreparedPath> {
  const run = await preparePairs('path', options, DEFAULT_PORT);
  const firstTtl = whole('--first-ttl', options.firstTtl, [1, 255]) ?? 1;
  const maxTtl = whole('--max-ttl', options.maxTtl, [firstTtl, 255]) ?? Math.max(firstTtl, DEFAULT_MAX_TTL);
  const responder = await prepareResponderQuery(options);
  return { ...run, firstTtl, maxTtl, resolve: options.resolve === true, vary: options.vary === true, responder };
}

async function prepareResponderQuery(options: PathOptions): Promise<PreparedPath['responder']> {
  if (!asksResponder(options)) return null;
  const control = options.control === undefined ? null : await readControl(options.control);
  return { mac: openToken(options, options.onWarning ?? (() => undefined)), control };
}

/** Source ports of traces; the last of them is for the control flows. */
function tracePorts({ options, vary }: PreparedPath): number {
  return options.sourcePort === undefined ? PORTS_A_TRY * (vary ? MOST_TRIES : 1) + 1 : 2;
}

async function tracePaths(run: PreparedPath, driving: Driving<PathCommandRecord>): Promise<SynscopeError | null> {
  const { open, signal } = driving;
  const { transport } = open;
  driving.queue.push(runRecordOf(run, open));
  const responders = new PathResponders();
  const count = tracePorts(run);
  const sourcePorts = open.sourcePorts.slice(0, count);
  const connecting = { open, sourcePorts: open.sourcePorts.slice(count), signal };
  const lost = run.responder === null ? null : await responders.ask(run, { ...connecting, ...run.responder });
  const teller = new PathTeller(run, driving, responders);
  const session = new PathSession({
    jobs: jobsOf(run, { ...driving, sourcePorts }, teller),
    controlPort: sourcePorts.at(-1) as number,
    isLocal: (address) => open.routes.isLocal(address),
    isUnresolved: (target) => open.routes.isUnresolved(target),
    key: new Uint32Array(randomBytes(16).buffer.slice(0, 16)),
    firstTtl: run.firstTtl,
    maxTtl: run.maxTtl,
    patience: { samples: run.timing.count, attempts: (run.timing.retries ?? 2) + 1 },
    timeoutMs: run.timing.timeoutMs,
    onResult: (result, job) => teller.add(result, job),
  });
  // Guarded ports leave it to us to reset what is half open.
  const resets = run.responder === null ? [] : [new HalfOpenResets(sourcePorts)];
  const joint = new JointSession([session, ...resets]);
  const fault = lost ?? (await runSession(joint, transport, { signal, onTurn: () => undefined }));
  await teller.finish();
  const interrupted = fault === null && signal.aborted;
  const end = { drops: transport.drops(), durationMs: transport.now() / NANOS_PER_MS, interrupted };
  driving.queue.push(teller.counter.summary(sumOf(session.stats, responders.stats), end));
  if (fault !== null) return lostInterface(fault);
  return teller.counter.nothingRouted && !interrupted ? noRoute() : null;
}

/** Turns results into records: those of a pair when its last try is over, and once names have been looked up. */
class PathTeller {
  readonly counter: SummaryCounter;
  readonly #run: PreparedPath;
  readonly #driving: Driving<PathCommandRecord>;
  readonly #tries: Map<TraceJob, PathTries> = new Map();
  readonly #names: HopNames = new HopNames();
  readonly #told: Promise<void>[] = [];
  readonly #responders: PathResponders;

  constructor(run: PreparedPath, driving: Driving<PathCommandRecord>, responders: PathResponders) {
    this.#run = run;
    this.#responders = responders;
    this.#driving = driving;
    this.counter = new SummaryCounter(run);
  }

  /** The first trace of a pair. */
  begin(tries: PathTries): TraceJob {
    const job = tries.next() as TraceJob;
    this.#tries.set(job, tries);
    return job;
  }

  /** A trace is over; returns the next of the same pair. */
  add(result: TraceResult, job: TraceJob): readonly TraceJob[] {
    const tries = this.#tries.get(job) as PathTries;
    this.#tries.delete(job);
    tries.add(result);
    const next = tries.next();
    if (next === null) this.#told.push(this.#tell(tries));
    else this.#tries.set(next, tries);
    return next === null ? [] : [next];
  }

  /** A pair that has no way out of this host. */
  addUnrouted(result: TraceResult): void {
    const { spec } = this.#run;
    const tries = new PathTries({
      target: result.target,
      port: result.port,
      source: ETHERNET,
      spec,
      sourcePorts: [],
      vary: false,
    });
    tries.add(result);
    this.#told.push(this.#tell(tries));
  }

  /** Resolves once everything has been told. */
  async finish(): Promise<void> {
    await Promise.all(this.#told);
    this.#names.close();
  }

  async #tell(tries: PathTries): Promise<void> {
    const { targets, resolve } = this.#run;
    const [first] = tries.results;
    if (first === undefined) return;
    if (resolve) await this.#names.learn(addressesOf(tries.results));
    const hostname = targets.hostname(targets.indexOf(first.target));
    const responder = this.#responders.of(first.target, first.port);
    const records = tries.records({ hostname, nameOf: (address) => this.#names.nameOf(address), responder });
    for (const record of records) this.#driving.queue.push(record);
    const asked = records.find((record) => record.type === 'path');
    if (asked !== undefined && asked.state !== null) this.counter.count({ state: asked.state, attempts: first.hops.length });
  }
}

/** The first trace of each pair; those that have no way out of this host are told at once. */
function jobsOf(
  run: PreparedPath,
  { open, sourcePorts: all }: Driving<PathCommandRecord> & { readonly sourcePorts: readonly number[] },
  teller: PathTeller,
): readonly TraceJob[] {
  const jobs: TraceJob[] = [];
  const sourcePorts = all.slice(0, -1);
  for (let index = 0; index < run.targets.size * run.ports.size; index++) {
    const target = run.targets.at(Math.floor(index / run.ports.size));
    const port = run.ports.at(index % run.ports.size);
    const route = open.routes.lookup(target);
    const source = open.routes.sources[route];
    if (source === undefined) teller.addUnrouted(unsent({ target, port, sourcePort: sourcePorts[0] as number, errno: -route }));
    else jobs.push(teller.begin(new PathTries({ ...run, target, port, source, sourcePorts })));
  }
  return jobs;
}

type Sums = PathResponders['stats'];

function sumOf(a: Sums, b: Sums): Sums {
  return {
    probesSent: a.probesSent + b.probesSent,
    repliesReceived: a.repliesReceived + b.repliesReceived,
    repliesRejected: a.repliesRejected + b.repliesRejected,
  };
}

function unsent(asked: Pick<TraceResult, 'target' | 'port' | 'sourcePort' | 'errno'>): TraceResult {
  return { source: UNSPECIFIED, ...asked, hops: [], final: null, rejected: 0, control: null, interrupted: false };
}

function addressesOf(results: readonly TraceResult[]): readonly Address[] {
  return [...new Set(results.flatMap(({ hops }) => hops.flatMap(({ answers }) => answers.map(({ from }) => from))))];
}
