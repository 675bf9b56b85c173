import { wantsQuotes } from '../../analysis/mss/follow-ups.ts';
import { type MssEvidence, mssEvidence } from '../../analysis/mss/mss-evidence.ts';
import type { QuoteEvidence } from '../../analysis/mss/quote-evidence.ts';
import type { ConnectionPlan } from '../../probe/connection/connection-session.ts';
import { portVerdict, type PortVerdict } from '../../probe/handshake/port-verdict.ts';
import type { PortMeasurement, Trial } from '../../probe/mss/port-measurement.ts';
import { mssFor } from '../../probe/craft/profiles.ts';
import type { PortState } from '../../probe/verdict.ts';
import type { MssExpectations } from './expectations.ts';
import { mssRecordOf } from './build.ts';
import type { PairName } from '../records.ts';
import type { MssRecord } from './records.ts';
import { errnoName } from '../../transport/errno.ts';
import type { Source } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';

/** One port and the route to it. */
export interface MssAim {
  readonly name: PairName;
  readonly address: Address;
  readonly source: Source;
}

/** Where records go, and what they are judged by. */
export interface MssRecorderOptions {
  readonly expectations: MssExpectations | null;
  /** Traces a port; `onQuote` learns what routers quoted. */
  readonly trace: (aim: MssAim, onQuote: (quote: QuoteEvidence | null) => void) => void;
  /** `connections`: how many were made for it. */
  readonly emit: (record: MssRecord, connections: number) => void;
}

interface Open {
  readonly aim: MssAim;
  readonly measurement: PortMeasurement;
}

/** Of several connections to one port the best answer counts. */
const RANK: Readonly<Record<PortState, number>> = { open: 0, closed: 1, filtered: 2, error: 3 };

/** Turns measurements into records, once they and their traces are over, or when the run ends. */
export class MssRecorder {
  readonly #options: MssRecorderOptions;
  readonly #open: Set<Open> = new Set();

  constructor(options: MssRecorderOptions) {
    this.#options = options;
  }

  /**
   * The connections of a measurement. Its record follows when they, and its trace if there is one, are
   * over.
   */
  *follow(aim: MssAim, measurement: PortMeasurement): ConnectionPlan {
    const open = { aim, measurement };
    this.#open.add(open);
    yield* measurement.connections();
    this.#measured(open);
  }

  /** A port of a target without a route. */
  unreachable(name: PairName, errno: number): void {
    const verdict: PortVerdict = { state: 'error', reason: `send-error:${errnoName(errno)}` };
    this.#options.emit(mssRecordOf(name, verdict, mssEvidence([], 0), this.#options.expectations), 0);
  }

  /** Emits the records of all ports, whether their measurement is over or not. */
  end(): void {
    for (const open of this.#open) this.#release(open, null);
  }

  /**
   * Behind a port that does not answer quotes end before a filter, and say nothing of an MSS that matters.
   */
  #measured(open: Open): void {
    const { state } = bestVerdict(open.measurement.trials);
    if ((state === 'open' || state === 'closed') && wantsQuotes(evidenceOf(open)))
      this.#options.trace(open.aim, (quote) => this.#release(open, quote));
    else this.#release(open, null);
  }

  #release(open: Open, quote: QuoteEvidence | null): void {
    if (!this.#open.delete(open)) return;
    const { trials } = open.measurement;
    const { expectations, emit } = this.#options;
    const evidence = { ...evidenceOf(open), quote };
    emit(mssRecordOf(open.aim.name, bestVerdict(trials), evidence, expectations), trials.length);
  }
}

function evidenceOf({ aim, measurement }: Open): MssEvidence {
  return mssEvidence(measurement.trials, mssFor(aim.source));
}

function bestVerdict(trials: readonly Trial[]): PortVerdict {
  const verdicts = trials.map(({ connection }) => portVerdict(connection));
  const [best = { state: 'filtered', reason: 'no-response' }] = verdicts.toSorted((a, b) => RANK[a.state] - RANK[b.state]);
  return best;
}
