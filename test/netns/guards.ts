import type { FirewallPortRecord } from '../../src/records/firewall/records.ts';
import type { RunRecord, SummaryRecord } from '../../src/records/records.ts';
import type { Finished } from './child.ts';
import { jsonLines } from './json-lines.ts';
import type { Lab } from './lab.ts';
import { command } from './synscope.ts';

/** What a run of `synscope firewall --json` printed. */
export interface GuardResult extends Finished {
  readonly run: RunRecord;
  readonly ports: readonly FirewallPortRecord[];
  readonly summary: SummaryRecord;
  /** The record of one port; throws unless there is one. */
  port(port: number): FirewallPortRecord;
}

/** Runs `synscope firewall ARGS --json` in the client to its end. */
export async function firewall(lab: Lab, args: readonly string[]): Promise<GuardResult> {
  return parsedGuards(await lab.run('client', command(['firewall', ...args])));
}

/** Reads the JSON Lines of a finished run: a run record first, a summary last, guards between. */
export function parsedGuards(finished: Finished): GuardResult {
  const said = `exit ${finished.code}\n${finished.stderr}\n${finished.stdout.slice(0, 2000)}`;
  const records = jsonLines(finished.stdout);
  const types = records.map(({ type }) => type);
  const wanted = types.map((_, index) => (index === 0 ? 'run' : index === types.length - 1 ? 'summary' : 'firewall'));
  if (types.length < 2 || types.join() !== wanted.join()) throw new Error(`not run, firewall ..., summary: ${said}`);
  const ports = records.slice(1, -1) as unknown as readonly FirewallPortRecord[];
  const port = (number: number): FirewallPortRecord => {
    const record = ports.find((one) => one.port === number);
    if (record === undefined) throw new Error(`no record of port ${number}: ${said}`);
    return record;
  };
  return {
    ...finished,
    run: records[0] as unknown as RunRecord,
    ports,
    summary: records.at(-1) as unknown as SummaryRecord,
    port,
  };
}

/** What the tests compare of a record. */
export function guardOf({
  policy,
  stateful,
  proxy,
  answeredBy,
  findings,
}: FirewallPortRecord): Readonly<Record<string, unknown>> {
  return {
    policy,
    stateful,
    proxy,
    answeredBy,
    findings: findings.map(({ code, option, certainty }) => [code, option, certainty].filter(Boolean).join(' ')),
  };
}
