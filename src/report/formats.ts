import { createJsonReporter } from './json.ts';
import { createTableReporter } from './table.ts';
import type { Reporter, ReportStyle } from './reporter.ts';

/** What `--format` accepts. */
export type FormatName = 'table' | 'json';

/** Every format: how its reporter is made, and what it is in the words of the help. */
export const FORMATS: Readonly<
  Record<FormatName, { readonly description: string; readonly create: (style: ReportStyle) => Reporter }>
> = {
  table: { description: 'for reading', create: createTableReporter },
  json: { description: 'JSON Lines, one record a line', create: createJsonReporter },
};
