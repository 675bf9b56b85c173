import { quoteEvidence } from '../../analysis/mss/quote-evidence.ts';
import type { DrivenSession } from '../../probe/session/driven-session.ts';
import { HalfOpenResets } from '../../probe/session/half-open-resets.ts';
import { PathSession, type TraceJob } from '../../probe/path/path-session.ts';
import { mssFor } from '../../probe/craft/profiles.ts';
import type { SynSpec } from '../../probe/craft/syn-spec.ts';
import type { TraceResult } from '../../probe/path/path-probe.ts';
import type { Routes } from '../../transport/transport.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import type { MssRecorderOptions } from '../../records/mss/recorder.ts';
import { craftOffer } from './prepare-mss.ts';

/** Two for a trace, should an older connection hold the tuple of the first, and one for control flows. */
export const TRACE_PORTS = 3;
const MOST_HOPS = 30;
/** Silent hops are given up soon: what matters is what the others quote. */
const PATIENCE = { samples: 1, attempts: 2 } as const;
const TIMEOUT_MS = 500;

/** Traces of the SYN that an ordinary connection would send, for ports where its quotes are worth having. */
interface MssTraces {
  /** What the loop must drive. */
  readonly sessions: readonly DrivenSession[];
  readonly probesSent: () => number;
  /** Traces one port and calls back once, when it is over; with null where routers quoted nothing of use. */
  readonly add: MssRecorderOptions['trace'];
}

/** `sourcePorts`: their resets are suppressed, and no connection of the run uses them. */
export function openMssTraces(
  spec: SynSpec,
  routes: Pick<Routes, 'isLocal' | 'isUnresolved'>,
  sourcePorts: readonly number[],
  key: Uint32Array,
): MssTraces {
  const waiting = new Map<TraceJob, (result: TraceResult) => void>();
  const session = new PathSession({
    jobs: [],
    controlPort: sourcePorts.at(-1) as number,
    isLocal: (address) => routes.isLocal(address),
    isUnresolved: (address) => routes.isUnresolved(address),
    key,
    firstTtl: 1,
    maxTtl: MOST_HOPS,
    probesPerHop: PATIENCE,
    timeoutMs: TIMEOUT_MS,
    onResult: (result, job) => {
      waiting.get(job)?.(result);
      waiting.delete(job);
      return [];
    },
  });
  const add: MssTraces['add'] = ({ name, address, source }, onQuote) => {
    // There is no hop before an address of this host.
    if (routes.isLocal(address)) return onQuote(null);
    const sent = mssFor(source);
    const craft = (ttl: number): SynTemplate =>
      craftOffer({ spec: { ...spec, ttl } }, source, { purpose: 'offered', offer: sent });
    const job: TraceJob = {
      source: source.address,
      target: address,
      port: name.port,
      sourcePorts: sourcePorts.slice(0, -1),
      craft,
      craftControl: craft,
      payloadLength: 0,
      awaitsArp: false,
    };
    waiting.set(job, (result) => onQuote(quoteEvidence(result, sent)));
    session.add(job);
  };
  return { sessions: [session, new HalfOpenResets(sourcePorts)], probesSent: () => session.stats.probesSent, add };
}
