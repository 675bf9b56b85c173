import type { SessionStats } from '../../probe/scan/session-plan.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { PreparedRun } from './prepare.ts';

const INTERVAL_MS = 100;

/** Calls `onProgress`, where there is one, at most ten times a second; to be called on each turn of the loop. */
export function progressTeller(
  { options: { onProgress }, order }: PreparedRun,
  statsNow: () => Pick<SessionStats, 'pairsDone' | 'open' | 'probesSent'>,
): (now: Nanos) => void {
  if (onProgress === undefined) return () => undefined;
  let last = 0;
  return (now) => {
    const elapsedMs = now / NANOS_PER_MS;
    if (elapsedMs - last < INTERVAL_MS) return;
    last = elapsedMs;
    const { pairsDone, open, probesSent } = statsNow();
    onProgress({ elapsedMs, pairsDone, pairsTotal: order.length, open, probesSent });
  };
}
