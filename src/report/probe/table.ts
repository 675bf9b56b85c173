import type { PortRecord, ProbeRecord } from '../../records/probe/records.ts';
import type { RunRecord } from '../../records/records.ts';
import type { Reporter, ReportStyle, RunSize } from '../reporter.ts';
import { summaryLines } from '../summary-text.ts';
import { Blocks, createPage } from '../text/page.ts';
import { ManyTargetsTable } from './many-targets-table.ts';
import { TargetBlock } from './target-block.ts';

/** More targets than this share one table. */
const MOST_BLOCKS = 16;

/** Whether a run of that size makes one table instead of a block for each target. */
function hasManyTargets({ targets, ports }: RunSize): boolean {
  return targets > MOST_BLOCKS || (targets > 1 && ports === 1);
}

/**
 * A few targets get a block each, written when every port of the target is known. Many targets, or several
 * with one port each, share one table, whose open ports are written at once. Memory grows with open ports and
 * with different answers, not with ports.
 */
export function createTableReporter(style: ReportStyle): Reporter<ProbeRecord> {
  const page = createPage(style);
  const output = new Blocks();
  const blocks = new Map<string, TargetBlock>();
  let latest: TargetBlock | null = null;
  let run: RunRecord | null = null;
  let manyTargets: ManyTargetsTable | null = null;
  /** Null in a shard, where it differs from target to target. */
  const portsPerTarget = (): number | null => (run === null || run.probe.shard !== null ? null : run.probe.ports);
  const finished = (block: TargetBlock): string => output.block(block.lines((portsPerTarget() ?? block.size) - block.size));
  const blockOf = (record: PortRecord): TargetBlock => {
    if (latest?.target === record.target) return latest;
    const block = blocks.get(record.target) ?? new TargetBlock(record, page, style.openOnly);
    blocks.set(record.target, block);
    latest = block;
    return block;
  };
  const addToBlock = (record: PortRecord): string => {
    const block = blockOf(record);
    block.add(record);
    if (block.size !== portsPerTarget()) return '';
    blocks.delete(record.target);
    latest = null;
    return finished(block);
  };
  const write = (record: ProbeRecord): string => {
    if (record.type === 'port') return manyTargets === null ? addToBlock(record) : output.append(manyTargets.add(record));
    if (record.type === 'summary') {
      const unfinished = [...blocks.values()].map(finished).join('');
      return unfinished + output.append(manyTargets?.end() ?? []) + output.block(summaryLines(record, run, page));
    }
    if (record.type === 'run') {
      run = record;
      if (hasManyTargets(run.probe)) manyTargets = new ManyTargetsTable(page, style.openOnly);
    }
    return '';
  };
  return { write, needsOpenAlone: hasManyTargets };
}
