import type { PortState } from '../../probe/verdict.ts';
import type { PortRecord } from '../../records/probe/records.ts';
import { formatCounts, plural } from '../summary-text.ts';
import { type Page, targetName } from '../text/page.ts';
import { type Paint, PLAIN } from '../text/paint.ts';
import { type Column, tableLines } from '../text/row-layout.ts';
import { wrapSentence } from '../text/wrap.ts';
import { type Fold, foldLines, Folds } from './fold.ts';
import { portRow } from './port-row.ts';

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

/** The block of one target: gathered record by record, written once. */
export class TargetBlock {
  /** Its address. */
  readonly target: string;
  /** Ports that were added. */
  size = 0;
  readonly #first: PortRecord;
  readonly #page: Page;
  readonly #openOnly: boolean;
  readonly #counts: Record<PortState, number> = { open: 0, closed: 0, filtered: 0, error: 0 };
  readonly #open: PortRecord[] = [];
  readonly #folds: Folds;
  #findings = 0;

  constructor(first: PortRecord, page: Page, openOnly: boolean) {
    this.target = first.target;
    this.#first = first;
    this.#page = { ...page, said: new Set() };
    this.#openOnly = openOnly;
    this.#folds = new Folds(page.verbose ? Infinity : FOLD_ABOVE);
  }

  add(record: PortRecord): void {
    this.size++;
    this.#counts[record.state]++;
    this.#findings += record.findings.length;
    if (record.state === 'open') this.#open.push(record);
    else if (!this.#openOnly) this.#folds.add(record).label(record.port, MOST_LABELS);
  }

  /** The block's lines; `unjudged` ports have no verdict. Empty with `openOnly` and none open. */
  lines(unjudged: number): string[] {
    if (this.#openOnly && this.#open.length === 0) return [];
    const folds = this.#folds.all();
    const folded = folds.filter(({ records }) => records === null);
    const foldedLines = folded.flatMap((fold) => foldLines(fold, 5, this.#page));
    return [...this.#headLines(unjudged), ...this.#portLines(folds), ...foldedLines];
  }

  #headLines(unjudged: number): string[] {
    const { columns, paint } = this.#page;
    const plain = this.#head(unjudged, PLAIN);
    if (plain.length <= columns) return [this.#head(unjudged, paint)];
    const [first = '', ...rest] = wrapSentence('', plain, columns - 2);
    return [paint('heading', first), ...rest.map((line) => `  ${line}`)];
  }

  #head(unjudged: number, paint: Paint): string {
    const name = paint('heading', targetName(this.#first));
    const findings = this.#findings === 0 ? '' : `, ${paint('finding', plural(this.#findings, 'finding'))}`;
    return `${name}: ${formatCounts(this.#counts, paint)}${unjudged > 0 ? `, ${unjudged} not judged` : ''}${findings}`;
  }

  #portLines(folds: readonly Fold[]): string[] {
    const listed = [...this.#open, ...folds.flatMap(({ records }) => records ?? [])].toSorted((a, b) => a.port - b.port);
    if (listed.length === 0) return [];
    const rows = listed.map((record) => portRow(record, this.#page));
    return tableLines(COLUMNS, rows, this.#page, this.#open.length > 0 ? 'REASON, OPTIONS' : 'REASON');
  }
}
