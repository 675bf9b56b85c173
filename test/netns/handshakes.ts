import { fileURLToPath } from 'node:url';
import type { HandshakeRecord, SegmentRecord } from '../../src/records/handshake/records.ts';
import type { RunRecord, SummaryRecord } from '../../src/records/records.ts';
import { untilSays, type Finished, type Running } from './child.ts';
import { jsonLines } from './json-lines.ts';
import type { Lab } from './lab.ts';
import { command } from './synscope.ts';

/** What `synscope handshake ... --json` of one port printed. */
export interface Handshake extends Finished {
  readonly run: RunRecord;
  readonly segments: readonly SegmentRecord[];
  readonly record: HandshakeRecord;
  readonly summary: SummaryRecord;
  /** `code certainty`. */
  readonly findings: readonly string[];
}

/** Reads the JSON Lines of a finished run of one port. */
export function handshakeOf(finished: Finished): Handshake {
  const records = jsonLines(finished.stdout);
  const one = (type: string): unknown => {
    const found = records.filter((record) => record.type === type);
    if (found.length !== 1)
      throw new Error(`${found.length} ${type} records: exit ${finished.code}\n${finished.stderr}\n${finished.stdout}`);
    return found[0];
  };
  const record = one('handshake') as HandshakeRecord;
  return {
    ...finished,
    run: one('run') as RunRecord,
    segments: records.filter(({ type }) => type === 'segment') as unknown as readonly SegmentRecord[],
    record,
    summary: one('summary') as SummaryRecord,
    findings: record.findings.map(({ code, certainty }) => `${code} ${certainty}`),
  };
}

/** Runs `synscope handshake ARGS --json` in a host to its end. */
export async function shakeHands(lab: Lab, host: string, args: readonly string[]): Promise<Handshake> {
  return handshakeOf(await lab.run(host, command(['handshake', ...args])));
}

/** Port of each kind of application. */
export type Applications = Readonly<Partial<Record<'http' | 'mute' | 'reset' | 'stuck' | 'banner', readonly number[]>>>;

/** Starts kernel TCP servers with these applications. */
export async function serveApplications(lab: Lab, host: string, plan: Applications): Promise<Running> {
  const program = fileURLToPath(new URL('programs/applications.mjs', import.meta.url));
  const running = lab.start(host, ['setpriv', '--pdeathsig', 'KILL', process.execPath, program, JSON.stringify(plan)]);
  await untilSays(running, 'ready');
  return running;
}
