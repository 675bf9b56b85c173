import type { PortRecord } from '../../records/probe/records.ts';
import { type Page, targetName } from '../text/page.ts';
import { type Column, layOut, notesRoom, rowLines, type RowLayout, titleLines } from '../text/row-layout.ts';
import { foldLines, Folds } from './fold.ts';
import { portRow } from './port-row.ts';

/** Widths of the usual content, since rows are written before the next one is known. */
const COLUMNS: readonly Column[] = [
  { title: 'TARGET', leastWidth: 15 },
  { title: ' PORT', leastWidth: 11 },
  { title: 'STATE', leastWidth: 8 },
  { title: 'RTT', leastWidth: 7, right: true },
  { title: 'TTL', leastWidth: 3, right: true },
];

/** Ports named in the line of a fold. */
const MOST_LABELS = 8;

/** Many targets in one table: a row for each open port as soon as it is known, the others folded. */
export class ManyTargetsTable {
  readonly #page: Page;
  readonly #openOnly: boolean;
  readonly #layout: RowLayout;
  readonly #folds: Folds = new Folds(0);
  #titled = false;

  constructor(page: Page, openOnly: boolean) {
    this.#page = page;
    this.#openOnly = openOnly;
    this.#layout = layOut(COLUMNS, [], page.columns);
  }

  /** The lines that `record` makes at once. */
  add(record: PortRecord): string[] {
    if (record.state === 'open' || (this.#page.verbose && !this.#openOnly)) return this.#row(record);
    if (this.#openOnly) return [];
    const fold = this.#folds.add(record);
    if (fold.labels !== null) fold.label(`${record.target}:${record.port}`, MOST_LABELS);
    return [];
  }

  /** The lines of what was folded. */
  end(): string[] {
    return this.#folds.all().flatMap((fold) => foldLines(fold, 1, this.#page));
  }

  #row(record: PortRecord): string[] {
    const { verbose, paint } = this.#page;
    const row = portRow(record, this.#page);
    // One line per port: options that do not fit beside it are left to -v.
    const notes = verbose || row.notes.length <= notesRoom(this.#layout) ? row.notes : row.notes.replace(/: .*/, '');
    const line = { cells: [{ text: targetName(record) }, ...row.cells], notes };
    const titles = this.#titled ? [] : titleLines(this.#layout, 'REASON, OPTIONS', paint);
    this.#titled = true;
    return [...titles, ...rowLines(this.#layout, line, paint), ...(row.below ?? [])];
  }
}
