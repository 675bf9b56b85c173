import { createJsonReporter } from './json.ts';
import type { ProbeSummary } from '../records/records.ts';
import type { Reporter, ReportStyle } from './reporter.ts';
import { createTableReporter, hasManyTargets } from './probe/table.ts';

/** What `--format` accepts. */
export type FormatName = 'table' | 'json';

interface Format {
  /** In the words of the help. */
  readonly description: string;
  readonly create: (style: ReportStyle) => Reporter;
  /** Whether a report of open ports alone, of a run of that size, needs no records of others. The head of a target's block counts them. */
  readonly needsOpenAlone: (run: Pick<ProbeSummary, 'targets' | 'ports'>) => boolean;
}

/** Every format: how its reporter is made, and what it is. */
export const FORMATS: Readonly<Record<FormatName, Format>> = {
  table: { description: 'for reading', create: createTableReporter, needsOpenAlone: hasManyTargets },
  json: { description: 'JSON Lines, one record a line', create: createJsonReporter, needsOpenAlone: () => true },
};
