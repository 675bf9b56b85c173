import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { Stage } from '../connection/stage.ts';
import type { SegmentGauge } from './segment-gauge.ts';

/** How long the first byte of a reply is waited for. */
const REPLY_PATIENCE: Nanos = 1500 * NANOS_PER_MS;
/** How long more bytes are waited for once all that came were acknowledged. */
const MORE_PATIENCE: Nanos = 300 * NANOS_PER_MS;
/** How long a repetition is waited for. Stacks repeat after 200 to 300 ms beyond a round trip, and twice as late the next time. */
const REPETITION_PATIENCE: Nanos = 1200 * NANOS_PER_MS;
/** For everything together, beyond what round trips take. */
const PATIENCE: Nanos = 2200 * NANOS_PER_MS;
const ROUND_TRIPS = 10;

/**
 * Says `request` (null for nothing), withholds acknowledgements and lets `gauge` measure what comes: until a full segment is known, or until the reply turns
 * out to be too short. The connection must acknowledge nothing but the handshake by itself.
 */
export function measured(request: Uint8Array | null, gauge: SegmentGauge): Stage {
  let begun: Nanos | null = null;
  let since: Nanos = 0;
  let bytes = 0;
  let told = 1;
  return (connection, now) => {
    if (begun === null) {
      if (request !== null) connection.write(request);
      since = now;
    }
    begun ??= now;
    gauge.read(connection);
    const { size, shortSegment } = gauge;
    if (size.full !== null || connection.state === 'CLOSED') return null;
    if (size.bytes > bytes) since = now;
    bytes = size.bytes;
    if (shortSegment > 0) {
      told = connection.told + shortSegment;
      connection.acknowledge(now, told);
      gauge.acknowledged();
      since = now;
    } else if (gauge.takeRepeatsOld()) connection.acknowledge(now, told);
    const isOver = connection.received.isFinished && bytes < told;
    const allowance = ROUND_TRIPS * connection.pace.srtt;
    const until = Math.min(since + patience(bytes, told) + allowance, begun + PATIENCE + allowance);
    return isOver || now >= until ? null : until;
  };
}

function patience(bytes: number, told: number): Nanos {
  if (bytes === 0) return REPLY_PATIENCE;
  return bytes < told ? MORE_PATIENCE : REPETITION_PATIENCE;
}
