import { portVerdict, type PortVerdict } from '../probe/handshake/port-verdict.ts';
import { mssEvidence } from '../analysis/mss/mss-evidence.ts';
import type { PortMeasurement, Trial } from '../probe/mss/port-measurement.ts';
import type { PortState } from '../probe/verdict.ts';
import type { MssExpectations } from '../report/mss-expectations.ts';
import { type MssPort, mssRecordOf } from '../report/mss-record.ts';
import type { MssRecord } from '../report/mss-records.ts';
import { errnoName } from '../transport/errno.ts';

/** Where records go, and what they are judged by. */
export interface MssRecorderOptions {
  readonly expectations: MssExpectations | null;
  /** `connections`: how many were made for it. */
  readonly emit: (record: MssRecord, connections: number) => void;
}

interface Open {
  readonly name: MssPort;
  readonly natural: number;
  readonly measurement: PortMeasurement;
}

/** Of several connections to one port the best answer counts. */
const RANK: Readonly<Record<PortState, number>> = { open: 0, closed: 1, filtered: 2, error: 3 };

/** Turns measurements into records, once they are over or when the run ends. */
export class MssRecorder {
  readonly #options: MssRecorderOptions;
  readonly #open: Set<Open> = new Set();

  constructor(options: MssRecorderOptions) {
    this.#options = options;
  }

  /** A measurement begins; call the result when it is over. `natural`: the MSS that fills a packet of the interface. */
  begin(name: MssPort, natural: number, measurement: PortMeasurement): () => void {
    const open = { name, natural, measurement };
    this.#open.add(open);
    return () => this.#release(open);
  }

  /** A port that this host has no way to. */
  unreachable(name: MssPort, errno: number): void {
    const verdict: PortVerdict = { state: 'error', reason: `send-error:${errnoName(errno)}` };
    this.#options.emit(mssRecordOf(name, verdict, mssEvidence([], 0), this.#options.expectations), 0);
  }

  /** Lets go of everything, over or not. */
  end(): void {
    for (const open of this.#open) this.#release(open);
  }

  #release(open: Open): void {
    if (!this.#open.delete(open)) return;
    const { trials } = open.measurement;
    const { expectations, emit } = this.#options;
    emit(mssRecordOf(open.name, bestVerdict(trials), mssEvidence(trials, open.natural), expectations), trials.length);
  }
}

function bestVerdict(trials: readonly Trial[]): PortVerdict {
  const verdicts = trials.map(({ connection }) => portVerdict(connection));
  const [best = { state: 'filtered', reason: 'no-response' }] = verdicts.toSorted((a, b) => RANK[a.state] - RANK[b.state]);
  return best;
}
