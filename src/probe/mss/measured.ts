import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { Connection } from '../connection/connection.ts';
import type { Stage } from '../connection/stage.ts';
import type { SegmentGauge } from './segment-gauge.ts';

/** How long the first byte of a reply is waited for. */
const REPLY_PATIENCE: Nanos = 1500 * NANOS_PER_MS;
/** How long more bytes are waited for once all that came were acknowledged: only what Nagle held back is still to come. */
const MORE_PATIENCE: Nanos = 60 * NANOS_PER_MS;
/** How long a repetition is waited for. Stacks repeat after 200 to 300 ms beyond a round trip, and twice as late the next time. */
const REPETITION_PATIENCE: Nanos = 1200 * NANOS_PER_MS;
/** For everything together, beyond what round trips take. */
const PATIENCE: Nanos = 2500 * NANOS_PER_MS;
const ROUND_TRIPS = 10;

/** What connections to one port know of each other. */
export interface Siblings {
  /** When any of them heard or did something last. A server may serve one after the other. */
  activeAt: Nanos;
}

/**
 * Says `request` (null for nothing), withholds acknowledgements and lets `gauge` measure what comes: until a full segment is known, or until the reply turns
 * out to be too short. The connection must acknowledge nothing but the handshake by itself.
 */
export function measured(request: Uint8Array | null, gauge: SegmentGauge, siblings: Siblings): Stage {
  const measurement = new Measurement(gauge, siblings);
  return (connection, now) => {
    if (measurement.begin(now) && request !== null) connection.write(request);
    gauge.read(connection);
    if (gauge.size.full !== null || connection.state === 'CLOSED') return null;
    measurement.goOn(connection, now);
    const until = measurement.until(connection);
    return now >= until ? null : until;
  };
}

class Measurement {
  readonly #gauge: SegmentGauge;
  readonly #siblings: Siblings;
  #begun: Nanos | null = null;
  /** When something new came last, or was acknowledged. */
  #since: Nanos = 0;
  #end = 1;

  constructor(gauge: SegmentGauge, siblings: Siblings) {
    this.#gauge = gauge;
    this.#siblings = siblings;
  }

  /** True the first time. */
  begin(now: Nanos): boolean {
    if (this.#begun !== null) return false;
    this.#begun = now;
    this.#since = now;
    return true;
  }

  /** Acknowledges what is known to be a short write, so that the peer repeats what stands behind it. */
  goOn(connection: Connection, now: Nanos): void {
    const gauge = this.#gauge;
    const { shortSegment, end } = gauge;
    if (end > this.#end || shortSegment > 0) this.#since = now;
    this.#end = end;
    this.#siblings.activeAt = Math.max(this.#siblings.activeAt, this.#since);
    if (shortSegment > 0) connection.acknowledge(now, gauge.told + shortSegment);
    else if (gauge.takeRepeatsOld()) connection.acknowledge(now, gauge.told);
    gauge.read(connection);
  }

  /** When to give up. */
  until({ received, pace }: Connection): Nanos {
    const isEverythingAcknowledged = this.#end <= this.#gauge.told;
    if (isEverythingAcknowledged && received.isFinished) return 0;
    const more = this.#since + (isEverythingAcknowledged ? MORE_PATIENCE : REPETITION_PATIENCE);
    const enough = this.#end === 1 ? this.#siblings.activeAt + REPLY_PATIENCE : more;
    return ROUND_TRIPS * pace.srtt + Math.min(enough, (this.#begun ?? 0) + PATIENCE);
  }
}
