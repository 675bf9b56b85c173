import type { Page } from './page.ts';
import type { Paint, Role } from './paint.ts';
import { wrapItems, wrapList } from './wrap.ts';

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Cells are flush right. */
  readonly right?: boolean;
  /** Stands before the cell's text where there are no titles. */
  readonly prefix?: string;
  /** For tables that are written before all their rows are known. */
  readonly leastWidth?: number;
}

/** A cell and how it is painted. */
interface Cell {
  readonly text: string;
  readonly role?: Role;
}

/** A row: a cell for each column, a note after them that may be wrapped, and finished lines below. */
export interface Line {
  readonly cells: readonly Cell[];
  readonly notes: string;
  readonly below?: readonly string[];
}

/** Where notes go: after the cells, or on lines below. `stacked`: too narrow for columns. */
type Placing = 'beside' | 'below' | 'stacked';

/** A table's geometry, from its rows or from the columns' least widths. */
export interface RowLayout {
  readonly columns: readonly Column[];
  readonly widths: readonly number[];
  readonly placing: Placing;
  readonly terminal: number;
}

const GAP = '  ';
const NARROWEST_NOTES = 24;
const BELOW = '      ';

/** A whole table; `notesTitle` heads the notes. */
export function tableLines(columns: readonly Column[], lines: readonly Line[], page: Page, notesTitle = ''): string[] {
  const layout = layOut(columns, lines, page.columns);
  return [
    ...titleLines(layout, notesTitle, page.paint),
    ...lines.flatMap((line) => [...rowLines(layout, line, page.paint), ...(line.below ?? [])]),
  ];
}

/** The geometry in which `lines` fit `terminal` columns best; empty columns are left out. */
export function layOut(columns: readonly Column[], lines: readonly Line[], terminal: number): RowLayout {
  const widths = columns.map(({ title, leastWidth }, index) => {
    const widest = largest(lines, ({ cells }) => cells[index]?.text.length ?? 0);
    return widest === 0 && leastWidth === undefined ? 0 : Math.max(title.length, widest, leastWidth ?? 0);
  });
  const longestNotes = largest(lines, ({ notes }) => notes.length);
  return { columns, widths, terminal, placing: placingFor(totalWidth(widths), longestNotes, terminal) };
}

/** `Math.max` cannot take a whole port range as arguments. */
function largest(lines: readonly Line[], measure: (line: Line) => number): number {
  return lines.reduce((most, line) => Math.max(most, measure(line)), 0);
}

/** Characters of notes that fit beside the cells; 0 where notes go elsewhere. */
export function notesRoom({ widths, placing, terminal }: RowLayout): number {
  return placing === 'beside' ? terminal - totalWidth(widths) - GAP.length : 0;
}

function placingFor(width: number, longestNotes: number, terminal: number): Placing {
  if (width > terminal) return 'stacked';
  return terminal - width - GAP.length >= Math.min(longestNotes, NARROWEST_NOTES) ? 'beside' : 'below';
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + (width === 0 ? 0 : width + GAP.length), 0) - GAP.length;
}

/** The line of titles; none where rows have no columns. */
export function titleLines(layout: RowLayout, notesTitle: string, paint: Paint): string[] {
  if (layout.placing === 'stacked') return [];
  const cells = layout.columns.map(({ title }) => ({ text: title }));
  return [paint('faint', joinCells(layout, cells, notesRoom(layout) >= notesTitle.length ? notesTitle : ''))];
}

/** One row with its notes. A cell wider than its column shifts the rest of its own row only. */
export function rowLines(layout: RowLayout, line: Line, paint: Paint): string[] {
  const { cells, notes } = line;
  const widths = layout.widths.map((width, index) => Math.max(width, cells[index]?.text.length ?? 0));
  const row = { ...layout, widths };
  const longest = layout.placing === 'beside' ? notes.length : Infinity;
  const placing = layout.placing === 'stacked' ? 'stacked' : placingFor(totalWidth(widths), longest, layout.terminal);
  if (placing === 'stacked') return stackedLines(layout, line);
  const indent = placing === 'below' ? BELOW : ' '.repeat(totalWidth(widths) + GAP.length);
  const noteLines = wrapList(notes, layout.terminal - indent.length);
  const beside = placing === 'below' ? '' : (noteLines.shift() ?? '');
  return [joinCells(row, cells, beside, paint), ...noteLines.map((text) => indent + text)];
}

function joinCells(layout: RowLayout, cells: readonly Cell[], notes: string, paint?: Paint): string {
  const shown = layout.columns.flatMap(({ right }, index) => {
    const width = layout.widths[index] as number;
    const { text, role } = cells[index] as Cell;
    if (width === 0) return [];
    const space = ' '.repeat(Math.max(0, width - text.length));
    const colored = role === undefined || paint === undefined ? text : paint(role, text);
    return [right === true ? space + colored : colored + space];
  });
  return [...shown, notes].join(GAP).trimEnd();
}

function stackedLines(layout: RowLayout, { cells, notes }: Line): string[] {
  const texts = cells.map(({ text }, index) => (text === '' ? '' : (layout.columns[index]?.prefix ?? '') + text));
  const words = texts.filter((text) => text !== '');
  const [first = '', ...rest] = wrapItems(words, '  ', layout.terminal - BELOW.length);
  return [first, ...[...rest, ...wrapList(notes, layout.terminal - BELOW.length)].map((text) => BELOW + text)];
}
