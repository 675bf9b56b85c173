import { ManyTargetsTable } from './many-targets-table.ts';
import { createPaint, type Paint } from '../text/paint.ts';
import type { PortRecord, ProbeRecord } from '../../records/probe/records.ts';
import type { ProbeSummary, RunRecord, SummaryRecord } from '../../records/records.ts';
import type { Reporter, ReportStyle } from '../reporter.ts';
import { summaryLines } from '../summary-text.ts';
import { TargetBlock } from './target-block.ts';

/** More targets than this share one table. */
const CROWD_ABOVE = 16;

/** Whether a run of that size makes one table, and no block for each target. */
export function hasManyTargets({ targets, ports }: Pick<ProbeSummary, 'targets' | 'ports'>): boolean {
  return targets > CROWD_ABOVE || (targets > 1 && ports === 1);
}

/**
 * The table for people. A few targets get a block each, written when every port of the target is known; many targets, or several with one
 * port each, share one table whose open ports are written at once. Memory grows with open ports and with different answers, not with ports.
 */
export function createTableReporter(style: ReportStyle): Reporter {
  const report = new TableReport(style);
  return { write: (record) => report.write(record) };
}

class TableReport {
  readonly #style: ReportStyle;
  readonly #paint: Paint;
  readonly #blocks: Map<string, TargetBlock> = new Map();
  /** The one that was added to last. */
  #latest: TargetBlock | null = null;
  #run: RunRecord | null = null;
  #manyTargets: ManyTargetsTable | null = null;
  #written = false;

  constructor(style: ReportStyle) {
    this.#style = style;
    this.#paint = createPaint(style.color);
  }

  write(record: ProbeRecord): string {
    if (record.type === 'run') return this.#begin(record);
    if (record.type === 'summary') return this.#end(record);
    if (record.type === 'packet') return '';
    return this.#manyTargets === null ? this.#addToBlock(record) : this.#text(this.#manyTargets.add(record));
  }

  #begin(run: RunRecord): string {
    this.#run = run;
    if (hasManyTargets(run.probe)) this.#manyTargets = new ManyTargetsTable(this.#style, this.#paint);
    return '';
  }

  #addToBlock(record: PortRecord): string {
    const name = record.target;
    let block = this.#latest?.target === name ? this.#latest : this.#blocks.get(name);
    if (block === undefined) {
      block = new TargetBlock(record, this.#style);
      this.#blocks.set(name, block);
    }
    this.#latest = block;
    block.add(record);
    if (block.size !== this.#portsPerTarget()) return '';
    this.#blocks.delete(name);
    this.#latest = null;
    return this.#block(block);
  }

  /** Null where a shard makes it differ from target to target. */
  #portsPerTarget(): number | null {
    const probe = this.#run?.probe;
    return probe === undefined || probe.shard !== null ? null : probe.ports;
  }

  #end(summary: SummaryRecord): string {
    const blocks = [...this.#blocks.values()].map((block) => this.#block(block)).join('');
    const folded = this.#manyTargets === null ? '' : this.#text(this.#manyTargets.end());
    const gap = this.#written ? '\n' : '';
    return (
      blocks + folded + gap + this.#text(summaryLines(summary, this.#run, { columns: this.#style.columns, paint: this.#paint }))
    );
  }

  #block(block: TargetBlock): string {
    const ports = this.#portsPerTarget();
    const lines = block.lines(ports === null ? 0 : ports - block.size, this.#paint);
    const gap = this.#written && lines.length > 0 ? '\n' : '';
    return gap + this.#text(lines);
  }

  #text(lines: readonly string[]): string {
    if (lines.length === 0) return '';
    this.#written = true;
    return `${lines.join('\n')}\n`;
  }
}
