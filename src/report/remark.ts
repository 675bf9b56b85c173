import type { AttemptFate } from '../probe/responder/report.ts';
import type { PortRecord } from '../records/probe/records.ts';
import type { Finding, ResponderRecord, ResponderStatus } from '../records/records.ts';
import type { Page } from './text/page.ts';
import { wrapSentence } from './text/wrap.ts';

/** A line below a port: something found, an expectation that was missed, or what the responder saw. */
export interface Remark {
  readonly role: 'finding' | 'missed' | 'faint';
  /** What it is, in a few words. */
  readonly head: string;
  /** Why, and how sure; may be empty. */
  readonly detail: string;
}

const INDENT = '      ';

/** The remarks below a port's line. */
export function remarksOn(record: Pick<PortRecord, 'findings' | 'expectation' | 'responder'>): readonly Remark[] {
  const missed = record.expectation?.met === false ? [missedRemark(record.expectation.why ?? 'expectation missed')] : [];
  const responder = record.responder === undefined ? [] : responderRemarks(record.responder);
  return [...missed, ...record.findings.map(findingRemark), ...responder];
}

/** The remark on an expectation that was missed. */
export function missedRemark(why: string): Remark {
  return { role: 'missed', head: `x ${why}`, detail: '' };
}

/** The remark on a finding. */
export function findingRemark({ code, option, certainty, direction, detail }: Finding): Remark {
  const subject = option === null || code.startsWith(option) ? '' : ` ${option}`;
  const way = direction === 'unknown' ? '' : `, ${direction}`;
  return { role: 'finding', head: `! ${code}${subject} (${certainty}${way})`, detail };
}

/** Lines of remarks. One that was given in full before, by `said`, refers to that. */
export function remarkLines(remarks: readonly Remark[], { columns, paint, said }: Omit<Page, 'verbose'>): string[] {
  return remarks.flatMap(({ role, head, detail }) => {
    const isNew = detail !== '' && !said.has(head + detail);
    if (isNew) said.add(head + detail);
    const [mark = '', ...words] = head.split(' ');
    const text = `${words.join(' ')}${detail === '' ? '' : isNew ? `: ${detail}` : ': see above'}`;
    const [first = '', ...rest] = wrapSentence(`${INDENT}${mark} `, text, columns);
    const end = INDENT.length + head.length;
    return [INDENT + paint(role, first.slice(INDENT.length, end)) + first.slice(end), ...rest];
  });
}

/** What is said where the responder reported nothing of the port's SYN. */
const UNTOLD: Readonly<Record<Exclude<ResponderStatus, 'reported' | 'arrived'>, string>> = {
  'never-arrived': '',
  'not-listening': 'the responder does not listen on this port',
  'not-a-responder': 'what answered is not a responder',
  'wrong-token': 'what answered has another token',
  unknown: 'the responder could not be asked: is it running, with this token, and its clock right to a minute?',
};

/** Why a SYN that arrived was not answered. */
const UNANSWERED: Readonly<Partial<Record<AttemptFate, string>>> = {
  'rate-limited': 'the SYN arrived and was not answered: the responder had too many at once',
  'bad-checksum': 'the SYN arrived and was not answered: its TCP checksum was wrong',
  'stale-proof': 'the SYN arrived and was not answered: the clocks of both ends differ',
};

/** What the responder saw, besides the findings; no line where they say it all. */
export function responderRemarks(record: ResponderRecord): readonly Remark[] {
  const texts = sentences(record).filter((text) => text !== '');
  return texts.map((text) => ({ role: 'faint', head: `= responder: ${text}`, detail: '' }));
}

function sentences(record: ResponderRecord): readonly string[] {
  const { status, fate, translation } = record;
  if (status !== 'reported' && status !== 'arrived') return [UNTOLD[status]];
  const { source = null, destination = null } = translation ?? {};
  return [
    (fate === null ? undefined : UNANSWERED[fate]) ?? '',
    source === null ? '' : `NAT of the source: ${source}`,
    destination === null ? '' : `NAT of the destination: ${destination}`,
    unaltered(record),
  ];
}

/** Said where nothing but NAT changed the packets: without it, that would look like not knowing. */
function unaltered({ status, forward, reverse, translation }: ResponderRecord): string {
  const natted = new Set(['ip.src', 'ip.dst', 'tcp.sport', 'tcp.dport']);
  if (forward === null || forward.some(({ field }) => !natted.has(field))) return '';
  const but = translation === null ? '' : ' but for NAT';
  if (status !== 'reported' || reverse === null) return `the SYN arrived as it left${but}`;
  return reverse.length > 0 ? '' : `SYN and SYN-ACK arrived as they left${but}`;
}
