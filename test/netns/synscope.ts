import { fileURLToPath } from 'node:url';
import type { Finished, Running } from './child.ts';
import { jsonLines } from './json-lines.ts';
import type { Lab } from './lab.ts';
import type { PortRecord } from '../../src/records/probe/records.ts';
import type { RunRecord, SummaryRecord } from '../../src/records/records.ts';

/** The command under test; SYNSCOPE_BIN names another build. */
export const BIN: string = process.env['SYNSCOPE_BIN'] ?? fileURLToPath(new URL('../../dist/cli/bin.cjs', import.meta.url));

/** What a run with `--json` printed, parsed. */
export interface Result extends Finished {
  readonly run: RunRecord;
  readonly ports: readonly PortRecord[];
  readonly summary: SummaryRecord;
  /** The record of one port; throws unless there is exactly one. */
  port(port: number, target?: string): PortRecord;
}

/** The engine under test; undefined for the command's own choice. */
const ENGINE = process.env['SYNSCOPE_ENGINE'];

/** The options with the engine under test added, unless they name one or ask for help. */
export function onEngine(args: readonly string[]): readonly string[] {
  return ENGINE === undefined || args.includes('--engine') || args.includes('--help') ? args : [...args, '--engine', ENGINE];
}

/** The command line of `synscope ARGS --json`. */
export function command(args: readonly string[]): readonly string[] {
  return [process.execPath, BIN, ...onEngine(args), '--json'];
}

/** Runs `synscope ARGS --json` in a host to its end. */
export async function synscope(lab: Lab, host: string, args: readonly string[]): Promise<Result> {
  return parsed(await lab.run(host, command(args)));
}

/**
 * What a command other than `probe` prints with `--json`: a run record first, a summary last; throws unless
 * it exits with 0.
 */
export async function recordsOf<R>(lab: Lab, host: string, args: readonly string[]): Promise<readonly R[]> {
  const text = await lab.runOk(host, command(args));
  const records = jsonLines(text);
  if (records[0]?.type !== 'run' || records.at(-1)?.type !== 'summary')
    throw new Error(`not run ... summary: ${text.slice(0, 2000)}`);
  return records as unknown as readonly R[];
}

/** Starts `synscope ARGS --json` in a host. */
export function startSynscope(lab: Lab, host: string, args: readonly string[]): Running {
  return lab.start(host, command(args));
}

/** Reads the JSON Lines of a finished run: a run record first, a summary last, ports between. */
export function parsed(finished: Finished): Result {
  const said = `exit ${finished.code}\n${finished.stderr}\n${finished.stdout.slice(0, 2000)}`;
  const records = jsonLines(finished.stdout);
  const ports = records.slice(1, -1) as unknown as readonly PortRecord[];
  const run = records[0] as unknown as RunRecord;
  const summary = records.at(-1) as unknown as SummaryRecord;
  if (run?.type !== 'run' || summary?.type !== 'summary') throw new Error(`not run ... summary: ${said}`);
  if (ports.some(({ type }) => type !== 'port')) throw new Error(`something other than ports: ${said}`);
  const byPort = new Map<string, PortRecord>();
  for (const record of ports) {
    for (const key of [`${record.port}`, `${record.target}:${record.port}`]) byPort.set(key, record);
  }
  const port = (number: number, target?: string): PortRecord => {
    const record = byPort.get(target === undefined ? `${number}` : `${target}:${number}`);
    if (record === undefined) throw new Error(`no record of port ${number}: ${said}`);
    return record;
  };
  return { ...finished, run, ports, summary, port };
}

/** `state reason` of a record, which most tests compare. */
export function verdict(record: PortRecord): string {
  return `${record.state} ${record.reason}`;
}

/** How many ports ended with each `state reason`. */
export function tally(result: Result): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const record of result.ports) counts[verdict(record)] = (counts[verdict(record)] ?? 0) + 1;
  return counts;
}

/** The findings of a record as `code option direction certainty`. */
export function findings(record: PortRecord): readonly string[] {
  return record.findings.map(({ code, option, direction, certainty }) =>
    [code, option, direction, certainty].filter(Boolean).join(' '),
  );
}
