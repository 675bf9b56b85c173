import { judgeTarget, type Guard } from '../../src/analysis/firewall/judge-target.ts';
import type { Network } from '../network/network.ts';
import { SimulatedRoutes } from '../network/simulated-routes.ts';
import { SimulatedTransport } from '../network/simulated-transport.ts';
import type { FirewallStats, TargetEvidence } from '../../src/probe/firewall/firewall-plan.ts';
import { FirewallSession } from '../../src/probe/firewall/firewall-session.ts';
import { parsePorts } from '../../src/probe/targets/ports.ts';
import { createTargetSet, parseTarget, targetRanges } from '../../src/probe/targets/targets.ts';
import { runSession } from '../../src/run/loop/loop.ts';
import { readSpec, readTiming } from '../../src/run/options/read-options.ts';
import type { TransportFault } from '../../src/transport/transport.ts';
import { NANOS_PER_MS } from '../../src/wire/numbers.ts';

/** What is asked of a network; everything else is as `firewall` does it by default. */
export interface GuardAsk {
  readonly targets?: readonly string[];
  readonly ports: string;
  readonly options?: string;
  readonly retries?: number;
  readonly timeout?: number;
  readonly rateLimit?: boolean;
  readonly seed?: number;
  /** Milliseconds after which the run is interrupted. */
  readonly interruptAt?: number;
}

/** A finished run. */
export interface GuardOutcome {
  readonly guards: readonly Guard[];
  readonly targets: readonly TargetEvidence[];
  readonly stats: FirewallStats;
  readonly durationMs: number;
  readonly fault: TransportFault | null;
}

/** Tests the ports of `network` as the command would, without sockets and without waiting. */
export async function guardNetwork(network: Network, ask: GuardAsk): Promise<GuardOutcome> {
  const { seed = 1 } = ask;
  const transport = new SimulatedTransport(network, { seed });
  const pieces = (ask.targets ?? ['198.51.100.7']).map((text) => parseTarget(text));
  const targets: TargetEvidence[] = [];
  const session = new FirewallSession({
    targets: createTargetSet({ ranges: targetRanges(pieces), names: [] }),
    ports: parsePorts(ask.ports),
    routes: new SimulatedRoutes(network.local),
    sourcePorts: Array.from({ length: 128 }, (_, index) => 20_000 + index),
    spec: readSpec(ask.options === undefined ? {} : { options: ask.options }),
    timing: readTiming({
      ...(ask.retries === undefined ? {} : { retries: ask.retries }),
      ...(ask.timeout === undefined ? {} : { timeout: ask.timeout }),
    }),
    key: Uint32Array.of(1, 2, 3, seed),
    searchRate: ask.rateLimit ?? false,
    onTarget: (evidence) => targets.push(evidence),
  });
  const interrupt = new AbortController();
  if (ask.interruptAt !== undefined) transport.at(ask.interruptAt, () => interrupt.abort());
  const fault = await runSession(session, transport, { signal: interrupt.signal, onTurn: () => undefined });
  const durationMs = transport.now() / NANOS_PER_MS;
  await transport.close();
  return { guards: targets.flatMap((evidence) => judgeTarget(evidence)), targets, stats: session.stats, durationMs, fault };
}

/** Findings of a guard as `code:option certainty`. */
export function findingTexts({ findings }: Guard): readonly string[] {
  return findings.map(({ code, option, certainty }) => `${code}${option === null ? '' : `:${option}`} ${certainty}`);
}
