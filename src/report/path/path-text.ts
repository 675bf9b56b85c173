import { createPaint, type Paint } from '../text/paint.ts';
import type { RunRecord, SummaryRecord } from '../../records/records.ts';
import { type Remark, remarkLines, responderRemarks } from '../remark.ts';
import type { Reporter, TextStyle } from '../reporter.ts';
import { plural, summaryLines } from '../summary-text.ts';
import { wrapSentence } from '../text/wrap.ts';
import { hopTable } from './hop-table.ts';
import type { HopRecord, PathCommandRecord, PathRecord } from '../../records/path/records.ts';
import { picture } from './path-picture.ts';

const INDENT = '  ';
const AS_ASKED = 'as asked';

/** The report for people: of each path the answer, a table of hops, a picture with every alteration at its place, and what else was found. */
export function createPathText(style: TextStyle): Reporter<PathCommandRecord> {
  const report = new PathText(style);
  return { write: (record) => report.write(record) };
}

class PathText {
  readonly #style: TextStyle;
  readonly #paint: Paint;
  readonly #said: Set<string> = new Set();
  #run: RunRecord | null = null;
  #hops: HopRecord[] = [];
  #written = false;

  constructor(style: TextStyle) {
    this.#style = style;
    this.#paint = createPaint(style.color);
  }

  write(record: PathCommandRecord): string {
    if (record.type === 'run') this.#run = record;
    else if (record.type === 'hop') this.#hops.push(record);
    else if (record.type === 'summary') return this.#block(this.#summaryLines(record));
    else return this.#writePath(record, this.#hops.splice(0));
    return '';
  }

  /** Another try of the same path is a line: what it shows is said with the first. */
  #writePath(record: PathRecord, hops: readonly HopRecord[]): string {
    if (record.variant === AS_ASKED) return this.#block(this.#pathLines(record, hops));
    const lead = `${INDENT}${record.variant}: `;
    return `${wrapSentence(lead, verdictText(record, hops), this.#style.columns).join('\n')}\n`;
  }

  #summaryLines(record: SummaryRecord): string[] {
    return summaryLines(record, this.#run, { columns: this.#style.columns, paint: this.#paint });
  }

  #pathLines(path: PathRecord, hops: readonly HopRecord[]): string[] {
    const { columns } = this.#style;
    const paint = this.#paint;
    const source = this.#run?.source.address ?? 'here';
    return [
      ...headLines(path, hops, { columns, paint }),
      ...hopTable(path, hops, { ...this.#style, paint }),
      ...picture({ path, hops, source }, { columns, paint, indent: INDENT }),
      ...remarkLines(remarksBeside(path), { columns, paint, said: this.#said }),
    ];
  }

  #block(lines: readonly string[]): string {
    if (lines.length === 0) return '';
    const gap = this.#written ? '\n' : '';
    this.#written = true;
    return `${gap}${lines.join('\n')}\n`;
  }
}

function headLines(
  path: PathRecord,
  hops: readonly HopRecord[],
  { columns, paint }: { readonly columns: number; readonly paint: Paint },
): string[] {
  const name = `${path.hostname === null ? path.target : `${path.hostname} (${path.target})`} port ${path.port}`;
  const start = `${name}: ${path.state ?? 'interrupted'}`;
  const text = `${name}: ${verdictText(path, hops)}${changesText(path)}`;
  const [first = '', ...rest] = wrapSentence('', text, text.length <= columns ? columns : columns - INDENT.length);
  if (!first.startsWith(start)) return [paint('heading', first), ...rest.map((line) => INDENT + line)];
  const painted = `${paint('heading', `${name}:`)} ${paint(path.state ?? 'error', path.state ?? 'interrupted')}${first.slice(start.length)}`;
  return [painted, ...rest.map((line) => INDENT + line)];
}

function verdictText(path: PathRecord, hops: readonly HopRecord[]): string {
  return path.state === null ? 'interrupted before an answer came' : `${path.state} (${outcome(path, hops)})`;
}

/** Who said so, and from how far. */
function outcome({ state, reached, reason, from, target, hops: distance }: PathRecord, hops: readonly HopRecord[]): string {
  if (state === 'error') return `${reason}: could not be sent from here`;
  if (reached) return `${reason} from ${plural(distance, 'hop')} away`;
  if (from === target) return `${reason} from a device no farther than hop ${distance}, in the name of the target`;
  if (from !== null) return `${reason} from ${from}, TTL ${distance}`;
  const last = hops.findLast(({ reply }) => reply !== null);
  return last === undefined
    ? `${reason}, not even from the first hop`
    : `${reason}; the last to answer was ${last.address}, hop ${last.ttl}`;
}

function changesText({ changes, hops }: PathRecord): string {
  if (hops === 0) return '';
  return changes.length === 0 ? '; no change on the way there' : `; ${plural(changes.length, 'change')} on the way there`;
}

/** Findings that are more than a change: those stand beside the picture already. */
function remarksBeside({ findings, changes, responder }: PathRecord): readonly Remark[] {
  const told = new Set(changes.map(({ detail }) => detail));
  const others = findings
    .filter(({ detail }) => !told.has(detail))
    .map(({ code, option, certainty, detail }): Remark => ({
      role: 'finding',
      head: `! ${code}${option === null ? '' : ` ${option}`} (${certainty})`,
      detail,
    }));
  return [...others, ...(responder === undefined ? [] : responderRemarks(responder))];
}
