import type { HandshakeRecord, HandshakeRunRecord, SegmentRecord } from '../../records/handshake/records.ts';
import { formatElapsed, formatMs } from '../../records/duration-text.ts';
import { timelineLines } from './handshake-timeline.ts';
import { createPaint, type Paint } from '../text/paint.ts';
import type { RunRecord } from '../../records/records.ts';
import { missedRemark, remarkLines, findingRemark } from '../remark.ts';
import type { Reporter, TextStyle } from '../reporter.ts';
import { plural, summaryLines } from '../summary-text.ts';
import { wrapSentence } from '../text/wrap.ts';

/** What the connections besides the first are for, above their timelines. */
const PURPOSES: Readonly<Record<SegmentRecord['purpose'], string>> = {
  asked: 'handshake',
  'second-look': 'once more, to tell a lost ACK from a full accept queue',
  'without-timestamps': 'the same without timestamps, which SYN cookies need to keep other options',
  'without-ecn': 'the same without ECN',
  'with-ecn-again': 'once more with ECN',
  'cookie-request': 'Fast Open: asking for a cookie',
  'cookie-control': 'Fast Open: the same without the option',
  'cookie-use': 'Fast Open: the cookie, and data in the SYN',
  'data-control': 'Fast Open: the same without cookie and data',
};

/** For reading: each port's answer, the timeline of its packets, the diagnosis. */
export function createHandshakeText(style: TextStyle): Reporter<HandshakeRunRecord> {
  const report = new HandshakeText(style);
  return { write: (record) => report.write(record) };
}

class HandshakeText {
  readonly #style: TextStyle;
  readonly #paint: Paint;
  readonly #said: Set<string> = new Set();
  #run: RunRecord | null = null;
  #segments: SegmentRecord[] = [];

  constructor(style: TextStyle) {
    this.#style = style;
    this.#paint = createPaint(style.color);
  }

  write(record: HandshakeRunRecord): string {
    if (record.type === 'run') {
      this.#run = record;
      return '';
    }
    if (record.type === 'segment') {
      this.#segments.push(record);
      return '';
    }
    if (record.type === 'summary')
      return text(summaryLines(record, this.#run, { columns: this.#style.columns, paint: this.#paint }));
    const segments = this.#segments;
    this.#segments = [];
    const diagnosis = this.#diagnosis(record);
    const timelines = segments.length === 0 ? [] : this.#timelines(segments);
    const gap = diagnosis.length === 0 ? [] : [''];
    return text([...this.#headline(record), ...timelines, ...gap, ...diagnosis, '']);
  }

  /** The answer, in one sentence. */
  #headline(record: HandshakeRecord): readonly string[] {
    const { state } = record;
    const name = record.hostname === null ? record.target : `${record.hostname} (${record.target})`;
    const lead = `${name} port ${record.port}${state === 'error' ? ': ' : ' is '}`;
    const [first = '', ...rest] = wrapSentence('', `${lead}${state}: ${answer(record)}`, this.#style.columns);
    if (!first.startsWith(lead + state)) return [first, ...rest];
    return [this.#paint('heading', lead) + this.#paint(state, state) + first.slice(lead.length + state.length), ...rest];
  }

  #timelines(segments: readonly SegmentRecord[]): readonly string[] {
    const { columns, verbose } = this.#style;
    const style = { columns, verbose, paint: this.#paint };
    const numbers = [...new Set(segments.map(({ connection }) => connection))];
    const connections = numbers.map((number) => segments.filter(({ connection }) => connection === number));
    const [first = [], ...others] = connections;
    const shown = others.filter(([segment]) => verbose || segment?.purpose !== 'asked');
    const hidden = others.length - shown.length;
    return [
      '',
      ...timelineLines(first, style),
      ...shown.flatMap((records) => ['', ...this.#purpose(records[0]), ...timelineLines(records, style)]),
      ...(hidden === 0 ? [] : ['', this.#paint('faint', `${plural(hidden, 'more handshake')}: -v shows them`)]),
    ];
  }

  #purpose(first: SegmentRecord | undefined): readonly string[] {
    if (first === undefined) return [];
    return wrapSentence('', `${first.connection}: ${PURPOSES[first.purpose]}`, this.#style.columns);
  }

  #diagnosis(record: HandshakeRecord): readonly string[] {
    const { columns } = this.#style;
    const missed = record.expectation?.met === false ? [missedRemark(record.expectation.why ?? 'expectation missed')] : [];
    const remarks = [...missed, ...record.findings.map(findingRemark)];
    const sentences = [...schedule(record), ...record.remarks, ...negotiated(record)];
    return [
      ...remarkLines(remarks, { columns, paint: this.#paint, said: this.#said }),
      ...sentences.flatMap((sentence) => wrapSentence('      - ', sentence, columns)),
    ];
  }
}

/** What comes behind the port's state: what is wrong first. */
function answer(record: HandshakeRecord): string {
  const { state, synRttMs, reason, established, findings } = record;
  const rtt = synRttMs === null ? '' : ` after ${formatMs(synRttMs)}`;
  if (state === 'closed') return `RST${rtt}`;
  if (state !== 'open') return state === 'filtered' ? `${reason}, ${silence(reason)}` : reason;
  const end = record.closedBy === null ? '' : `; closed by ${ENDS[record.closedBy]}`;
  const wrong = findings.map(({ code, certainty }) => `${code} (${certainty}); `).join('');
  const done = established ? `handshake complete, SYN-ACK${rtt}${end}` : `SYN-ACK${rtt}, not acknowledged`;
  return `${wrong}${done}${isUsual(record) ? '; nothing unusual' : ''}`;
}

const ENDS = {
  'client-fin': 'us with FIN',
  'client-rst': 'us with RST',
  'server-fin': 'the server with FIN',
  'server-rst': 'the server with RST',
} as const;

function silence(reason: string): string {
  if (reason !== 'no-response') return 'says a router or firewall';
  return 'the SYN or its answer is dropped on the way, the host is down, or its accept queue is full';
}

function isUsual({ findings, resetAfterAck, pathMtu, ecn }: HandshakeRecord): boolean {
  return findings.length === 0 && resetAfterAck !== true && pathMtu?.reportedBy == null && ecn !== 'reflected';
}

function negotiated({ negotiated: facts }: HandshakeRecord): readonly string[] {
  if (facts === null) return [];
  const { mss, segmentBytes, window, windowShift, sack, timestamps } = facts;
  const segment = segmentBytes === mss ? '' : ` (${segmentBytes} bytes of data a segment beside timestamps)`;
  const scale = windowShift === null ? 'not scaled' : `later windows times ${2 ** windowShift}`;
  const more = [sack ? 'SACK' : 'no SACK', timestamps ? 'timestamps' : 'no timestamps'].join(', ');
  return [`Negotiated: MSS ${mss}${segment}, window ${window} (${scale}), ${more}.`];
}

function schedule({ established, synCookies, synAckRetransmits, synAckIntervalsMs }: HandshakeRecord): readonly string[] {
  if (synAckRetransmits === null || (synAckRetransmits === 0 && (established || synCookies === true))) return [];
  if (synAckRetransmits === 0) return ['The SYN-ACK was not sent again.'];
  const gaps = (synAckIntervalsMs ?? []).map((ms) => formatElapsed(ms)).join(', ');
  return [
    `The SYN-ACK was sent again ${synAckRetransmits === 1 ? 'once' : `${synAckRetransmits} times`}, at intervals of ${gaps}.`,
  ];
}

function text(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
