import { SynscopeError } from '../../src/errors.ts';
import type { Machine } from '../../src/run/machine.ts';
import type { RunControl } from '../../src/run/options/run-options.ts';
import type { Network } from '../network/network.ts';
import { conform } from '../records/conform.ts';
import { type MachineForm, SimulatedMachine } from '../network/simulated-machine.ts';

/** A command, as `synscope` runs it. */
type Command<O, R> = (options: O, machine: Partial<Machine>) => AsyncGenerator<readonly R[], void, undefined>;

/** The machine, and what happens to the run. */
export interface Circumstances extends MachineForm {
  /** Milliseconds after which the run is interrupted. */
  readonly interruptAt?: number | undefined;
}

/** A finished run. */
export interface Simulated<R> {
  readonly records: readonly R[];
  /** What the run threw after its last record. */
  readonly failure: SynscopeError | null;
  readonly machine: SimulatedMachine;
}

/** Runs a command in a simulated network, without sockets and without waiting. Its records must be as declared. */
export async function simulate<O extends RunControl, R extends object>(
  command: Command<O, R>,
  options: O,
  network: Network,
  { interruptAt, ...form }: Circumstances = {},
): Promise<Simulated<R>> {
  const machine = new SimulatedMachine(network, form);
  const interrupt = new AbortController();
  if (interruptAt !== undefined) machine.at(interruptAt, () => interrupt.abort());
  const records: R[] = [];
  try {
    for await (const batch of command({ ...options, signal: interrupt.signal }, machine))
      for (const record of batch) records.push(record);
  } catch (error) {
    if (!(error instanceof SynscopeError) || records.length === 0) throw error;
    conform(sample(records));
    return { records, failure: error, machine };
  }
  conform(sample(records));
  return { records, failure: null, machine };
}

/** Enough to validate: of thousands of records most are alike. */
function sample<R>(records: readonly R[]): readonly R[] {
  return records.length > 2000 ? [...records.slice(0, 1000), ...records.slice(-1000)] : records;
}

/** The records of one type. */
export function ofType<R extends { readonly type: string }, T extends R['type']>(
  records: readonly R[],
  type: T,
): readonly Extract<R, { readonly type: T }>[] {
  return records.filter((record): record is Extract<R, { readonly type: T }> => record.type === type);
}

/** The one record of a type. */
export function onlyOne<R extends { readonly type: string }, T extends R['type']>(
  records: readonly R[],
  type: T,
): Extract<R, { readonly type: T }> {
  const [one, ...others] = ofType(records, type);
  if (one === undefined || others.length > 0) throw new Error(`${others.length} more or no record of type ${type}`);
  return one;
}
