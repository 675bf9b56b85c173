import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { Connection } from '../connection/connection.ts';
import type { Stage } from '../connection/stage.ts';
import type { GaugeReading, SegmentGauge } from './segment-gauge.ts';

/** Time allowed for the first byte of a reply. */
const FIRST_BYTE_TIMEOUT: Nanos = 1500 * NANOS_PER_MS;
/** Time allowed for more bytes once everything was acknowledged: only what Nagle held back can still come. */
const MORE_TIMEOUT: Nanos = 60 * NANOS_PER_MS;
/**
 * Time allowed for a retransmission: stacks send it 200 to 300 ms after a round trip, and double that each
 * time.
 */
const RETRANSMISSION_TIMEOUT: Nanos = 1200 * NANOS_PER_MS;
/** Time allowed for the whole measurement, beyond its round trips. */
const TOTAL_TIMEOUT: Nanos = 2500 * NANOS_PER_MS;
const ROUND_TRIPS = 10;

/** Shared by the connections to one port: a server may serve one after the other. */
export interface PortActivity {
  /** When any of them last received something new or acknowledged something. */
  lastAt: Nanos;
}

/**
 * Sends `request` (null for none), withholds acknowledgments and lets `gauge` measure the reply, until a
 * full segment is known or the reply proves too short. The connection itself must acknowledge nothing but
 * the handshake.
 */
export function measured(request: Uint8Array | null, gauge: SegmentGauge, activity: PortActivity): Stage {
  let begunAt: Nanos | null = null;
  let progressAt: Nanos = 0;
  let end = 1;
  return (connection, now) => {
    if (begunAt === null) {
      begunAt = now;
      progressAt = now;
      if (request !== null) connection.write(request);
    }
    const reading = gauge.read(connection);
    if (reading.size.full !== null || connection.state === 'CLOSED') return null;
    if (reading.end > end || reading.shortSegment > 0) progressAt = now;
    end = reading.end;
    activity.lastAt = Math.max(activity.lastAt, progressAt);
    acknowledge(connection, reading, now);
    const allowed = timeAllowed(connection, gauge.read(connection));
    const until = Math.min(allowed + (end === 1 ? activity.lastAt : progressAt), begunAt + TOTAL_TIMEOUT);
    const due = until + ROUND_TRIPS * connection.pace.srtt;
    return now >= due ? null : due;
  };
}

/** How long to wait for more of the reply, from the last progress on; -Infinity when it is complete. */
function timeAllowed({ received }: Connection, { end, acknowledged }: GaugeReading): Nanos {
  const allAcknowledged = end <= acknowledged;
  if (allAcknowledged && received.isFinished) return -Infinity;
  if (end === 1) return FIRST_BYTE_TIMEOUT;
  return allAcknowledged ? MORE_TIMEOUT : RETRANSMISSION_TIMEOUT;
}

/** Acknowledges a segment that is known to be a short write, so that the peer retransmits what follows it. */
function acknowledge(connection: Connection, { acknowledged, shortSegment, repeatsOld }: GaugeReading, now: Nanos): void {
  if (shortSegment > 0) connection.acknowledge(now, acknowledged + shortSegment);
  else if (repeatsOld) connection.acknowledge(now, acknowledged);
}
