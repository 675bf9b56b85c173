import type { RunRecord, SummaryRecord } from '../records/records.ts';
import { driveRun, type Driving, type Ending, streamRecords } from './drive-run.ts';
import type { Turns } from './loop.ts';
import { type Machine, machineWith } from './machine.ts';
import type { RunNeeds } from './open-run.ts';
import type { RunControl, NetworkOptions } from './options/run-options.ts';
import { type ReplyStats, type RunFacts, runRecordOf, SummaryCounter } from './run-records.ts';

/** Yields the records of a run one by one. `machine` replaces parts of this machine, such as its network. */
export type Command<O, R> = (options: O, machine?: Partial<Machine>) => AsyncGenerator<R, void, undefined>;

/** Yields them as many at a time as there are. */
export type BatchCommand<O, R> = Command<O, readonly R[]>;

/** What a session is made with. */
export interface Running<R> extends Driving<R> {
  readonly machine: Machine;
  /** Counts ports for the summary. */
  readonly counter: SummaryCounter;
}

/** A session, and what goes with it. */
export interface Started extends Turns, Pick<Ending, 'finish'> {
  /** Its totals by now. */
  readonly stats: () => ReplyStats;
  /** Compile its code first where packets are stamped in this process. */
  readonly warmsUp?: true;
}

/** A run, its options read; nothing is open yet. */
export interface Plan<R> {
  readonly run: RunFacts & { readonly options: NetworkOptions & RunControl };
  readonly needs: Omit<RunNeeds, 'options' | 'sourceIp'> & Partial<Pick<RunNeeds, 'options'>>;
  readonly start: (running: Running<R | RunRecord | SummaryRecord>) => Started | Promise<Started>;
}

/** A command whose work is a generator. */
export function onMachine<O, R>(work: (options: O, machine: Machine) => ReturnType<BatchCommand<O, R>>): BatchCommand<O, R> {
  return (options, parts = {}) => work(options, machineWith(parts));
}

/** A command that yields the run record, what its session emits, and the summary. */
export function inBatches<O, R>(
  prepare: (options: O, machine: Machine) => Promise<Plan<R>>,
): BatchCommand<O, R | RunRecord | SummaryRecord> {
  return onMachine(async function* batches(options, machine) {
    const { run, needs, start } = await prepare(options, machine);
    const open = await machine.open({ options: run.options, sourceIp: run.spec.sourceIp, ...needs });
    yield* streamRecords<R | RunRecord | SummaryRecord>(open, run.options, async (driving) => {
      const { transport, sourcePorts } = open;
      const counter = new SummaryCounter(run);
      const { stats, warmsUp, ...turns } = await start({ ...driving, machine, counter });
      if (warmsUp === true && transport.clock === 'userspace')
        await (await import('./warm-up.ts')).warmUp(turns.session, transport, sourcePorts[0] as number);
      driving.queue.push(runRecordOf(run, open, machine.wallClock()));
      const ending = { ...turns, nothingRouted: () => counter.nothingRouted };
      return driveRun(driving, ending, (end) => counter.summary(stats(), end));
    });
  });
}

/**
 * The same command, record by record. Not by `yield*`: over an array it costs three promises for each
 * record.
 */
export function oneByOne<O, R>(batches: BatchCommand<O, R>): Command<O, R> {
  return async function* records(options, machine) {
    for await (const batch of batches(options, machine)) for (const record of batch) yield record;
  };
}
