// Numbers and Markdown.
import { cpus, release } from 'node:os';
import { hasTimer } from './measure.mjs';

/** The middle value; of an even count the higher of the two. Null without values or when one is null. */
export function median(values) {
  if (values.length === 0 || values.includes(null)) return null;
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

const line = (cells) => `| ${cells.join(' | ')} |`;
const nameOrProblem = ({ program, problem }) => (problem === undefined ? program.name : `${program.name}: ${problem}`);

/** A Markdown table: a column is a heading and a function from row to cell. Null is a dash. */
export function table(columns, rows) {
  const body = rows.map((row) => line(columns.map(([, cell]) => cell(row) ?? '-')));
  return [line(columns.map(([heading]) => heading)), line(columns.map(() => '---')), ...body].join('\n');
}

/**
 * The table of a part, one row per program: its problem, or cells made from its runs. `results` is from
 * `alternate`; the first heading is the program's.
 */
export function programTable(results, columns) {
  const rows = [...results].map(([program, runs]) => ({
    program,
    runs,
    problem: program.absent ?? runs.find((run) => run.problem !== null)?.problem,
  }));
  const cells = columns.map(([heading, cell]) => [heading, ({ runs, problem }) => (problem === undefined ? cell(runs) : null)]);
  return table([['program', nameOrProblem], ...cells], rows);
}

/** Median of `value` over the runs, with `digits` decimals; null where unknown. */
export function medianText(runs, value, digits) {
  const middle = median(runs.map(value));
  return middle === null ? null : number(middle, digits);
}

/** Ratio of the medians of two programs' runs; null where one is unknown. */
export function ratioText(ours, theirs, value) {
  const [a, b] = [ours, theirs].map((runs) => (runs.some((run) => run.problem !== null) ? null : median(runs.map(value))));
  return a === null || b === null || b === 0 ? null : (a / b).toFixed(2);
}

/** A number with thousands separators. */
export function number(value, digits = 0) {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Peak memory column for any program table. */
export const MEMORY = ['peak memory, MB', (runs) => medianText(runs, (run) => run.megabytes, 0)];

/** The machine, and the method. */
export function machineLine(rounds) {
  const processors = `${cpus().length} x ${cpus()[0]?.model.trim() || 'unknown CPU'}`;
  const timer = hasTimer ? '' : ' GNU time is not installed: CPU and memory are unknown.';
  return `Linux ${release()}, Node ${process.version}, ${processors}; medians of ${rounds} alternating runs.${timer}`;
}

/** The distinct command lines of a part. */
export function commandList(programs) {
  const lines = programs.filter(({ absent }) => absent === undefined).map(({ words }) => words.join(' '));
  return ['```', ...new Set(lines), '```'].join('\n');
}
