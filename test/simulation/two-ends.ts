import type { Finding } from '../../src/analysis/finding.ts';
import type { PortRecord } from '../../src/records/probe/records.ts';
import type { AttemptRecord, RespondSummaryRecord } from '../../src/records/respond/records.ts';
import type { ResponderRecord } from '../../src/records/records.ts';
import { conform } from '../records/conform.ts';
import type { ProbeOptions } from '../../src/run/probe/prepare.ts';
import { probeInBatches } from '../../src/run/probe/probe.ts';
import { respondInBatches } from '../../src/run/respond/respond.ts';
import { formatAddress } from '../../src/wire/address.ts';
import { address, type Packet } from '../network/packet.ts';
import { TwoMachines, type TwoMachinesPlan } from '../network/two-machines.ts';
import { ofType, onlyOne } from './simulate.ts';

/** Both ends of a path, and what stands between them. */
export interface TwoEndsPlan
  extends
    Omit<TwoMachinesPlan, 'addresses'>,
    Pick<ProbeOptions, 'options' | 'ecn' | 'dscp' | 'payload' | 'proof' | 'retries' | 'timeout' | 'ipId'> {
  readonly ports?: string;
  readonly listenPorts?: string;
  /** A port of the responder. */
  readonly control?: number;
  readonly responderToken?: string;
}

/** What came out for one port. */
export interface PortEnds extends PortRecord {
  readonly responder: ResponderRecord;
}

/** A finished run. */
export interface TwoEndsOutcome {
  readonly ports: readonly PortEnds[];
  readonly attempts: readonly AttemptRecord[];
  readonly summary: RespondSummaryRecord;
  /** Of the responder. */
  readonly warnings: readonly string[];
  /** Packets that each end sent. */
  readonly sent: Readonly<Record<'local' | 'remote', readonly Packet[]>>;
}

export const LOCAL = address('192.0.2.1');
export const REMOTE = address('198.51.100.7');
const TOKEN = 'a token of the test';

/** Runs `probe --responder` against `respond`, each on its own machine. */
export async function runTwoEnds(plan: TwoEndsPlan = {}): Promise<TwoEndsOutcome> {
  const { forward, reverse, skewMs, seed, responderToken = TOKEN, listenPorts = '443,8443', control, ...asked } = plan;
  const boxes = { ...(forward && { forward }), ...(reverse && { reverse }) };
  const clocks = { ...(skewMs !== undefined && { skewMs }), ...(seed !== undefined && { seed }) };
  const machines = new TwoMachines({ addresses: [LOCAL, REMOTE], ...boxes, ...clocks });
  const stop = new AbortController();
  const warnings: string[] = [];
  const listening = {
    listenPorts,
    token: responderToken,
    signal: stop.signal,
    onWarning: (line: string) => void warnings.push(line),
  };
  const target = formatAddress(REMOTE);
  const where = control === undefined ? {} : { control: `${target}:${control}` };
  const asking = { ports: '443', ...asked, ...where, targets: [target], responder: true, token: TOKEN };
  const responding = recordsOf(respondInBatches(listening, machines.remote));
  const probed = await recordsOf(probeInBatches(asking, machines.local));
  stop.abort();
  const responded = await responding;
  return {
    ports: ofType(probed, 'port')
      .map(withResponder)
      .toSorted((a, b) => a.port - b.port),
    attempts: ofType(responded, 'attempt'),
    summary: onlyOne(responded, 'summary'),
    warnings,
    sent: { local: machines.local.sent, remote: machines.remote.sent },
  };
}

async function recordsOf<R extends object>(batches: AsyncIterable<readonly R[]>): Promise<readonly R[]> {
  const records: R[] = [];
  for await (const batch of batches) records.push(...batch);
  conform(records);
  return records;
}

function withResponder(record: PortRecord): PortEnds {
  const { responder } = record;
  if (responder === undefined) throw new Error(`port ${record.port} without a responder`);
  return { ...record, responder };
}

/** `code:option direction certainty`. */
export function inWords({ findings }: { readonly findings: readonly Finding[] }): readonly string[] {
  return findings.map(
    ({ code, option, direction, certainty }) => `${code}${option === null ? '' : `:${option}`} ${direction} ${certainty}`,
  );
}
