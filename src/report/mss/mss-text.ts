import type { MssRecord, MssRowRecord, MssRunRecord, MssVerdict } from '../../records/mss/records.ts';
import { createPaint, type Paint } from '../text/paint.ts';
import type { RunRecord } from '../../records/records.ts';
import { findingRemark, missedRemark, type Remark, remarkLines } from '../remark.ts';
import type { Reporter, TextStyle } from '../reporter.ts';
import { type Column, layOut, type Line, rowLines, titleLine } from '../text/row-layout.ts';
import { summaryLines } from '../summary-text.ts';
import { wrapSentence } from '../text/wrap.ts';

const COLUMNS: readonly Column[] = [
  { title: ' OFFERED', right: true, prefix: 'offered ' },
  { title: 'ADVERTISED', right: true, prefix: 'advertised ' },
  { title: 'EFFECTIVE', right: true, prefix: 'effective ' },
];

/** For reading: each port's answer in a sentence, the offers and what came of them, and why. */
export function createMssText(style: TextStyle): Reporter<MssRunRecord> {
  const paint = createPaint(style.color);
  const said = new Set<string>();
  let run: RunRecord | null = null;
  return {
    write: (record) => {
      if (record.type === 'summary') return text(summaryLines(record, run, { columns: style.columns, paint }));
      if (record.type === 'mss') return text([...portLines(record, style, { paint, said }), '']);
      run = record;
      return '';
    },
  };
}

interface Voice {
  readonly paint: Paint;
  readonly said: Set<string>;
}

function portLines(record: MssRecord, { columns }: TextStyle, { paint, said }: Voice): readonly string[] {
  const missed = record.pass === false ? [missedRemark(record.why ?? 'expectation missed')] : [];
  const isOpen = record.state === 'open';
  const verdicts: readonly (readonly [string, MssVerdict])[] = [
    ['there', record.forward],
    ['back', record.reverse],
  ];
  const clamps = verdicts.filter(([, { change }]) => change !== null).map(([way, verdict]) => remarkOf(way, verdict));
  const holes = record.findings.filter(({ code }) => code === 'pmtu-black-hole').map(findingRemark);
  const others = isOpen ? verdicts.filter(([, { change }]) => change === null) : [];
  return [
    ...headlines(record, columns, paint),
    ...(isOpen ? tableLines(record.rows, columns, paint) : []),
    ...remarkLines([...missed, ...holes, ...clamps], { columns, paint, said }),
    ...others.flatMap(([way, { detail }]) => wrapSentence('      - ', `${way}: ${detail}`, columns)),
  ];
}

/** The answer, in one sentence. */
function headlines(record: MssRecord, columns: number, paint: Paint): readonly string[] {
  const name = record.hostname === null ? record.target : `${record.hostname} (${record.target})`;
  const lead = `${name} port ${record.port}: `;
  const [first = '', ...rest] = wrapSentence('', `${lead}${answer(record)}`, columns);
  return [first.startsWith(lead) ? paint('heading', lead) + first.slice(lead.length) : first, ...rest];
}

function answer({ state, reason, forward, reverse, findings }: MssRecord): string {
  if (state !== 'open') {
    const quoted = forward.change === null ? '' : `; ${inWords(forward, 'SYNs', 'there')}`;
    return `${state} (${reason}), so no segments could be measured${quoted}`;
  }
  const hole = findings.find(({ code }) => code === 'pmtu-black-hole');
  if (hole !== undefined) return `nothing clamps the MSS of SYNs, and packets of ${hole.sent} bytes are lost on the way back`;
  if (forward.certainty === 'none' && reverse.certainty === 'none') return 'nothing clamps the MSS, neither there nor back';
  return `${inWords(forward, 'SYNs', 'there')}; ${inWords(reverse, 'SYN-ACKs', 'back')}`;
}

function inWords({ change, clampedTo, certainty }: MssVerdict, packets: string, way: string): string {
  const end = `on the way ${way}`;
  if (certainty === 'none') return `nothing clamps the way ${way}`;
  if (certainty === 'unknown' || change === null) return `whether the MSS is clamped ${end} is not known`;
  const subject = `the MSS of ${packets} is`;
  if (change === 'removed') return `${subject} removed ${end} (${certainty})`;
  return `${subject} ${CHANGES[change]} ${clampedTo} ${end} (${certainty})`;
}

const CHANGES = { lowered: 'clamped to', raised: 'raised to', set: 'set to', added: 'added as' } as const;

function tableLines(rows: readonly MssRowRecord[], columns: number, paint: Paint): readonly string[] {
  const lines = rows.map((row): Line => {
    const { offered, advertised, effective, window } = row;
    const answered = window === null ? '' : `${advertised ?? 'none'}`;
    const changed = effective !== null && effective !== (offered ?? effective);
    return {
      cells: [
        { text: `${offered ?? 'none'}` },
        { text: answered },
        { text: effective === null ? (window === null ? '' : '?') : `${effective}`, ...(changed ? { role: 'heading' } : {}) },
      ],
      notes: noteOn(row),
    };
  });
  const layout = layOut(COLUMNS, lines, columns);
  const title = titleLine(layout, '', paint);
  return ['', ...(title === null ? [] : [title]), ...lines.flatMap((line) => rowLines(layout, line, paint)), ''];
}

/** Why a cell is empty. */
function noteOn({ effective, window, receivedBytes }: MssRowRecord): string {
  if (window === null) return 'no answer';
  if (effective !== null) return '';
  if (receivedBytes === 0) return 'no data came';
  return `${receivedBytes} bytes came`;
}

function remarkOf(way: string, { certainty, detail }: MssVerdict): Remark {
  return { role: 'finding', head: `! ${way} (${certainty})`, detail };
}

function text(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
