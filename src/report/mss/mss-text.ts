import type { MssRecord, MssRowRecord, MssRunRecord, MssVerdict } from '../../records/mss/records.ts';
import type { RunRecord } from '../../records/records.ts';
import { findingRemark, missedRemark, type Remark, remarkLines } from '../remark.ts';
import type { Reporter, TextStyle } from '../reporter.ts';
import { summaryLines } from '../summary-text.ts';
import { createPage, factLines, headlineLines, joinLines, type Page, portName } from '../text/page.ts';
import { type Column, type Line, tableLines } from '../text/row-layout.ts';

const COLUMNS: readonly Column[] = [
  { title: ' OFFERED', right: true, prefix: 'offered ' },
  { title: 'ADVERTISED', right: true, prefix: 'advertised ' },
  { title: 'EFFECTIVE', right: true, prefix: 'effective ' },
];

/** Each port's answer in a sentence, the offers with their results, and the evidence. */
export function createMssText(style: TextStyle): Reporter<MssRunRecord> {
  const page = createPage(style);
  let run: RunRecord | null = null;
  return {
    write: (record) => {
      if (record.type === 'summary') return joinLines(summaryLines(record, run, page));
      if (record.type === 'mss') return joinLines([...portLines(record, page), '']);
      run = record;
      return '';
    },
  };
}

type Direction = 'forward' | 'reverse';

function portLines(record: MssRecord, page: Page): readonly string[] {
  const missed = record.pass === false ? [missedRemark(record.why ?? 'expectation missed')] : [];
  const isOpen = record.state === 'open';
  const directions: readonly Direction[] = ['forward', 'reverse'];
  const changed = directions.filter((direction) => record[direction].change !== null);
  const unchanged = isOpen ? directions.filter((direction) => record[direction].change === null) : [];
  const holes = record.findings.filter(({ code }) => code === 'pmtu-black-hole').map(findingRemark);
  const clamps = changed.map((direction): Remark => {
    const { certainty, detail } = record[direction];
    return { role: 'finding', head: `! ${direction} (${certainty})`, detail };
  });
  return [
    ...headlineLines({ lead: `${portName(record)}: `, rest: answer(record) }, page),
    ...(isOpen ? ['', ...tableLines(COLUMNS, record.rows.map(rowOf), page), ''] : []),
    ...remarkLines([...missed, ...holes, ...clamps], page),
    ...factLines(
      unchanged.map((direction) => `${direction}: ${record[direction].detail}`),
      page.columns,
    ),
  ];
}

/** The answer, in one sentence. */
function answer({ state, reason, forward, reverse, findings }: MssRecord): string {
  if (state !== 'open') {
    const quoted = forward.change === null ? '' : `; ${directionText('forward', forward)}`;
    return `${state} (${reason}), no segments to measure${quoted}`;
  }
  const hole = findings.find(({ code }) => code === 'pmtu-black-hole');
  if (hole !== undefined) return `no MSS clamp on SYNs, but packets of ${hole.sent} bytes are lost on the reverse path`;
  if (forward.certainty === 'none' && reverse.certainty === 'none') return 'no MSS clamp in either direction';
  return `${directionText('forward', forward)}; ${directionText('reverse', reverse)}`;
}

function directionText(direction: Direction, { change, clampedTo, certainty }: MssVerdict): string {
  if (certainty === 'none') return `no clamp on the ${direction} path`;
  if (certainty === 'unknown' || change === null) return `unknown whether the ${direction} path clamps`;
  const subject = `MSS of ${direction === 'forward' ? 'SYNs' : 'SYN-ACKs'}`;
  const action = change === 'removed' ? 'removed' : `${CHANGES[change]} ${clampedTo}`;
  return `${subject} ${action} on the ${direction} path (${certainty})`;
}

const CHANGES = { lowered: 'clamped to', raised: 'raised to', set: 'set to', added: 'added as' } as const;

function rowOf(row: MssRowRecord): Line {
  const { offered, advertised, effective, window } = row;
  const isAnswered = window !== null;
  const isChanged = effective !== null && effective !== (offered ?? effective);
  return {
    cells: [
      { text: `${offered ?? 'none'}` },
      { text: isAnswered ? `${advertised ?? 'none'}` : '' },
      { text: `${effective ?? (isAnswered ? '?' : '')}`, ...(isChanged ? { role: 'heading' } : {}) },
    ],
    notes: noteOn(row),
  };
}

/** Why a cell is empty. */
function noteOn({ effective, window, receivedBytes }: MssRowRecord): string {
  if (window === null) return 'no answer';
  if (effective !== null) return '';
  return receivedBytes === 0 ? 'no data received' : `${receivedBytes} bytes received`;
}
