import type { HopRecord, PathCommandRecord, PathRecord } from '../../records/path/records.ts';
import type { RunRecord } from '../../records/records.ts';
import { findingRemark, type Remark, remarkLines, responderRemarks } from '../remark.ts';
import type { Reporter, TextStyle } from '../reporter.ts';
import { plural, summaryLines } from '../summary-text.ts';
import { Blocks, createPage, headlineLines, joinLines, type Page, portName } from '../text/page.ts';
import { wrapSentence } from '../text/wrap.ts';
import { hopTable } from './hop-table.ts';
import { INDENT, picture, type TracedPath } from './path-picture.ts';

const AS_ASKED = 'as asked';

/** Of each path the answer, a table of hops, a picture of where each change was made, and other findings. */
export function createPathText(style: TextStyle): Reporter<PathCommandRecord> {
  const page = createPage(style);
  const blocks = new Blocks();
  const hops: HopRecord[] = [];
  let run: RunRecord | null = null;
  return {
    write: (record) => {
      if (record.type === 'summary') return blocks.block(summaryLines(record, run, page));
      if (record.type === 'path') {
        const drawn = { path: record, hops: hops.splice(0), source: run?.source.address ?? 'here' };
        return record.variant === AS_ASKED ? blocks.block(pathLines(drawn, page)) : joinLines(variantLines(drawn, page));
      }
      if (record.type === 'hop') hops.push(record);
      else run = record;
      return '';
    },
  };
}

function pathLines(traced: TracedPath, page: Page): string[] {
  const { path, hops } = traced;
  const state = path.state ?? 'interrupted';
  const rest = path.state === null ? ' before an answer' : ` (${outcome(path, hops)})`;
  const count = path.changes.length === 0 ? 'no change' : plural(path.changes.length, 'change');
  const changed = path.hops === 0 ? '' : `; ${count} on the forward path`;
  return [
    ...headlineLines({ lead: `${portName(path)}: `, state, rest: rest + changed }, page, INDENT.length),
    ...hopTable(path, hops, page),
    ...picture(traced, page),
    ...remarkLines(otherRemarks(path), page),
  ];
}

/** Another variant of the SYN on the same path. */
function variantLines({ path, hops }: TracedPath, { columns }: Page): string[] {
  const verdict = path.state === null ? 'interrupted before an answer' : `${path.state} (${outcome(path, hops)})`;
  return wrapSentence(`${INDENT}${path.variant}: `, verdict, columns);
}

/** What the state rests on, and from which distance it came. */
function outcome({ state, reached, reason, from, target, hops: distance }: PathRecord, hops: readonly HopRecord[]): string {
  if (state === 'error') return `${reason}: the SYN could not be sent`;
  if (reached) return `${reason} from ${plural(distance, 'hop')} away`;
  if (from === target) return `${reason} with the target's address, from a device at hop ${distance} or nearer`;
  if (from !== null) return `${reason} from ${from}, TTL ${distance}`;
  const last = hops.findLast(({ reply }) => reply !== null);
  return last === undefined
    ? `${reason}, not even from the first hop`
    : `${reason}; last answer from ${last.address}, hop ${last.ttl}`;
}

/** Findings that the picture does not show. */
function otherRemarks({ findings, changes, responder }: PathRecord): readonly Remark[] {
  const drawn = new Set(changes.map(({ detail }) => detail));
  const others = findings.filter(({ detail }) => !drawn.has(detail)).map(findingRemark);
  return [...others, ...(responder === undefined ? [] : responderRemarks(responder))];
}
