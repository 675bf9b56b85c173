import type { Nanos } from '../../wire/numbers.ts';
import { acknowledgeFirst, acknowledgeNothing } from '../connection/ack-policy.ts';
import type { ConnectionScript, Connection } from '../connection/connection.ts';
import type { ConnectionRequest, ConnectionPlan } from '../connection/connection-session.ts';
import { answered, established, inStages, type Stage } from '../connection/stage.ts';
import { measured, type PortActivity } from './measured.ts';
import { DEFAULT_MSS } from '../connection/agreement.ts';
import type { Offer } from './offers.ts';
import { SegmentGauge } from './segment-gauge.ts';

/**
 * Why a connection is made: to offer a value, to see what the host advertises once it has sent full segments,
 * or without timestamps, or what a second MSS option does: devices rewrite the first, hosts go by the second.
 */
export type Purpose = 'offered' | 'again' | 'without-timestamps' | 'offered-twice';

/** A connection to make. */
export interface Attempt {
  readonly purpose: Purpose;
  readonly offer: Offer;
}

/** A connection that was made, and what it has shown so far. */
export interface Trial extends Attempt {
  readonly connection: Connection;
  readonly gauge: Pick<SegmentGauge, 'size'>;
}

/** What to find out about one port. */
export interface MeasurementPlan {
  readonly offers: readonly Offer[];
  readonly makeSyn: (attempt: Attempt) => Uint8Array;
  /** The request for data; null to wait for a banner. */
  readonly request: Uint8Array | null;
  readonly initialRto: Nanos;
  readonly retries: number;
  /** What to try next in view of the results; called until it returns nothing. */
  readonly followUps: (trials: readonly Trial[]) => readonly Attempt[];
}

/** Receive window in bytes: half of it bounds Linux's segments (tcp_bound_to_half_wnd), and must not here. */
const WINDOW = 1 << 18;

/** Measures one port. `trials` has the results at any time, also when the run is cut short. */
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

  /** Records a connection at its first poll, so that one that is cut short counts too. */
  #noting(attempt: Attempt, gauge: SegmentGauge, script: ConnectionScript): ConnectionScript {
    let isKnown = false;
    return (connection, now) => {
      if (!isKnown) this.#trials.push({ ...attempt, connection, gauge });
      isKnown = true;
      return script(connection, now);
    };
  }
}
