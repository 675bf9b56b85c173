import type { FirewallPortRecord, FirewallRecord } from '../../src/records/firewall/records.ts';
import type { SummaryRecord } from '../../src/records/records.ts';
import { firewallInBatches, type FirewallOptions } from '../../src/run/firewall/firewall.ts';
import type { Network } from '../network/network.ts';
import { findingText } from './probe-network.ts';
import { type Circumstances, ofType, onlyOne, simulate, type Simulated } from './simulate.ts';

/** What is asked of a network; everything else is as `firewall` does it by default. */
export interface GuardAsk
  extends Circumstances, Pick<FirewallOptions, 'options' | 'retries' | 'timeout' | 'rateLimit' | 'expect'> {
  readonly targets?: readonly string[];
  readonly ports: string;
}

/** A finished run. */
export interface GuardOutcome extends Omit<Simulated<FirewallRecord>, 'machine'> {
  readonly guards: readonly FirewallPortRecord[];
  readonly stats: SummaryRecord;
  readonly durationMs: number;
}

/** Tests the ports of `network`. */
export async function guardNetwork(network: Network, ask: GuardAsk): Promise<GuardOutcome> {
  const { seed = 1, interruptAt, targets = ['198.51.100.7'], ...options } = ask;
  const run = { ...options, targets };
  const { records, failure } = await simulate(firewallInBatches, run, network, { seed, interruptAt });
  const stats = onlyOne(records, 'summary');
  return { guards: ofType(records, 'firewall'), stats, durationMs: stats.durationMs, records, failure };
}

/** Findings of a guard as `code:option certainty`. */
export function findingTexts({ findings }: FirewallPortRecord): readonly string[] {
  return findings.map(findingText);
}
