import type { Paint, Role } from './paint.ts';
import { wrapItems, wrapList } from './wrap.ts';

/** A column of a table; `right` sets its cells flush right. */
export interface Column {
  readonly title: string;
  readonly right?: boolean;
  /** What stands before the cell's text where there are no titles. */
  readonly prefix?: string;
  /** For tables that are printed before all their rows are known. */
  readonly leastWidth?: number;
}

/** A cell and how it is painted. */
interface Cell {
  readonly text: string;
  readonly role?: Role;
}

/** Cells of the columns, and a note behind them that may be wrapped. */
export interface Line {
  readonly cells: readonly Cell[];
  readonly notes: string;
}

/** Where notes go: behind the cells or on lines below; `stacked` gives up columns altogether. */
type Placing = 'beside' | 'below' | 'stacked';

/** A table's geometry: made once from the lines to come, or from the columns' least widths. */
export interface RowLayout {
  readonly columns: readonly Column[];
  readonly widths: readonly number[];
  readonly placing: Placing;
  readonly terminal: number;
}

const GAP = '  ';
const NARROWEST_NOTES = 24;
const BELOW = '      ';

/** The geometry in which `lines` fit `terminal` columns best; empty columns vanish. */
export function layOut(columns: readonly Column[], lines: readonly Line[], terminal: number): RowLayout {
  const widths = columns.map(({ title, leastWidth }, index) => {
    const widest = largest(lines, ({ cells }) => cells[index]?.text.length ?? 0);
    return widest === 0 && leastWidth === undefined ? 0 : Math.max(title.length, widest, leastWidth ?? 0);
  });
  const longestNotes = largest(lines, ({ notes }) => notes.length);
  return { columns, widths, terminal, placing: placingFor(totalWidth(widths), longestNotes, terminal) };
}

/** A whole port range is more than `Math.max` takes as arguments. */
function largest(lines: readonly Line[], measure: (line: Line) => number): number {
  return lines.reduce((most, line) => Math.max(most, measure(line)), 0);
}

/** How many characters of notes fit beside the cells; none where notes do not stand there. */
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

/** The line of titles, or null where there are no columns to stand under them. */
export function titleLine(layout: RowLayout, notesTitle: string, paint: Paint): string | null {
  if (layout.placing === 'stacked') return null;
  const cells = layout.columns.map(({ title }) => ({ text: title }));
  return paint('faint', joinCells(layout, cells, notesRoom(layout) >= notesTitle.length ? notesTitle : ''));
}

/** One row: a line, and more where notes are wrapped or stand below. A cell wider than its column pushes the rest of its own row only. */
export function rowLines(layout: RowLayout, line: Line, paint: Paint): string[] {
  const { cells, notes } = line;
  const widths = layout.widths.map((width, index) => Math.max(width, cells[index]?.text.length ?? 0));
  const row = { ...layout, widths };
  const longest = layout.placing === 'beside' ? notes.length : Infinity;
  const placing = layout.placing === 'stacked' ? 'stacked' : placingFor(totalWidth(widths), longest, layout.terminal);
  if (placing === 'stacked') return stackedLines(layout, line);
  if (notes === '') return [joinCells(row, cells, '', paint)];
  if (placing === 'below') {
    const below = wrapList(notes, layout.terminal - BELOW.length).map((text) => BELOW + text);
    return [joinCells(row, cells, '', paint), ...below];
  }
  const start = totalWidth(widths) + GAP.length;
  const [first = '', ...rest] = wrapList(notes, layout.terminal - start);
  return [joinCells(row, cells, first, paint), ...rest.map((text) => ' '.repeat(start) + text)];
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
