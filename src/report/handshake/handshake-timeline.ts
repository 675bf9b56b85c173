import { formatMs } from '../../records/duration-text.ts';
import type { SegmentRecord } from '../../records/handshake/records.ts';
import type { Paint } from '../text/paint.ts';
import { wrapList, wrapSentence } from '../text/wrap.ts';

/** How a timeline may look. */
export interface TimelineStyle {
  readonly columns: number;
  readonly paint: Paint;
  /** Every probe of the path and every option with its value. */
  readonly verbose: boolean;
}

/** One line of a timeline: a packet, or several of a kind. */
interface Row {
  readonly atMs: number;
  readonly mark: '>' | '<';
  readonly text: string;
  /** Below the text; empty for none. */
  readonly options: string;
  readonly client: string;
  readonly server: string;
}

const TIME_WIDTH = 9;
const STATE_WIDTH = 12;
/** All but the segment's own column: times, states, the mark, and what separates them. */
const FRAME = TIME_WIDTH + STATE_WIDTH + STATE_WIDTH + 8;
/** Narrower than this the states go below the segment. */
const NARROW = 72;
/** A segment's text that is not wrapped by a terminal still needs an end of its column. */
const WIDEST = 64;

/** The packets of one connection with the states of both ends beside them, shown where they change. */
export function timelineLines(records: readonly SegmentRecord[], style: TimelineStyle): readonly string[] {
  const rows = rowsOf(records, style.verbose);
  if (rows.length === 0) return [];
  return style.columns < NARROW ? narrowLines(rows, style) : wideLines(rows, style);
}

function wideLines(rows: readonly Row[], { columns, paint }: TimelineStyle): readonly string[] {
  const longest = Math.max(...rows.map(({ text }) => text.length), 0);
  const width = Math.min(Number.isFinite(columns) ? columns - FRAME : WIDEST, Math.max(longest, 36));
  const head = `${'TIME'.padStart(TIME_WIDTH)}  ${'CLIENT'.padEnd(STATE_WIDTH)}   ${' '.repeat(2)}${'SEGMENT'.padEnd(width)} SERVER`;
  const lines = [paint('heading', head)];
  let [client, server] = ['', ''];
  for (const row of rows) {
    const left = row.client === client ? '' : row.client;
    const right = row.server === server ? '' : row.server;
    const [first = '', ...more] = [...wrapSentence('', row.text, width), ...optionLines(row.options, width)];
    const time = paint('faint', formatAt(row.atMs).padStart(TIME_WIDTH));
    lines.push(
      `${time}  ${left.padEnd(STATE_WIDTH)} ${row.mark}  ${first.padEnd(right === '' ? 0 : width + 2)}${right}`.trimEnd(),
    );
    const indent = ' '.repeat(TIME_WIDTH + STATE_WIDTH + 6);
    for (const line of more) lines.push(indent + line);
    [client, server] = [row.client, row.server];
  }
  return lines;
}

function narrowLines(rows: readonly Row[], { columns, paint }: TimelineStyle): readonly string[] {
  const lines: string[] = [];
  let [client, server] = ['', ''];
  for (const row of rows) {
    const time = formatAt(row.atMs).padStart(TIME_WIDTH);
    const indent = ' '.repeat(TIME_WIDTH + 3);
    const [first = '', ...more] = wrapSentence('', row.text, columns - indent.length);
    const states = [row.client === client ? '' : `client ${row.client}`, row.server === server ? '' : `server ${row.server}`];
    lines.push(`${paint('faint', time)} ${row.mark} ${first}`);
    for (const line of [...more, ...optionLines(row.options, columns - indent.length)]) lines.push(indent + line);
    for (const state of states.filter((text) => text !== '')) lines.push(indent + paint('faint', state));
    [client, server] = [row.client, row.server];
  }
  return lines;
}

function optionLines(options: string, width: number): readonly string[] {
  return options === '' ? [] : wrapList(options, width);
}

function formatAt(ms: number): string {
  return ms === 0 ? '0' : formatMs(ms);
}

function rowsOf(records: readonly SegmentRecord[], verbose: boolean): readonly Row[] {
  const rows: Row[] = [];
  let probes: SegmentRecord[] = [];
  for (const record of records) {
    const belongs = isProbe(record) || (probes.length > 0 && isProbeAnswer(record));
    if (belongs && !verbose) {
      probes.push(record);
      continue;
    }
    if (probes.length > 0) rows.push(probeRow(probes));
    probes = [];
    rows.push(rowOf(record, verbose));
  }
  return probes.length > 0 ? [...rows, probeRow(probes)] : rows;
}

function isProbe({ note }: SegmentRecord): boolean {
  return note?.startsWith('path MTU probe') === true;
}

function isProbeAnswer({ direction, length, flags, note }: SegmentRecord): boolean {
  return direction === 'in' && length === 0 && flags === '.' && note === null;
}

/** A search takes dozens of packets. */
function probeRow(records: readonly SegmentRecord[]): Row {
  const [first] = records as readonly [SegmentRecord];
  const last = records.at(-1) ?? first;
  const sizes = records.flatMap(({ note }) => Number(/\d+/.exec(note ?? '')?.[0] ?? Number.NaN)).filter((size) => size > 0);
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  const span = low === high ? `${low}` : `${low} to ${high}`;
  const probes = sizes.length === 1 ? '1 path MTU probe' : `${sizes.length} path MTU probes`;
  const text = `${probes} of ${span} bytes, ${records.length - sizes.length} answered`;
  return { atMs: first.atMs, mark: '>', text, options: '', client: last.clientState, server: last.serverState ?? '' };
}

function rowOf(record: SegmentRecord, verbose: boolean): Row {
  const { atMs, direction, flags, note, optionsText, clientState: client, serverState } = record;
  const isSyn = flags?.includes('S') === true;
  const text = flags === null ? `ICMP ${(note ?? '').replace(/^icmp-/, '')}` : segmentText(record);
  const options = isSyn || (verbose && optionsText !== 'none') ? shownOptions(optionsText ?? '', verbose) : '';
  return { atMs, mark: direction === 'out' ? '>' : '<', text, options, client, server: serverState ?? '' };
}

/** As tcpdump writes it, without what is the same in every line. */
function segmentText(record: SegmentRecord): string {
  const { flags, relativeAck, windowBytes, note } = record;
  const parts = [
    sequenceText(record),
    relativeAck === null ? '' : `ack ${relativeAck}`,
    flags?.includes('R') === true ? '' : `win ${windowBytes}`,
  ];
  const said = `[${flags}] ${parts.filter((part) => part !== '').join(', ')}`;
  return note === null ? said.trimEnd() : `${said} (${note.replace('retransmission', 'again')})`;
}

/** Pure acknowledgements have nothing to number. */
function sequenceText({ flags, relativeSeq, seq, length }: SegmentRecord): string {
  const from = relativeSeq ?? seq ?? 0;
  const bytes = length ?? 0;
  if (bytes > 0) return `seq ${from}:${from + bytes}`;
  return /[SFR]/.test(flags ?? '') ? `seq ${from}` : '';
}

function shownOptions(text: string, verbose: boolean): string {
  return verbose ? text : text.replaceAll(/\bts=[\d:]+/g, 'ts');
}
