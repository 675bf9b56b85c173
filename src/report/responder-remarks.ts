import type { AttemptFate } from '../probe/responder/report.ts';
import type { ResponderRecord, ResponderStatus } from '../records/records.ts';
import type { Remark } from './remark.ts';

/** What is to be said where the responder told nothing of the port's SYN. */
const UNTOLD: Readonly<Record<Exclude<ResponderStatus, 'reported' | 'arrived'>, string>> = {
  'never-arrived': '',
  'not-listening': 'the responder does not listen on this port',
  'not-a-responder': 'whoever answered is no responder',
  'wrong-token': 'whoever answered has another token',
  unknown: 'nobody could be asked: is the responder running, with this token, and its clock right to a minute?',
};

/** Why a SYN that arrived was not answered. */
const UNANSWERED: Readonly<Partial<Record<AttemptFate, string>>> = {
  'rate-limited': 'the SYN arrived and was not answered: the responder had too many at a time',
  'bad-checksum': 'the SYN arrived and was not answered: its TCP checksum was wrong',
  'stale-proof': 'the SYN arrived and was not answered: the clocks of both ends differ',
};

/** What the responder saw, beside the findings; no line where they say it all. */
export function responderRemarks(record: ResponderRecord): readonly Remark[] {
  return sentences(record).map((text) => ({ role: 'faint', head: `= responder: ${text}`, detail: '' }));
}

function sentences(record: ResponderRecord): readonly string[] {
  const { status, fate } = record;
  if (status !== 'reported' && status !== 'arrived') return UNTOLD[status] === '' ? [] : [UNTOLD[status]];
  const unanswered = fate === null ? undefined : UNANSWERED[fate];
  const texts = [unanswered ?? '', ...natTexts(record), unaltered(record)];
  return texts.filter((text) => text !== '');
}

function natTexts({ translation }: ResponderRecord): readonly string[] {
  if (translation === null) return [];
  const { source, destination } = translation;
  return [
    source === null ? '' : `NAT of the source: ${source}`,
    destination === null ? '' : `NAT of the destination: ${destination}`,
  ];
}

/** Said where nothing but NAT touched the packets: silence would not tell it from not knowing. */
function unaltered({ status, forward, reverse, translation }: ResponderRecord): string {
  const natted = new Set(['ip.src', 'ip.dst', 'tcp.sport', 'tcp.dport']);
  if (forward === null || forward.some(({ field }) => !natted.has(field))) return '';
  const but = translation === null ? '' : ' but for NAT';
  if (status !== 'reported' || reverse === null) return `the SYN arrived as it left${but}`;
  return reverse.length > 0 ? '' : `SYN and SYN-ACK arrived as they left${but}`;
}
