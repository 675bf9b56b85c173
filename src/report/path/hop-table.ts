import { changeText } from '../../analysis/path/describe-change.ts';
import { formatRttSamples } from '../../records/duration-text.ts';
import type { HopRecord, PathRecord } from '../../records/path/records.ts';
import type { Page } from '../text/page.ts';
import { type Column, type Line, tableLines } from '../text/row-layout.ts';

const COLUMNS: readonly Column[] = [
  { title: 'TTL', right: true, prefix: 'TTL ' },
  { title: 'ADDRESS' },
  { title: 'RTT', right: true },
  { title: 'LOST', right: true },
  { title: 'QUOTED', right: true },
];

/** A row for each router, with the changes that it is the first to show; verbose, all that it shows. */
export function hopTable(path: PathRecord, hops: readonly HopRecord[], page: Page): string[] {
  if (hops.length === 0) return [];
  const lines = hops.map((hop) => lineOf(hop, hops, noteOf(hop, path, page.verbose)));
  return tableLines(COLUMNS, lines, page, 'ANSWER, CHANGES');
}

function lineOf(hop: HopRecord, hops: readonly HopRecord[], notes: string): Line {
  const { ttl, address, name, rttMs, quotedBytes } = hop;
  const router = address === null ? '*' : name === null ? address : `${name} (${address})`;
  const isRepeated = hops.find((one) => one.ttl === ttl) !== hop;
  const cells = [
    { text: isRepeated ? '' : String(ttl) },
    { text: router },
    { text: formatRttSamples(rttMs) },
    { text: isRepeated ? '' : lostText(hop, hops) },
    { text: quotedBytes === 0 ? '' : `${quotedBytes} B` },
  ];
  return { cells, notes };
}

/** Lost probes of that TTL, counting the answers of all its routers. */
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
