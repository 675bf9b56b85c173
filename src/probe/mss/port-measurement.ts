import type { Nanos } from '../../wire/numbers.ts';
import { acknowledgeFirst, acknowledgeNothing } from '../connection/ack-policy.ts';
import type { ConnectionScript, Connection } from '../connection/connection.ts';
import type { ConnectionRequest, ConnectionPlan } from '../connection/connection-session.ts';
import { answered, established, inStages, type Stage } from '../connection/stage.ts';
import { measured, type PortActivity } from './measured.ts';
import { DEFAULT_MSS, type Offer } from './offers.ts';
import { SegmentGauge, type SegmentSize } from './segment-gauge.ts';

/** Why a connection is made. */
export type Purpose =
  /** One of the values that were to be offered. */
  | 'offered'
  /** Only to see what the host advertises now that it has sent full segments. */
  | 'again'
  /** Only to see its SYN-ACK without timestamps. */
  | 'without-timestamps'
  /** The SYN has its MSS option twice: who rewrites the first leaves the second, which hosts go by. */
  | 'offered-twice';

/** A connection to be made. */
export interface Attempt {
  readonly purpose: Purpose;
  readonly offer: Offer;
}

/** A connection that was made. */
export interface Trial extends Attempt {
  readonly connection: Connection;
  /** What it has shown so far. */
  readonly size: SegmentSize;
}

/** What is to be found out about one port. */
export interface MeasurementPlan {
  readonly offers: readonly Offer[];
  readonly makeSyn: (attempt: Attempt) => Uint8Array;
  /** What is asked for data; null to wait for a banner. */
  readonly request: Uint8Array | null;
  readonly initialRto: Nanos;
  readonly retries: number;
  /** What else is to be tried in view of what has been found; asked until it wants nothing more. */
  readonly followUps: (trials: readonly Trial[]) => readonly Attempt[];
}

/** Receive window in bytes: the host's segments must not be bounded by half of it (Linux, tcp_bound_to_half_wnd). */
const WINDOW = 1 << 18;

/** Measures one port; what was found stands in `trials` at any time, also when the run is cut short. */
export class PortMeasurement {
  readonly #plan: MeasurementPlan;
  readonly #trials: Trial[] = [];
  readonly #activity: PortActivity = { lastAt: 0 };

  constructor(plan: MeasurementPlan) {
    this.#plan = plan;
  }

  /** In the order in which they were made. */
  get trials(): readonly Trial[] {
    return this.#trials;
  }

  /** The connections: all offers side by side, then what their answers call for. */
  *connections(): ConnectionPlan {
    yield this.#plan.offers.map((offer) => this.#request({ purpose: 'offered', offer }));
    for (let more = this.#plan.followUps(this.#trials); more.length > 0; more = this.#plan.followUps(this.#trials))
      yield more.map((attempt) => this.#request(attempt));
  }

  #request(attempt: Attempt): ConnectionRequest {
    const { makeSyn, initialRto, retries, request } = this.#plan;
    const hasData = attempt.purpose === 'offered' || attempt.purpose === 'offered-twice';
    const gauge = new SegmentGauge(attempt.offer ?? DEFAULT_MSS);
    const stages: readonly Stage[] = hasData ? [established, measured(request, gauge, this.#activity)] : [answered];
    return {
      syn: makeSyn(attempt),
      script: this.#noting(attempt, gauge, inStages(stages)),
      acknowledge: hasData ? acknowledgeFirst(0) : acknowledgeNothing,
      initialRto,
      retries,
      window: WINDOW,
    };
  }

  /** A connection counts from its first poll on, so that one that is cut short is known too. */
  #noting(attempt: Attempt, gauge: SegmentGauge, script: ConnectionScript): ConnectionScript {
    let isKnown = false;
    return (connection, now) => {
      if (!isKnown) {
        const trial = {
          ...attempt,
          connection,
          get size(): SegmentSize {
            return gauge.size;
          },
        };
        this.#trials.push(trial);
      }
      isKnown = true;
      return script(connection, now);
    };
  }
}
