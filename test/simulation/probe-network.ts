import type { Finding } from '../../src/analysis/finding.ts';
import type { PortRecord, ProbeRecord } from '../../src/records/probe/records.ts';
import type { SummaryRecord } from '../../src/records/records.ts';
import { probeInBatches } from '../../src/run/probe/probe.ts';
import type { ProbeOptions } from '../../src/run/probe/prepare.ts';
import type { Network } from '../network/network.ts';
import { type Circumstances, ofType, onlyOne, simulate, type Simulated } from './simulate.ts';

/** What is asked of a network; everything else is as `probe` does it by default. */
export interface Ask
  extends
    Circumstances,
    Pick<
      ProbeOptions,
      'options' | 'ecn' | 'payload' | 'badsum' | 'ttl' | 'randomize' | 'timeout' | 'retries' | 'count' | 'rate'
    > {
  readonly targets?: readonly string[];
  readonly ports: string;
}

/** What came out for one port. */
export interface PortOutcome extends Omit<PortRecord, 'rttMs' | 'findings'> {
  /** The smallest and the largest round trip; empty when there is none. */
  readonly rttMs: readonly number[];
  /** `code:option certainty`, in the order of the findings table. */
  readonly findings: readonly string[];
  /** The same in full. */
  readonly found: readonly Finding[];
  /** Replies that were not believed. */
  readonly rejected: number;
  /** Whether one SYN had two answers. */
  readonly conflict: boolean;
}

/** A finished run. */
export interface RunOutcome extends Omit<Simulated<ProbeRecord>, 'machine'> {
  readonly ports: readonly PortOutcome[];
  readonly stats: SummaryRecord;
  readonly log: Simulated<ProbeRecord>['machine']['log'];
}

/** Probes `network`. */
export async function probeNetwork(network: Network, ask: Ask): Promise<RunOutcome> {
  const { interruptAt, unresolved = false, logs = false, ...options } = ask;
  const { seed = 1, targets = ['198.51.100.7'] } = ask;
  const run = await simulate(probeInBatches, { ...options, seed, targets }, network, { seed, unresolved, logs, interruptAt });
  const stats = onlyOne(run.records, 'summary');
  const ports = ofType(run.records, 'port');
  const { records, failure, machine } = run;
  return { records, failure, stats, log: machine.log, ports: ports.map((record) => outcomeOf(record, { ports, stats })) };
}

function outcomeOf(
  { rttMs: { min, max }, findings, ...rest }: PortRecord,
  { ports, stats }: { readonly ports: readonly PortRecord[]; readonly stats: SummaryRecord },
): PortOutcome {
  return {
    ...rest,
    rttMs: min === null || max === null ? [] : [min, max],
    findings: findings.map(findingText),
    found: findings,
    rejected: ports.length === 1 ? stats.repliesRejected : rejectedIn(findings),
    conflict: findings.some(({ detail }) => detail.startsWith('The same SYN was answered with')),
  };
}

/** As the finding counts them. */
function rejectedIn(findings: readonly Finding[]): number {
  const unexpected = findings.find(({ code }) => code === 'unexpected-ack');
  if (unexpected === undefined) return 0;
  return Number(/the first of (\d+) such replies/.exec(unexpected.detail)?.[1] ?? 1);
}

/** `code:option certainty`. */
export function findingText({ code, option, certainty }: Finding): string {
  return `${code}${option === null ? '' : `:${option}`} ${certainty}`;
}
