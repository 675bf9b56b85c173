import { changeText } from '../../analysis/path/describe-change.ts';
import { formatRttSamples } from '../../records/duration-text.ts';
import type { Paint } from '../text/paint.ts';
import { type Column, layOut, type Line, rowLines, titleLine } from '../text/row-layout.ts';
import type { HopRecord, PathRecord } from '../../records/path/records.ts';

/** How the table is to look. */
interface TableStyle {
  readonly columns: number;
  readonly paint: Paint;
  /** Every difference at every hop, instead of each alteration where it is first seen. */
  readonly verbose: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'TTL', right: true, prefix: 'TTL ' },
  { title: 'ADDRESS' },
  { title: 'RTT', right: true },
  { title: 'LOST', right: true },
  { title: 'QUOTED', right: true },
];

/** A line for each router, and below it what it was the first to show. */
export function hopTable(path: PathRecord, hops: readonly HopRecord[], { columns, paint, verbose }: TableStyle): string[] {
  if (hops.length === 0) return [];
  const lines = hops.map((hop) => lineOf(hop, hops, noteOf(hop, path, verbose)));
  const layout = layOut(COLUMNS, lines, columns);
  const title = titleLine(layout, 'ANSWER, CHANGES', paint);
  return [...(title === null ? [] : [title]), ...lines.flatMap((line) => rowLines(layout, line, paint))];
}

function lineOf(hop: HopRecord, hops: readonly HopRecord[], notes: string): Line {
  const { ttl, address, name, rttMs, quotedBytes } = hop;
  const who = address === null ? '*' : name === null ? address : `${name} (${address})`;
  const isRepeated = hops.find((one) => one.ttl === ttl) !== hop;
  const cells = [
    { text: isRepeated ? '' : String(ttl) },
    { text: who },
    { text: formatRttSamples(rttMs) },
    { text: isRepeated ? '' : lostText(hop, hops) },
    { text: quotedBytes === 0 ? '' : `${quotedBytes} B` },
  ];
  return { cells, notes };
}

/** Of the probes with that TTL, whoever answered them. */
function lostText({ ttl, sent }: HopRecord, hops: readonly HopRecord[]): string {
  const answers = hops.filter((one) => one.ttl === ttl).reduce((sum, { rttMs }) => sum + rttMs.length, 0);
  return answers >= sent ? '' : `${sent - answers}/${sent}`;
}

function noteOf(hop: HopRecord, path: PathRecord, verbose: boolean): string {
  const { ttl, address, reply, changes, extensions } = hop;
  const first = path.changes.filter((change) => change.atTtl === ttl && change.between[1] === address);
  const shown = verbose ? changes : first;
  const labels = extensions.flatMap(({ mpls }) => mpls ?? []).map(({ label, ttl: left }) => `MPLS ${label} (TTL ${left})`);
  const answer = reply === null || reply === 'icmp-ttl-exceeded' ? [] : [reply];
  const raised = hop.quotedTtl !== null && hop.quotedTtl > 1 ? [`quoted with TTL ${hop.quotedTtl}`] : [];
  return [...answer, ...shown.map((change) => `! ${changeText(change)}`), ...labels, ...raised].join(', ');
}
