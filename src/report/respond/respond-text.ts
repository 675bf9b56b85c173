import type { AttemptFate } from '../../probe/responder/report.ts';
import { formatElapsed } from '../../records/duration-text.ts';
import type { AttemptRecord, RespondRecord, RespondRunRecord, RespondSummaryRecord } from '../../records/respond/records.ts';
import type { Reporter, TextStyle } from '../reporter.ts';
import { plural } from '../summary-text.ts';
import { createPage, joinFacts, joinLines, type Page, portRanges, sentenceLines } from '../text/page.ts';
import type { Role } from '../text/paint.ts';
import { wrapSentence } from '../text/wrap.ts';

const FATES: Readonly<Record<AttemptFate, readonly [text: string, role: Role]>> = {
  answered: ['answered, no reply to the SYN-ACK', 'filtered'],
  established: ['established, no report requested', 'open'],
  reported: ['established, report sent', 'open'],
  reset: ['answered, reset by the client', 'closed'],
  'rate-limited': ['not answered: rate limit reached', 'error'],
  'bad-checksum': ['not answered: wrong TCP checksum', 'error'],
  'stale-proof': ['not answered: proof out of date, compare the clocks', 'error'],
};

/** `HH:MM:SS.mmm` of an ISO 8601 time. */
const TIME_OF_DAY = [11, 23] as const;
const INDENT = '              ';

/** A line for each attempt; verbose, another with the SYN as it arrived. */
export function createRespondText(style: TextStyle): Reporter<RespondRecord> {
  const page = createPage(style);
  return {
    write: (record) => {
      if (record.type === 'run') return joinLines(runLines(record, page));
      return joinLines(record.type === 'summary' ? summaryLines(record, page) : attemptLines(record, page));
    },
  };
}

function runLines({ listen }: RespondRunRecord, page: Page): string[] {
  const ends = [
    listen.forSeconds === null ? [] : `for ${plural(listen.forSeconds, 'second')}`,
    listen.count === null ? [] : `until ${plural(listen.count, 'attempt')}`,
  ].flat();
  const where = `${listen.ports.length === 1 ? 'port' : 'ports'} ${portRanges(listen.ports).join(',')}`;
  return sentenceLines('faint', `answering SYNs that prove the token on ${where} ${ends.join(' or ')}`, page);
}

function attemptLines(record: AttemptRecord, { columns, verbose, paint }: Page): string[] {
  const [fate, role] = FATES[record.fate];
  const { options, optionsText, flags, window } = record.syn;
  const names = options.map((option) =>
    'value' in option && option.name !== 'ts' ? `${option.name}=${option.value}` : option.name,
  );
  const head = `${record.at.slice(...TIME_OF_DAY)}  `;
  const copies = record.synCopies > 1 ? ` x${record.synCopies}` : '';
  const syn = `SYN${copies} ${names.join(',') || 'none'} ttl ${record.ttl}`;
  const text = `${record.from}:${record.fromPort} > ${record.to}:${record.port} ${syn}: ${fate}`;
  const details = `flags ${flags} window ${window} options ${optionsText} by ${record.proof.join('+')}`;
  const [first = '', ...rest] = wrapSentence(head, text, columns);
  return [paint(role, first), ...rest, ...(verbose ? wrapSentence(INDENT, details, columns) : [])];
}

function summaryLines(summary: RespondSummaryRecord, page: Page): string[] {
  const facts = joinFacts([
    `${plural(summary.attempts, 'attempt')}: ${summary.answered} answered, ${plural(summary.reported, 'report')} sent`,
    summary.rateLimited > 0 ? `${summary.rateLimited} over the rate limit` : '',
    `${plural(summary.strangers, 'SYN')} without the token ignored`,
    summary.kernelDrops !== null && summary.kernelDrops > 0
      ? `${plural(summary.kernelDrops, 'packet')} dropped before capture`
      : '',
  ]);
  const start = summary.interrupted ? 'interrupted: ' : '';
  return sentenceLines('faint', `${start}${facts} in ${formatElapsed(summary.durationMs)}`, page);
}
