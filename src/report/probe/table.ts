import type { PortRecord, ProbeRecord } from '../../records/probe/records.ts';
import type { RunRecord, SummaryRecord } from '../../records/records.ts';
import type { Reporter, ReportStyle, RunSize } from '../reporter.ts';
import { summaryLines } from '../summary-text.ts';
import { Blocks, createPage, type Page } from '../text/page.ts';
import { ManyTargetsTable } from './many-targets-table.ts';
import { TargetBlock } from './target-block.ts';

/** More targets than this share one table. */
const MOST_BLOCKS = 16;

/** Whether a run of that size makes one table instead of a block for each target, whose head counts all its ports. */
function hasManyTargets({ targets, ports }: RunSize): boolean {
  return targets > MOST_BLOCKS || (targets > 1 && ports === 1);
}

/**
 * A few targets get a block each, written when every port of the target is known.
 * Many targets, or several with one port each, share one table, whose open ports are written at once.
 * Memory grows with open ports and with different answers, not with ports.
 */
export function createTableReporter(style: ReportStyle): Reporter<ProbeRecord> {
  const report = new TableReport(style);
  return { write: (record) => report.write(record), needsOpenAlone: hasManyTargets };
}

class TableReport {
  readonly #page: Page;
  readonly #openOnly: boolean;
  readonly #output: Blocks = new Blocks();
  readonly #blocks: Map<string, TargetBlock> = new Map();
  /** The block that was added to last. */
  #latest: TargetBlock | null = null;
  #run: RunRecord | null = null;
  #manyTargets: ManyTargetsTable | null = null;

  constructor(style: ReportStyle) {
    this.#page = createPage(style);
    this.#openOnly = style.openOnly;
  }

  write(record: ProbeRecord): string {
    if (record.type === 'run') return this.#begin(record);
    if (record.type === 'summary') return this.#end(record);
    if (record.type === 'packet') return '';
    return this.#manyTargets === null ? this.#addToBlock(record) : this.#output.append(this.#manyTargets.add(record));
  }

  #begin(run: RunRecord): string {
    this.#run = run;
    if (hasManyTargets(run.probe)) this.#manyTargets = new ManyTargetsTable(this.#page, this.#openOnly);
    return '';
  }

  #addToBlock(record: PortRecord): string {
    const name = record.target;
    let block = this.#latest?.target === name ? this.#latest : this.#blocks.get(name);
    if (block === undefined) {
      block = new TargetBlock(record, this.#page, this.#openOnly);
      this.#blocks.set(name, block);
    }
    this.#latest = block;
    block.add(record);
    if (block.size !== this.#portsPerTarget()) return '';
    this.#blocks.delete(name);
    this.#latest = null;
    return this.#finish(block);
  }

  /** Null in a shard, where it differs from target to target. */
  #portsPerTarget(): number | null {
    const probe = this.#run?.probe;
    return probe === undefined || probe.shard !== null ? null : probe.ports;
  }

  #finish(block: TargetBlock): string {
    const ports = this.#portsPerTarget();
    return this.#output.block(block.lines(ports === null ? 0 : ports - block.size));
  }

  #end(summary: SummaryRecord): string {
    const blocks = [...this.#blocks.values()].map((block) => this.#finish(block)).join('');
    const folded = this.#output.append(this.#manyTargets?.end() ?? []);
    return blocks + folded + this.#output.block(summaryLines(summary, this.#run, this.#page));
  }
}
