import type { HandshakeRecord, SegmentRecord } from '../../src/records/handshake/records.ts';
import { handshakeInBatches } from '../../src/run/handshake/handshake.ts';
import type { HandshakeOptions } from '../../src/run/handshake/prepare-handshake.ts';
import type { Network } from '../network/network.ts';
import { type Circumstances, ofType, onlyOne, simulate } from './simulate.ts';

/** What is asked of a network; everything else is as `handshake` does it by default. */
export interface HandshakeAsk
  extends
    Circumstances,
    Pick<
      HandshakeOptions,
      'options' | 'ecn' | 'ack' | 'observe' | 'send' | 'fastOpen' | 'pathMtu' | 'close' | 'repeat' | 'retries'
    > {
  readonly port?: number;
}

/** What came out. */
export interface HandshakeOutcome {
  readonly record: HandshakeRecord;
  readonly segments: readonly SegmentRecord[];
  /** `code certainty`. */
  readonly findings: readonly string[];
  readonly durationMs: number;
}

/** Shakes hands with the server of `network`. */
export async function shakeHands(network: Network, ask: HandshakeAsk = {}): Promise<HandshakeOutcome> {
  const { port = 80, seed = 1, interruptAt, ...options } = ask;
  const run = { ...options, targets: ['198.51.100.7'], ports: String(port) };
  const { records } = await simulate(handshakeInBatches, run, network, { seed, interruptAt });
  const record = onlyOne(records, 'handshake');
  const findings = record.findings.map(({ code, certainty }) => `${code} ${certainty}`);
  return { record, segments: ofType(records, 'segment'), findings, durationMs: onlyOne(records, 'summary').durationMs };
}
