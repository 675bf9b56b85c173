import { formatElapsed } from '../../records/duration-text.ts';
import type { FirewallPortRecord, FirewallRecord } from '../../records/firewall/records.ts';
import type { RunRecord, SummaryRecord } from '../../records/records.ts';
import { remarkLines, remarksOn } from '../remark.ts';
import type { Reporter, TextStyle } from '../reporter.ts';
import { endLines, plural, unjudgedPorts } from '../summary-text.ts';
import { Blocks, createPage, joinFacts, type Page, portLabel, sentenceLines, targetName } from '../text/page.ts';
import type { Role } from '../text/paint.ts';
import { wrapSentence } from '../text/wrap.ts';
import { matrixLines, testLines } from './test-matrix.ts';

/** Columns of text that is not for a terminal. */
const PIPED_COLUMNS = 100;
const PORT_WIDTH = 6;
const GAP = '  ';
/** Indent of a verdict below its port. */
const NARROW_INDENT = 8;

/** Each port's verdict as a sentence, then its tests. A target is written when all its ports are known. */
export function createFirewallReporter(style: TextStyle): Reporter<FirewallRecord> {
  const page = createPage({ ...style, columns: style.columns === Infinity ? PIPED_COLUMNS : style.columns });
  const blocks = new Blocks();
  const ports: FirewallPortRecord[] = [];
  let run: RunRecord | null = null;
  const finish = (): string => blocks.block(targetLines(ports.splice(0), { ...page, said: new Set() }));
  return {
    write: (record) => {
      if (record.type === 'run') {
        run = record;
        return '';
      }
      if (record.type === 'summary') return finish() + blocks.block(summaryLines(record, run, page));
      const done = ports.length > 0 && ports[0]?.target !== record.target ? finish() : '';
      ports.push(record);
      return ports.length === run?.probe.ports ? done + finish() : done;
    },
  };
}

function targetLines(ports: readonly FirewallPortRecord[], page: Page): string[] {
  const [first] = ports;
  if (first === undefined) return [];
  const labelWidth = Math.max(...ports.map(({ port }) => portLabel(port, PORT_WIDTH).length));
  const tests = page.verbose ? [] : ['', ...matrixLines(ports, page)];
  return [...headLines(first, ports, page), ...ports.flatMap((port) => portLines(port, labelWidth, page)), ...tests];
}

function headLines(first: FirewallPortRecord, ports: readonly FirewallPortRecord[], page: Page): string[] {
  const counts = new Map<string, number>();
  for (const { policy } of ports) counts.set(policy, (counts.get(policy) ?? 0) + 1);
  const text = `${targetName(first)}: ${[...counts].map(([policy, count]) => `${count} ${policy}`).join(', ')}`;
  return sentenceLines('heading', text, page);
}

function portLines(record: FirewallPortRecord, labelWidth: number, page: Page): string[] {
  const label = portLabel(record.port, PORT_WIDTH);
  const hanging = label.padEnd(labelWidth) + GAP;
  const isNarrow = hanging.length * 3 > page.columns;
  const lead = isNarrow ? ' '.repeat(NARROW_INDENT) : hanging;
  const role = roleOf(record.policy);
  const verdict = wrapSentence(lead, record.verdict, page.columns).map(
    (line) => line.slice(0, lead.length) + page.paint(role, line.slice(lead.length)),
  );
  return [
    ...(isNarrow ? [label] : []),
    ...verdict,
    ...remarkLines(remarksOn(record), page),
    ...(page.verbose ? testLines(record, page.paint) : []),
  ];
}

function summaryLines(summary: SummaryRecord, run: RunRecord | null, page: Page): string[] {
  const { interrupted, targets, ports, repliesRejected } = summary;
  const unjudged = unjudgedPorts(summary);
  const facts = joinFacts([
    `${plural(targets, 'target')}, ${plural(ports, 'port')}${targets > 1 ? ' each' : ''}`,
    `${plural(summary.probesSent, 'packet')} sent in ${formatElapsed(summary.durationMs)}`,
    `clock: ${run?.clock ?? 'unknown'}`,
    interrupted && unjudged > 0 ? `${plural(unjudged, 'port')} not judged` : '',
    repliesRejected > 0 ? `${plural(repliesRejected, 'reply')} not believed` : '',
  ]);
  return endLines(summary, facts, page);
}

/** Policies in the colours of the states that they amount to. */
function roleOf(policy: FirewallPortRecord['policy']): Role {
  if (policy === 'open' || policy === 'error' || policy === 'closed') return policy;
  return policy === 'reject-rst' ? 'closed' : 'filtered';
}
