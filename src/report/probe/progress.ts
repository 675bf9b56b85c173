/** How far a run is, as `onProgress` tells it. */
export interface ProgressValues {
  readonly elapsedMs: number;
  readonly pairsDone: number;
  readonly pairsTotal: number;
  readonly open: number;
  readonly probesSent: number;
}

interface Shown {
  done: number;
  percent: number;
  open: number;
  remainingSeconds: number;
  rate: number;
  last: ProgressValues | null;
}

const QUIET_MS = 1000;
/** With less than this share of the work done, the remaining time is not shown. */
const EARLIEST_ESTIMATE = 0.03;
/** Remaining times are estimated this much too long rather than too short. */
const CAUTION = 1.1;
const BAR_WIDTH = 20;

/** A line of progress, at most `columns` wide; null in the first second. No value shown goes back. */
export function createProgress(): (values: ProgressValues, columns: number) => string | null {
  const shown: Shown = { done: 0, percent: 0, open: 0, remainingSeconds: Infinity, rate: 0, last: null };
  return (values, columns) => {
    if (values.elapsedMs < QUIET_MS || values.pairsTotal === 0) return null;
    advance(shown, values);
    return fit(shown, values.pairsTotal, columns);
  };
}

function advance(shown: Shown, values: ProgressValues): void {
  shown.done = Math.max(shown.done, Math.min(values.pairsDone, values.pairsTotal));
  shown.open = Math.max(shown.open, values.open);
  const share = shown.done / values.pairsTotal;
  shown.percent = Math.max(shown.percent, Math.floor(share * 100));
  shown.rate = currentRate(shown, values);
  shown.last = values;
  if (share < EARLIEST_ESTIMATE) return;
  const estimate = Math.ceil(((values.elapsedMs / share) * (1 - share) * CAUTION) / 1000);
  shown.remainingSeconds = Math.min(shown.remainingSeconds, share === 1 ? 0 : Math.max(1, estimate));
}

/** SYNs per second since the last call, smoothed over a few calls. */
function currentRate(shown: Shown, values: ProgressValues): number {
  const { last } = shown;
  if (last === null) return (values.probesSent * 1000) / values.elapsedMs;
  const elapsedMs = values.elapsedMs - last.elapsedMs;
  if (elapsedMs <= 0) return shown.rate;
  return shown.rate * 0.7 + 0.3 * Math.max(0, ((values.probesSent - last.probesSent) * 1000) / elapsedMs);
}

/** As many parts as fit the line; those of high rank are left out first. */
function fit(shown: Shown, total: number, columns: number): string {
  const filled = Math.floor((shown.percent * BAR_WIDTH) / 100);
  const parts = [
    { rank: 4, text: `[${'='.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}]` },
    { rank: 0, text: `${shown.percent}%`.padStart(4) },
    { rank: 3, text: `${shown.done}/${total} ports` },
    { rank: 1, text: `${shown.open} open` },
    { rank: 5, text: `${Math.round(shown.rate)} SYN/s` },
    { rank: 2, text: Number.isFinite(shown.remainingSeconds) ? `ETA ${formatClock(shown.remainingSeconds)}` : '' },
  ].filter(({ text }) => text !== '');
  for (let most = 5; most > 0; most--) {
    const line = parts.flatMap(({ rank, text }) => (rank <= most ? text : [])).join('  ');
    if (line.length <= columns) return line;
  }
  return `${shown.percent}%`.slice(0, Math.max(0, columns));
}

function formatClock(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
