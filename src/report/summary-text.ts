import type { PortState } from '../probe/verdict.ts';
import { type Paint, PLAIN } from './text/paint.ts';
import type { RunRecord, SummaryRecord } from '../records/records.ts';
import { formatElapsed } from '../records/duration-text.ts';
import { joinFacts, type Page, sentenceLines } from './text/page.ts';

/** The run in a sentence, wrapped to `columns`; `run` tells by which clock it was timed. */
export function summaryLines(summary: SummaryRecord, run: RunRecord | null, page: Pick<Page, 'columns' | 'paint'>): string[] {
  const each = summary.targets > 1 && summary.ports > 0 ? ' each' : '';
  const counts = formatCounts(summary, PLAIN) + unjudged(summary, run);
  const start = `${plural(summary.targets, 'target')}, ${plural(summary.ports, 'port')}${each}: ${counts}`;
  const facts = joinFacts([
    `${start} in ${formatElapsed(summary.durationMs)}; ${plural(summary.probesSent, 'SYN')} sent`,
    run === null ? '' : `clock: ${run.clock}`,
    summary.repliesRejected > 0 ? `${plural(summary.repliesRejected, 'reply')} not believed` : '',
    summary.kernelDrops !== null && summary.kernelDrops > 0
      ? `${plural(summary.kernelDrops, 'packet')} dropped before capture`
      : '',
  ]);
  return endLines(summary, facts, page);
}

/** The last sentence of a report, which says when the run was interrupted. */
export function endLines(
  { interrupted }: { readonly interrupted: boolean },
  facts: string,
  page: Pick<Page, 'columns' | 'paint'>,
): string[] {
  return interrupted ? sentenceLines('error', `interrupted: ${facts}`, page) : sentenceLines('faint', facts, page);
}

function unjudged(summary: SummaryRecord, run: RunRecord | null): string {
  return summary.interrupted && run?.probe.shard === null ? `, ${unjudgedPorts(summary)} not judged` : '';
}

/** How many ports of all targets have no verdict. */
export function unjudgedPorts({ targets, ports, open, closed, filtered, error }: SummaryRecord): number {
  return targets * ports - open - closed - filtered - error;
}

/** `3 open, 996 closed, 1 filtered`: open always, the others where there are any. */
export function formatCounts(counts: Readonly<Record<PortState, number>>, paint: Paint): string {
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
