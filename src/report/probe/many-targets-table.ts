import { foldLines, foldRemarks, Folds } from './fold.ts';
import type { Paint } from '../text/paint.ts';
import { portRow } from './port-row.ts';
import type { PortRecord } from '../../records/probe/records.ts';
import { remarkLines } from '../remark.ts';
import type { ReportStyle } from '../reporter.ts';
import { type Column, layOut, rowLines, type RowLayout, notesRoom, titleLine } from '../text/row-layout.ts';

/** Widths of the usual content, for rows are written before the next one is known. */
const COLUMNS: readonly Column[] = [
  { title: 'TARGET', leastWidth: 15 },
  { title: ' PORT', leastWidth: 11 },
  { title: 'STATE', leastWidth: 8 },
  { title: 'RTT', leastWidth: 7, right: true },
  { title: 'TTL', leastWidth: 3, right: true },
];

/** Ports named in the line of a fold. */
const MOST_LABELS = 8;

/** Many targets in one table: a line for each open port as soon as it is known, all others folded over all targets. */
export class ManyTargetsTable {
  readonly #style: ReportStyle;
  readonly #paint: Paint;
  readonly #layout: RowLayout;
  readonly #folds: Folds = new Folds(0);
  readonly #said: Set<string> = new Set();
  #titled = false;

  constructor(style: ReportStyle, paint: Paint) {
    this.#style = style;
    this.#paint = paint;
    this.#layout = layOut(COLUMNS, [], style.columns);
  }

  /** The lines that `record` makes at once. */
  add(record: PortRecord): string[] {
    const { verbose, openOnly } = this.#style;
    if (record.state === 'open' || (verbose && !openOnly)) return this.#row(record);
    if (!openOnly) this.#fold(record);
    return [];
  }

  /** The lines of what was folded. */
  end(): string[] {
    const { columns } = this.#style;
    return this.#folds
      .all()
      .flatMap((fold) => [
        ...foldLines(fold, { columns, paint: this.#paint, countWidth: 1 }),
        ...remarkLines(foldRemarks(fold), { columns, paint: this.#paint, said: this.#said }),
      ]);
  }

  #fold(record: PortRecord): void {
    const fold = this.#folds.add(record);
    if (fold.labels !== null) fold.label(`${record.target}:${record.port}`, MOST_LABELS);
  }

  #row(record: PortRecord): string[] {
    const { columns, verbose } = this.#style;
    const { port, rtt, ttl, remarks, ...row } = portRow(record, verbose);
    // One line a port: options that have no room beside it are for -v.
    const notes = verbose || row.notes.length <= notesRoom(this.#layout) ? row.notes : row.notes.replace(/: .*/, '');
    const { target, hostname, state } = record;
    const texts = [hostname === null ? target : `${target} (${hostname})`, port, state, rtt, ttl];
    const cells = texts.map((text) => (text === state ? { text, role: state } : { text }));
    const title = this.#titled ? null : titleLine(this.#layout, 'REASON, OPTIONS', this.#paint);
    this.#titled = true;
    return [
      ...(title === null ? [] : [title]),
      ...rowLines(this.#layout, { cells, notes }, this.#paint),
      ...remarkLines(remarks, { columns, paint: this.#paint, said: this.#said }),
    ];
  }
}
