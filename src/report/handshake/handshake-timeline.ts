import { formatMs } from '../../records/duration-text.ts';
import type { SegmentRecord } from '../../records/handshake/records.ts';
import { joinFacts, type Page, shortOptions } from '../text/page.ts';
import { wrapList, wrapSentence } from '../text/wrap.ts';

/** One row of a timeline: a packet, or several of one kind. */
interface Row {
  readonly atMs: number;
  readonly mark: '>' | '<';
  readonly text: string;
  /** On lines below the text; may be empty. */
  readonly options: string;
  readonly client: string;
  readonly server: string;
}

const TIME_WIDTH = 9;
const STATE_WIDTH = 12;
/** Width of everything but the segment: time, both states, the direction mark and gaps. */
const FRAME = TIME_WIDTH + STATE_WIDTH + STATE_WIDTH + 8;
/** On narrower terminals the states go below the segment. */
const NARROW = 72;
/** The segment's column where no terminal limits it. */
const WIDEST = 64;

/** One connection's packets, with each end's state where it changes. Verbose: also every path MTU probe. */
export function timelineLines(records: readonly SegmentRecord[], page: Page): readonly string[] {
  const rows = rowsOf(records, page.verbose);
  if (rows.length === 0) return [];
  const changes = rows.map((row, index): Row => {
    const before = rows[index - 1];
    const client = row.client === before?.client ? '' : row.client;
    return { ...row, client, server: row.server === before?.server ? '' : row.server };
  });
  return page.columns < NARROW ? narrowLines(changes, page) : wideLines(changes, page);
}

function wideLines(rows: readonly Row[], { columns, paint }: Page): readonly string[] {
  const longest = Math.max(...rows.map(({ text }) => text.length), 0);
  const width = Math.min(Number.isFinite(columns) ? columns - FRAME : WIDEST, Math.max(longest, 36));
  const head = `${'TIME'.padStart(TIME_WIDTH)}  ${'CLIENT'.padEnd(STATE_WIDTH)}     ${'SEGMENT'.padEnd(width)} SERVER`;
  const indent = ' '.repeat(TIME_WIDTH + STATE_WIDTH + 6);
  const body = rows.flatMap(({ atMs, mark, text, options, client, server }) => {
    const [first = '', ...more] = [...wrapSentence('', text, width), ...wrapList(options, width)];
    const time = paint('faint', formatAt(atMs).padStart(TIME_WIDTH));
    const segment = `${first.padEnd(server === '' ? 0 : width + 2)}${server}`;
    return [`${time}  ${client.padEnd(STATE_WIDTH)} ${mark}  ${segment}`.trimEnd(), ...more.map((line) => indent + line)];
  });
  return [paint('heading', head), ...body];
}

function narrowLines(rows: readonly Row[], { columns, paint }: Page): readonly string[] {
  const indent = ' '.repeat(TIME_WIDTH + 3);
  const width = columns - indent.length;
  return rows.flatMap(({ atMs, mark, text, options, client, server }) => {
    const time = paint('faint', formatAt(atMs).padStart(TIME_WIDTH));
    const [first = '', ...more] = [...wrapSentence('', text, width), ...wrapList(options, width)];
    const states = [client === '' ? [] : `client ${client}`, server === '' ? [] : `server ${server}`].flat();
    const below = [...more, ...states.map((state) => paint('faint', state))];
    return [`${time} ${mark} ${first}`, ...below.map((line) => indent + line)];
  });
}

function formatAt(ms: number): string {
  return ms === 0 ? '0' : formatMs(ms);
}

function rowsOf(records: readonly SegmentRecord[], verbose: boolean): readonly Row[] {
  const rows: Row[] = [];
  let probes: SegmentRecord[] = [];
  for (const record of records) {
    const belongs = record.note?.startsWith('path MTU probe') === true || (probes.length > 0 && isProbeAnswer(record));
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

function isProbeAnswer({ direction, length, flags, note }: SegmentRecord): boolean {
  return direction === 'in' && length === 0 && flags === '.' && note === null;
}

/** A path MTU search in one row: it takes dozens of packets. */
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
  const options = isSyn || (verbose && optionsText !== 'none') ? shortOptions(optionsText ?? '', verbose) : '';
  return { atMs, mark: direction === 'out' ? '>' : '<', text, options, client, server: serverState ?? '' };
}

/** As tcpdump writes it, without what every line has in common. */
function segmentText(record: SegmentRecord): string {
  const { flags, relativeAck, windowBytes, note } = record;
  const ack = relativeAck === null ? '' : `ack ${relativeAck}`;
  const window = flags?.includes('R') === true ? '' : `win ${windowBytes}`;
  const said = `[${flags}] ${joinFacts([sequenceText(record), ack, window])}`;
  return note === null ? said.trimEnd() : `${said} (${note.replace('retransmission', 'again')})`;
}

/** Empty for a pure ACK. */
function sequenceText({ flags, relativeSeq, seq, length }: SegmentRecord): string {
  const from = relativeSeq ?? seq ?? 0;
  const bytes = length ?? 0;
  if (bytes > 0) return `seq ${from}:${from + bytes}`;
  return /[SFR]/.test(flags ?? '') ? `seq ${from}` : '';
}
