import { asAsked } from '../../src/analysis/path/vary.ts';
import type { HopRecord, PathRecord } from '../../src/records/path/records.ts';
import { type PathOptions, pathInBatches } from '../../src/run/path/path.ts';
import type { Network } from '../network/network.ts';
import { type Circumstances, ofType, onlyOne, simulate } from './simulate.ts';

/** What is asked of a path; everything else is as `path` does it by default. */
export interface TraceAsk
  extends Circumstances, Pick<PathOptions, 'options' | 'ecn' | 'payload' | 'firstTtl' | 'maxTtl' | 'count' | 'retries' | 'vary'> {
  readonly target?: string;
  readonly port?: number;
}

/** A finished trace, what was asked first of several tries. */
export interface TraceOutcome {
  readonly path: PathRecord;
  readonly hops: readonly HopRecord[];
  /** All records. */
  readonly records: readonly (HopRecord | PathRecord)[];
  readonly probesSent: number;
  readonly durationMs: number;
}

/** Traces a path through `network`. */
export async function traceNetwork(network: Network, ask: TraceAsk = {}): Promise<TraceOutcome> {
  const { target = '198.51.100.7', port = 80, seed = 1, interruptAt, ...options } = ask;
  const run = { ...options, targets: [target], ports: String(port) };
  const { records } = await simulate(pathInBatches, run, network, { seed, interruptAt });
  const usual = asAsked('', { ecn: false, payload: false }).name;
  const path = onlyOne(
    records.filter((record) => record.type !== 'path' || record.variant === usual),
    'path',
  );
  const hops = ofType(records, 'hop').filter(({ variant }) => variant === usual);
  const { probesSent, durationMs } = onlyOne(records, 'summary');
  const own = records.filter((record) => record.type === 'hop' || record.type === 'path');
  return { path, hops, records: own, probesSent, durationMs };
}

/** Hops as `ttl address reply`, `*` for a silent one. */
export function hopTexts({ hops }: Pick<TraceOutcome, 'hops'>): readonly string[] {
  return hops.map(({ ttl, address, reply }) => (address === null ? `${ttl} *` : `${ttl} ${address} ${reply}`));
}

/** Changes as `field sent>seen how after-at`. */
export function changeTexts({ path }: Pick<TraceOutcome, 'path'>): readonly string[] {
  return path.changes.map(
    ({ field, sent, seen, how, afterTtl, atTtl }) =>
      `${field} ${JSON.stringify(sent)}>${JSON.stringify(seen)} ${how} ${afterTtl}-${atTtl}`,
  );
}

/** Findings as `code option certainty`. */
export function findingTexts({ path }: Pick<TraceOutcome, 'path'>): readonly string[] {
  return path.findings.map(({ code, option, certainty }) => [code, option, certainty].filter(Boolean).join(' '));
}
