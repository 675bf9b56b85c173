import type { Rtt } from './records.ts';

/**
 * Three significant digits: a round trip is not known better. No capture clock is finer than a microsecond.
 */
function unitFor(ms: number): readonly [name: string, perMs: number, digits: number] {
  if (Math.round(ms * 1000) < 1000) return ['us', 1000, 0];
  if (ms < 9.995) return ['ms', 1, 2];
  if (ms < 99.95) return ['ms', 1, 1];
  if (ms < 9999.5) return ['ms', 1, 0];
  return ['s', 0.001, 1];
}

/** `<1 us`, `212 us`, `1.24 ms`, `12.4 ms`, `124 ms`, `12.4 s`. */
export function formatMs(ms: number): string {
  return ms > 0 && ms < 0.0005 ? '<1 us' : formatMany([ms], '');
}

/** `102-410 us`: two bounds in the unit of the larger one, one figure when they look the same. */
export function formatMsRange(min: number, max: number): string {
  const text = formatMany([min, max], '-');
  return /^(\S+)-\1 /.test(text) ? formatMs(max) : text;
}

/** One sample as it is, several as `min/avg/max`, none as an empty text. */
export function formatRtt(rtt: Rtt): string {
  if (rtt.min === null || rtt.avg === null || rtt.max === null) return '';
  return rtt.samples > 1 ? formatMany([rtt.min, rtt.avg, rtt.max], '/') : formatMs(rtt.avg);
}

/** Up to three samples side by side, of more `min-max`; empty without any. */
export function formatRttSamples(samples: readonly number[]): string {
  if (samples.length === 0) return '';
  return samples.length <= 3 ? formatMany(samples, '/') : formatMsRange(Math.min(...samples), Math.max(...samples));
}

/** All in the unit of the largest; each in its own where the smallest would keep less than two digits. */
function formatMany(values: readonly number[], separator: string): string {
  const [unit, perMs, digits] = unitFor(Math.max(...values));
  const smallest = Math.min(...values);
  const isCoarse = Math.round(smallest * perMs * 10 ** digits) < 10;
  if (isCoarse && unitFor(smallest)[0] !== unit) return values.map(formatMs).join(separator);
  return `${values.map((ms) => (ms * perMs).toFixed(digits)).join(separator)} ${unit}`;
}

/** How long a run took: `85 ms`, `1.2 s`, `2 min 5 s`, `3 h 12 min`. */
export function formatElapsed(ms: number): string {
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
