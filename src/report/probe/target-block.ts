import type { PortState } from '../../probe/verdict.ts';
import { type Fold, foldLines, foldRemarks, Folds } from './fold.ts';
import { type Paint, PLAIN } from '../text/paint.ts';
import { portRow } from './port-row.ts';
import type { PortRecord } from '../../records/probe/records.ts';
import { remarkLines } from '../remark.ts';
import type { ReportStyle } from '../reporter.ts';
import { type Column, layOut, type Line, rowLines, titleLine } from '../text/row-layout.ts';
import { formatCounts, plural } from '../state-counts.ts';
import { wrapSentence } from '../text/wrap.ts';

/** More ports than this that share everything become one line. */
const FOLD_ABOVE = 8;
/** Ports named in such a line. */
const MOST_LABELS = 24;

const COLUMNS: readonly Column[] = [
  { title: ' PORT' },
  { title: 'STATE' },
  { title: 'RTT', right: true },
  { title: 'TTL', right: true, prefix: 'TTL ' },
];

/** All that the table says of one target: gathered record by record, written once. */
export class TargetBlock {
  readonly #first: PortRecord;
  readonly #style: ReportStyle;
  readonly #counts: Record<PortState, number> = { open: 0, closed: 0, filtered: 0, error: 0 };
  readonly #open: PortRecord[] = [];
  readonly #folds: Folds;
  #findings = 0;

  constructor(first: PortRecord, style: ReportStyle) {
    this.#first = first;
    this.#style = style;
    this.#folds = new Folds(style.verbose ? Infinity : FOLD_ABOVE);
  }

  /** The address that it is about. */
  get target(): string {
    return this.#first.target;
  }

  get size(): number {
    const { open, closed, filtered, error } = this.#counts;
    return open + closed + filtered + error;
  }

  add(record: PortRecord): void {
    this.#counts[record.state]++;
    this.#findings += record.findings.length;
    if (record.state === 'open') this.#open.push(record);
    else if (!this.#style.openOnly) this.#folds.add(record).label(record.port, MOST_LABELS);
  }

  /** The block's lines; `unjudged` ports have no verdict. Empty when only open ports are wanted and there are none. */
  lines(unjudged: number, paint: Paint): string[] {
    if (this.#style.openOnly && this.#open.length === 0) return [];
    const said = new Set<string>();
    const folds = this.#folds.all();
    return [
      ...this.#headLines(unjudged, paint),
      ...this.#portLines(folds, paint, said),
      ...folds.filter(({ records }) => records === null).flatMap((fold) => this.#foldedLines(fold, paint, said)),
    ];
  }

  #headLines(unjudged: number, paint: Paint): string[] {
    const { columns } = this.#style;
    const plain = this.#head(unjudged, PLAIN);
    if (plain.length <= columns) return [this.#head(unjudged, paint)];
    const [first = '', ...rest] = wrapSentence('', plain, columns - 2);
    return [paint('heading', first), ...rest.map((line) => `  ${line}`)];
  }

  #head(unjudged: number, paint: Paint): string {
    const { target, hostname } = this.#first;
    const name = paint('heading', hostname === null ? target : `${target} (${hostname})`);
    const findings = this.#findings === 0 ? '' : `, ${paint('finding', plural(this.#findings, 'finding'))}`;
    return `${name}: ${formatCounts(this.#counts, paint)}${unjudged > 0 ? `, ${unjudged} not judged` : ''}${findings}`;
  }

  #portLines(folds: readonly Fold[], paint: Paint, said: Set<string>): string[] {
    const { columns, verbose } = this.#style;
    const listed = [...this.#open, ...folds.flatMap(({ records }) => records ?? [])].toSorted((a, b) => a.port - b.port);
    if (listed.length === 0) return [];
    const rows = listed.map((record) => portRow(record, verbose));
    const lines = rows.map(({ record, port, rtt, ttl, notes }): Line => ({
      cells: [{ text: port }, { text: record.state, role: record.state }, { text: rtt }, { text: ttl }],
      notes,
    }));
    const layout = layOut(COLUMNS, lines, columns);
    const notesTitle = listed.some(({ state }) => state === 'open') ? 'REASON, OPTIONS' : 'REASON';
    const title = titleLine(layout, notesTitle, paint);
    const body = rows.flatMap(({ remarks }, index) => [
      ...rowLines(layout, lines[index] as Line, paint),
      ...remarkLines(remarks, { columns, paint, said }),
    ]);
    return title === null ? body : [title, ...body];
  }

  #foldedLines(fold: Fold, paint: Paint, said: Set<string>): string[] {
    const { columns } = this.#style;
    return [...foldLines(fold, { columns, paint, countWidth: 5 }), ...remarkLines(foldRemarks(fold), { columns, paint, said })];
  }
}
