import type { MssRecord } from '../../src/records/mss/records.ts';
import { mssInBatches } from '../../src/run/mss/mss.ts';
import type { MssOptions } from '../../src/run/mss/prepare-mss.ts';
import type { Network } from '../network/network.ts';
import { type Circumstances, onlyOne, simulate } from './simulate.ts';

/** What is asked of a network; everything else is as `mss` does it by default. */
export interface MssAsk extends Circumstances, Pick<MssOptions, 'offer' | 'request' | 'options' | 'expect'> {
  readonly port?: number;
}

/** What came out. */
export interface MssOutcome {
  readonly record: MssRecord;
  /** `offered>advertised:effective`, `?` for what is not known. */
  readonly rows: readonly string[];
  /** `clampedTo certainty` of each direction. */
  readonly forward: string;
  readonly reverse: string;
  readonly durationMs: number;
  /** SYNs that were sent, traces included. */
  readonly probesSent: number;
}

/** Measures the server of `network`. */
export async function measureMss(network: Network, ask: MssAsk = {}): Promise<MssOutcome> {
  const { port = 80, seed = 1, interruptAt, ...options } = ask;
  const run = { ...options, targets: ['198.51.100.7'], ports: String(port) };
  const { records } = await simulate(mssInBatches, run, network, { seed, interruptAt });
  const record = onlyOne(records, 'mss');
  const { durationMs, probesSent } = onlyOne(records, 'summary');
  return {
    record,
    rows: record.rows.map((row) => `${row.offered ?? 'none'}>${row.advertised ?? '?'}:${row.effective ?? '?'}`),
    forward: `${record.forward.clampedTo ?? '-'} ${record.forward.certainty}`,
    reverse: `${record.reverse.clampedTo ?? '-'} ${record.reverse.certainty}`,
    durationMs,
    probesSent,
  };
}
