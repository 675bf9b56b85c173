import { portRuns } from '../../probe/responder/responder-reporter.ts';
import type { AttemptFate } from '../../probe/responder/report.ts';
import { formatElapsed } from '../../records/duration-text.ts';
import { createPaint, type Paint, type Role } from '../text/paint.ts';
import type { AttemptRecord, RespondRecord, RespondRunRecord, RespondSummaryRecord } from '../../records/respond/records.ts';
import type { Reporter, TextStyle } from '../reporter.ts';
import { plural } from '../summary-text.ts';
import { wrapSentence } from '../text/wrap.ts';

const FATES: Readonly<Record<AttemptFate, readonly [text: string, role: Role]>> = {
  answered: ['answered, and nothing came back', 'filtered'],
  established: ['established, no report asked for', 'open'],
  reported: ['established, report given', 'open'],
  reset: ['answered, reset by the client', 'closed'],
  'rate-limited': ['not answered: too many at a time', 'error'],
  'bad-checksum': ['not answered: its TCP checksum is wrong', 'error'],
  'stale-proof': ['not answered: its proof is of another time, compare the clocks', 'error'],
};

/** `HH:MM:SS.mmm` of an ISO 8601 time. */
const TIME_OF_DAY = [11, 23] as const;
const INDENT = '              ';

/** A line for each attempt, with `verbose` one more of the SYN as it came. */
export function createRespondText(style: TextStyle): Reporter<RespondRecord> {
  const paint = createPaint(style.color);
  return {
    write: (record) => {
      if (record.type === 'run') return runText(record, style, paint);
      return record.type === 'summary' ? summaryText(record, style, paint) : attemptText(record, style, paint);
    },
  };
}

function runText({ listen }: RespondRunRecord, { columns }: TextStyle, paint: Paint): string {
  const ends = [
    listen.forSeconds === null ? '' : ` for ${plural(listen.forSeconds, 'second')}`,
    listen.count === null ? '' : ` until ${plural(listen.count, 'attempt')}`,
  ].join('');
  const text = `answering those who have the token on ${listen.ports.length === 1 ? 'port' : 'ports'} ${runs(listen.ports)}${ends}`;
  return lines(wrapSentence('', text, columns), (line) => paint('faint', line));
}

function attemptText(record: AttemptRecord, { columns, verbose }: TextStyle, paint: Paint): string {
  const [fate, role] = FATES[record.fate];
  const { options, optionsText, flags, window } = record.syn;
  const names = options.map((option) =>
    'value' in option && option.name !== 'ts' ? `${option.name}=${option.value}` : option.name,
  );
  const head = `${record.at.slice(...TIME_OF_DAY)}  `;
  const copies = record.synCopies > 1 ? ` x${record.synCopies}` : '';
  const text = `${record.from}:${record.fromPort} > ${record.to}:${record.port} SYN${copies} ${names.join(',') || 'none'} ttl ${record.ttl}: ${fate}`;
  const more = verbose
    ? wrapSentence(INDENT, `flags ${flags} window ${window} options ${optionsText} by ${record.proof.join('+')}`, columns)
    : [];
  return lines([...wrapSentence(head, text, columns), ...more], (line, index) => (index === 0 ? paint(role, line) : line));
}

function summaryText(summary: RespondSummaryRecord, { columns }: TextStyle, paint: Paint): string {
  const facts = [
    `${plural(summary.attempts, 'attempt')}: ${summary.answered} answered, ${plural(summary.reported, 'report')} given`,
    summary.rateLimited > 0 ? `${summary.rateLimited} too many` : '',
    `${plural(summary.strangers, 'SYN')} of strangers left unanswered`,
    summary.kernelDrops !== null && summary.kernelDrops > 0
      ? `${plural(summary.kernelDrops, 'packet')} dropped before capture`
      : '',
  ].filter((fact) => fact !== '');
  const text = `${summary.interrupted ? 'interrupted: ' : ''}${facts.join(', ')} in ${formatElapsed(summary.durationMs)}`;
  return lines(wrapSentence('', text, columns), (line) => paint('faint', line));
}

function lines(texts: readonly string[], paint: (line: string, index: number) => string): string {
  return texts.map((line, index) => `${paint(line, index)}\n`).join('');
}

/** `80,443,8000-8010` */
function runs(ports: readonly number[]): string {
  return portRuns(ports)
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
    .join(',');
}
