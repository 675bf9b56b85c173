import { formatElapsed, formatMs } from '../../records/duration-text.ts';
import type { HandshakeRecord, HandshakeRunRecord, SegmentRecord } from '../../records/handshake/records.ts';
import type { RunRecord } from '../../records/records.ts';
import { remarkLines, remarksOn } from '../remark.ts';
import type { Reporter, TextStyle } from '../reporter.ts';
import { plural, summaryLines } from '../summary-text.ts';
import { createPage, factLines, headlineLines, joinLines, type Page, portName } from '../text/page.ts';
import { wrapSentence } from '../text/wrap.ts';
import { timelineLines } from './handshake-timeline.ts';

/** What each connection after the first is for, above its timeline. */
const PURPOSES: Readonly<Record<SegmentRecord['purpose'], string>> = {
  asked: 'handshake',
  'second-look': 'again, to tell a lost ACK from a full accept queue',
  'without-timestamps': 'without timestamps, in which SYN cookies keep other options',
  'without-ecn': 'without ECN',
  'with-ecn-again': 'again with ECN',
  'cookie-request': 'Fast Open: request for a cookie',
  'cookie-control': 'Fast Open: control without the option',
  'cookie-use': 'Fast Open: cookie, and data in the SYN',
  'data-control': 'Fast Open: control without cookie and data',
};

/** Each port's answer, the timelines of its connections, and the diagnosis. */
export function createHandshakeText(style: TextStyle): Reporter<HandshakeRunRecord> {
  const page = createPage(style);
  const segments: SegmentRecord[] = [];
  let run: RunRecord | null = null;
  return {
    write: (record) => {
      if (record.type === 'summary') return joinLines(summaryLines(record, run, page));
      if (record.type === 'handshake') return joinLines(portLines(record, segments.splice(0), page));
      if (record.type === 'segment') segments.push(record);
      else run = record;
      return '';
    },
  };
}

function portLines(record: HandshakeRecord, segments: readonly SegmentRecord[], page: Page): readonly string[] {
  const { state } = record;
  const lead = `${portName(record)}${state === 'error' ? ': ' : ' is '}`;
  const facts = [...schedule(record), ...record.remarks, ...negotiated(record)];
  const diagnosis = [...remarkLines(remarksOn(record), page), ...factLines(facts, page.columns)];
  return [
    ...headlineLines({ lead, state, rest: `: ${answer(record)}` }, page),
    ...connectionLines(segments, page),
    ...(diagnosis.length === 0 ? [] : ['', ...diagnosis]),
    '',
  ];
}

/** A timeline for each connection; repeated handshakes only when verbose. */
function connectionLines(segments: readonly SegmentRecord[], page: Page): readonly string[] {
  const numbers = [...new Set(segments.map(({ connection }) => connection))];
  const connections = numbers.map((number) => segments.filter(({ connection }) => connection === number));
  const [first, ...others] = connections;
  if (first === undefined) return [];
  const shown = others.filter(([segment]) => page.verbose || segment?.purpose !== 'asked');
  const hidden = others.length - shown.length;
  return [
    '',
    ...timelineLines(first, page),
    ...shown.flatMap((records) => ['', ...purposeLines(records, page), ...timelineLines(records, page)]),
    ...(hidden === 0 ? [] : ['', page.paint('faint', `${plural(hidden, 'more handshake')}: -v shows them`)]),
  ];
}

function purposeLines([first]: readonly SegmentRecord[], { columns }: Page): readonly string[] {
  return first === undefined ? [] : wrapSentence('', `${first.connection}: ${PURPOSES[first.purpose]}`, columns);
}

/** What follows the port's state: what is wrong comes first. */
function answer(record: HandshakeRecord): string {
  const { state, synRttMs, reason, established, findings } = record;
  const rtt = synRttMs === null ? '' : ` after ${formatMs(synRttMs)}`;
  if (state === 'closed') return `RST${rtt}`;
  if (state === 'error') return reason;
  if (state === 'filtered') return `${reason} (${reason === 'no-response' ? SILENCE : 'from a router or firewall'})`;
  const end = record.closedBy === null ? '' : `; closed by ${ENDS[record.closedBy]}`;
  const wrong = findings.map(({ code, certainty }) => `${code} (${certainty}); `).join('');
  const done = established ? `handshake complete, SYN-ACK${rtt}${end}` : `SYN-ACK${rtt}, no ACK sent`;
  return `${wrong}${done}${isUsual(record) ? '; nothing unusual' : ''}`;
}

const SILENCE = 'SYN or reply dropped on the path, host down, or accept queue full';

const ENDS = {
  'client-fin': 'the client with FIN',
  'client-rst': 'the client with RST',
  'server-fin': 'the server with FIN',
  'server-rst': 'the server with RST',
} as const;

function isUsual({ findings, resetAfterAck, pathMtu, ecn }: HandshakeRecord): boolean {
  return findings.length === 0 && resetAfterAck !== true && pathMtu?.reportedBy == null && ecn !== 'reflected';
}

function negotiated({ negotiated: facts }: HandshakeRecord): readonly string[] {
  if (facts === null) return [];
  const { mss, segmentBytes, window, windowShift, sack, timestamps } = facts;
  const segment = segmentBytes === mss ? '' : ` (${segmentBytes} bytes of data per segment with timestamps)`;
  const scale = windowShift === null ? 'not scaled' : `later windows x${2 ** windowShift}`;
  const more = [sack ? 'SACK' : 'no SACK', timestamps ? 'timestamps' : 'no timestamps'].join(', ');
  return [`Negotiated: MSS ${mss}${segment}, window ${window} (${scale}), ${more}.`];
}

function schedule({ established, synCookies, synAckRetransmits, synAckIntervalsMs }: HandshakeRecord): readonly string[] {
  if (synAckRetransmits === null || (synAckRetransmits === 0 && (established || synCookies === true))) return [];
  if (synAckRetransmits === 0) return ['The SYN-ACK was not retransmitted.'];
  const gaps = (synAckIntervalsMs ?? []).map((ms) => formatElapsed(ms)).join(', ');
  const times = synAckRetransmits === 1 ? 'once' : `${synAckRetransmits} times`;
  return [`The SYN-ACK was retransmitted ${times}, at intervals of ${gaps}.`];
}
