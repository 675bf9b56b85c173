import { type QuoteEvidence, quoteEvidence } from '../../analysis/mss/quote-evidence.ts';
import type { DrivenSession } from '../../probe/session/driven-session.ts';
import { HalfOpenResets } from '../../probe/session/half-open-resets.ts';
import { PathSession, type TraceJob } from '../../probe/path/path-session.ts';
import { mssFor } from '../../probe/craft/profiles.ts';
import type { Routes } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import type { MssAim } from '../../records/mss/recorder.ts';
import { craftOffer, type PreparedMss } from './prepare-mss.ts';

/** Two for a trace, should an older connection hold the tuple of the first, and one for control flows. */
export const TRACE_PORTS = 3;
const MOST_HOPS = 30;
/** Silent hops are given up soon: what matters is what the others quote. */
const PATIENCE = { samples: 1, attempts: 2 } as const;
const TIMEOUT_MS = 500;

/** Takes what routers quoted; null where they quoted nothing of use. */
type QuoteListener = (quote: QuoteEvidence | null) => void;

/** What traces are made with. */
interface TraceMeans {
  readonly routes: Pick<Routes, 'isLocal' | 'isUnresolved'>;
  /** Their resets are suppressed, and no connection of the run uses them. */
  readonly sourcePorts: readonly number[];
  readonly key: Uint32Array;
}

/** Traces of the SYN that an ordinary connection would send, for ports where its quotes are worth having. */
export class MssTraces {
  readonly #run: Pick<PreparedMss, 'spec'>;
  readonly #session: PathSession;
  readonly #resets: HalfOpenResets;
  readonly #sourcePorts: readonly number[];
  readonly #isLocal: (address: Address) => boolean;
  readonly #waiting: Map<TraceJob, { readonly sent: number; readonly onQuote: QuoteListener }> = new Map();

  constructor(run: Pick<PreparedMss, 'spec'>, { routes, sourcePorts, key }: TraceMeans) {
    this.#run = run;
    this.#sourcePorts = sourcePorts;
    this.#isLocal = (address) => routes.isLocal(address);
    this.#resets = new HalfOpenResets(sourcePorts);
    this.#session = new PathSession({
      jobs: [],
      controlPort: sourcePorts.at(-1) as number,
      isLocal: this.#isLocal,
      isUnresolved: (address) => routes.isUnresolved(address),
      key,
      firstTtl: 1,
      maxTtl: MOST_HOPS,
      probesPerHop: PATIENCE,
      timeoutMs: TIMEOUT_MS,
      onResult: (result, job) => {
        const waiting = this.#waiting.get(job);
        this.#waiting.delete(job);
        waiting?.onQuote(quoteEvidence(result, waiting.sent));
        return [];
      },
    });
  }

  /** What the loop must drive. */
  get sessions(): readonly DrivenSession[] {
    return [this.#session, this.#resets];
  }

  /** SYNs sent. */
  get probesSent(): number {
    return this.#session.stats.probesSent;
  }

  /** Traces one port; `onQuote` is called once, when it is over. */
  add({ name, address, source }: MssAim, onQuote: QuoteListener): void {
    // There is no hop before an address of this host.
    if (this.#isLocal(address)) return onQuote(null);
    const sent = mssFor(source);
    const craft = (ttl: number): SynTemplate =>
      craftOffer({ spec: { ...this.#run.spec, ttl } }, source, { purpose: 'offered', offer: sent });
    const job: TraceJob = {
      source: source.address,
      target: address,
      port: name.port,
      sourcePorts: this.#sourcePorts.slice(0, -1),
      craft,
      craftControl: craft,
      payloadLength: 0,
      awaitsArp: false,
    };
    this.#waiting.set(job, { sent, onQuote });
    this.#session.add(job);
  }
}
