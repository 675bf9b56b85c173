import type { PortState } from '../probe/verdict.ts';
import type { Paint } from './text/paint.ts';

/** How many ports ended in each state. */
export type StateCounts = Readonly<Record<PortState, number>>;

/** `3 open, 996 closed, 1 filtered`: open always, the others where there are any. */
export function formatCounts(counts: StateCounts, paint: Paint): string {
  const states: readonly PortState[] = ['open', 'closed', 'filtered', 'error'];
  return states
    .filter((state) => state === 'open' || counts[state] > 0)
    .map((state) => (counts[state] === 0 ? `0 ${state}` : paint(state, `${counts[state]} ${state}`)))
    .join(', ');
}

/** `1 target`, `2 targets`, `2 replies`. */
export function plural(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;
}
